import httpx


def test_the_page_is_served_where_it_is_built_and_nothing_beside_it(serve, tmp_path):
    page = tmp_path / "dist"
    page.mkdir()
    (page / "index.html").write_text("<h1>faces</h1>")
    (tmp_path / "secret.txt").write_text("secret")
    with serve(page=page, api_key="secret") as url:
        answer = httpx.get(url)
        assert answer.text == "<h1>faces</h1>"
        assert "connect-src 'self'" in answer.headers["content-security-policy"]
        for path in (
            "/secret.txt",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            f"/{tmp_path}/secret.txt",
        ):
            away = httpx.get(url + path)
            assert away.status_code == 404
            assert away.headers["content-type"] == "application/problem+json"
        assert httpx.get(f"{url}/v1/models").status_code == 401
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
