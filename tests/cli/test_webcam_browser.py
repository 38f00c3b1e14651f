"""`ferlite webcam --browser` with a browser that the tests make."""

import os
import signal
import threading
from pathlib import Path

import httpx
import pytest


def test_browser_opens_the_page_with_the_camera_on(ferlite, monkeypatch, tmp_path: Path):
    (tmp_path / "index.html").write_text("<h1>faces</h1>")
    monkeypatch.setattr("ferlite.serve.browser.built_page", lambda: tmp_path)
    monkeypatch.setenv("DISPLAY", ":99")
    # Whoever starts the tests in the background may have had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    opened = []

    def visit(address: str) -> None:
        opened.append((address, httpx.get(address, timeout=60).text))
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(
        "webbrowser.open", lambda address: threading.Thread(target=visit, args=[address]).start()
    )
    code, _, said = ferlite("webcam", "--browser", "--fast", "--labels", "ferplus")
    [(address, text)] = opened
    assert address.endswith("/#camera&model=ferlite_s_int8&labels=ferplus")
    assert (code, said) == (130, f"ferlite: the page is at {address} until Ctrl-C\n")
    assert text == "<h1>faces</h1>"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--csv", "out.csv"], "--csv does not go with --browser; the page has settings"),
        (["--model", "mine.onnx"], "the page has the models ferlite_m, ferlite_s, ferlite_xs, not"),
        (["--labels", "votes"], "--labels must be one of"),
        ([], "the page is not built; 'make web' in a clone of ferlite builds it"),
    ],
)
def test_browser_takes_no_other_options(ferlite, monkeypatch, options, sentence):
    monkeypatch.setattr("ferlite.serve.browser.built_page", lambda: None)
    code, _, said = ferlite("webcam", "--browser", *options)
    assert code == 1
    assert said.startswith(f"ferlite: {sentence}")
