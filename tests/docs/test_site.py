"""The site of the docs: whole, without a broken link, fetching nothing from elsewhere."""

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

ROOT = Path(__file__).parents[2]
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^"'> ]+"""
)


@pytest.fixture(autouse=True)
def _where_pages_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))


def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path), strict=True))
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        assert not _FETCHED.findall(page.read_text("utf-8")), page
    assert "ferlite predict" in (tmp_path / "reference" / "cli.html").read_text("utf-8")
    assert "recognize_video" in (tmp_path / "reference" / "python.html").read_text("utf-8")


@pytest.mark.parametrize(
    "link", ["missing.md", "#missing", "../src/missing.py", "../../outside.md", "![](missing.png)"]
)
def test_a_broken_link_fails(link: str, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    text = link if link.startswith("!") else f"[here]({link})"
    (docs / "index.md").write_text(f"# Title\n\n{text}\n", encoding="utf-8")
    hook = ROOT / "docs" / "hooks" / "outside_links.py"
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: small\nhooks: ['{hook.as_posix()}']\nvalidation: {{anchors: warn}}\n",
        encoding="utf-8",
    )
    config = load_config(str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True)
    with pytest.raises(Abort):
        build(config)


def test_a_link_to_a_file_of_the_repository_goes_there_or_is_text(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (tmp_path / "code.py").touch()
    (tmp_path / "plot.png").touch()
    (docs / "index.md").write_text("[the code](../code.py) ![plot](../plot.png)\n", "utf-8")
    hook = ROOT / "docs" / "hooks" / "outside_links.py"
    settings = f"site_name: small\nhooks: ['{hook.as_posix()}']\n"
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    for address, shown in (
        ("", "the code <img"),
        ("https://example.org/us", 'href="https://example.org/us/blob/HEAD/code.py">the code</a>'),
    ):
        config = load_config(
            str(tmp_path / "mkdocs.yml"), site_dir=str(tmp_path / "site"), repo_url=address
        )
        build(config)
        assert shown in (tmp_path / "site" / "index.html").read_text("utf-8")
        assert (tmp_path / "site" / "plot.png").is_file()
