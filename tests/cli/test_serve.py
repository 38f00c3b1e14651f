import os

import pytest
from typer.testing import CliRunner

from ferlite.cli import app
from ferlite.errors import FerliteError
from ferlite.serve import server


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--host 0.0.0.0 lets others in without a key"),
        (["--host", "::", "--api-key", ""], "without a key"),
        (["--page", "nowhere"], "no folder with an index.html"),
        (["--model", "no_such_model"], "there is no model 'no_such_model'"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_served(options, words, monkeypatch):
    monkeypatch.delenv("FERLITE_API_KEY", raising=False)
    ended = CliRunner().invoke(app, ["serve", "--port", "0", *options])
    assert ended.exit_code != 0
    told = str(ended.exception) if isinstance(ended.exception, FerliteError) else ended.stderr
    assert words in told


def test_a_key_lets_it_listen_elsewhere_and_is_kept_from_what_it_starts(monkeypatch):
    started = []
    monkeypatch.setattr(server, "run", lambda setting, host, *_: started.append((setting, host)))
    monkeypatch.setenv("FERLITE_API_KEY", "secret")
    assert CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"]).exit_code == 0
    ((setting, host),) = started
    assert (setting.api_key, host) == ("secret", "0.0.0.0")
    assert "FERLITE_API_KEY" not in os.environ
    assert "secret" not in repr(setting)
