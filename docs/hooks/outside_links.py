"""Links of pages that leave docs/: `make docs` checks them, and they work in the site too.

On a forge a page links to a file of the repository by its relative path. The site holds docs/
alone. There, such a link goes to the repository if its address is known, and is plain text if not;
an image is copied into the site. A link to a file that is not there fails the build.
"""

import logging
import re
from pathlib import Path
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.outside_links")

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((\.\./[^)\s#]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, /, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite the links of one page that leave docs/."""
    root = Path(config.config_file_path).parent

    def rewritten(link: re.Match[str]) -> str:
        image, text, target, anchor = link.groups()
        path = normpath(f"docs/{page.file.src_uri}/../{target}")
        if path.startswith("docs/"):
            return link[0]  # MkDocs checks these itself
        if not (root / path).exists():
            log.warning(f"{page.file.src_uri} links to {path}, which is not there")
        elif image:
            if path not in files.src_uris:
                files.append(File.generated(config, path, abs_src_path=str(root / path)))
            return f"![{text}]({relpath(path, str(Path(page.file.src_uri).parent))})"
        elif config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/HEAD/{path}{anchor or ''})"
        return text

    return _LINK.sub(rewritten, markdown)
