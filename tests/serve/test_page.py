import gzip

import httpx
import pytest

from ferlite.classify import zoo
from ferlite.serve.page import NOT_BUILT


@pytest.fixture
def page(tmp_path):
    page = tmp_path / "dist"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<h1>faces</h1>")
    script = page / "assets" / "main-AbCd1234.mjs"
    script.write_text("1;" * 50)
    script.with_suffix(".mjs.gz").write_bytes(gzip.compress(script.read_bytes()))
    script.with_suffix(".mjs.br").write_bytes(b"brotli")
    (page / "assets" / "ort.wasm").write_bytes(b"\0asm")
    (page / "{path:path}").write_text("would match everything")
    (tmp_path / "secret.txt").write_text("secret")
    return page


def test_the_page_is_served_and_nothing_beside_it(serve, page, tmp_path):
    with serve(page=page, api_key="secret") as url:
        answer = httpx.get(url)
        assert answer.text == "<h1>faces</h1>"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert "connect-src 'self'" in answer.headers["content-security-policy"]
        assert httpx.head(f"{url}/index.html").headers["content-length"] == "14"
        (page / "late.txt").write_text("made after the start")
        for path in (
            "/secret.txt",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            f"/{tmp_path}/secret.txt",
            "/assets",
            "/assets/main-AbCd1234.mjs.gz",
            "/late.txt",
        ):
            away = httpx.get(url + path)
            assert away.status_code == 404
            assert away.headers["content-type"] == "application/problem+json"
        assert httpx.post(url).status_code == 405
        assert httpx.get(f"{url}/v1/models").status_code == 401
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}


def test_files_are_sent_compressed_to_those_who_take_it_and_only_when_they_are_new(serve, page):
    with serve(page=page) as url:
        script = f"{url}/assets/main-AbCd1234.mjs"

        def get(accepts, **headers):
            headers = {"accept-encoding": accepts, **headers}
            with httpx.stream("GET", script, headers=headers) as answer:
                return answer, b"".join(answer.iter_raw())

        plain, content = get("br;q=0")
        assert (content, plain.headers.get("content-encoding")) == (b"1;" * 50, None)
        assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in plain.headers["cache-control"]
        assert plain.headers["vary"] == "accept-encoding"
        zipped, content = get("deflate, gzip")
        assert gzip.decompress(content) == b"1;" * 50
        answer, content = get("gzip, deflate, br, zstd")
        assert (content, answer.headers["content-encoding"]) == (b"brotli", "br")
        assert len({each.headers["etag"] for each in (plain, zipped, answer)}) == 3
        again, content = get("br", **{"if-none-match": answer.headers["etag"]})
        assert (again.status_code, content) == (304, b"")
        wasm = httpx.get(f"{url}/assets/ort.wasm")
        assert wasm.headers["content-type"] == "application/wasm"
        assert wasm.headers["cache-control"] == "no-cache"
        # A wheel's page has no models of its own: the package's are sent.
        model = httpx.get(f"{url}/models/ferlite_xs.onnx?0123abcd")
        assert model.content == zoo.path("ferlite_xs").read_bytes()
        assert "immutable" in model.headers["cache-control"]


def test_without_a_page_the_server_says_how_to_get_one(serve, monkeypatch):
    monkeypatch.setattr("ferlite.serve.app.built_page", lambda: None)
    with serve() as url:
        answer = httpx.get(url)
        assert (answer.status_code, answer.text) == (200, NOT_BUILT)
