"""Put the web page, where `make web` has built it, into the wheel and the source distribution."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KEPT = "models/ferlite_m.onnx.br", "models/blazeface.onnx.br"
"""Of the models; the server sends the package's own files to those who cannot read these."""
LEFT_OUT = "models/", "types/", "webgpu/"
"""The last would double the wheel, and the page only has it where the address asks for it."""


class PageHook(BuildHookInterface[Any]):
    """See <https://hatch.pypa.io/latest/plugins/build-hook/custom/>."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """List the files; without a page there are none."""
        page = Path(self.root) / "web" / "dist"
        if version == "editable" or not (page / "index.html").is_file():
            return
        inside = "ferlite/serve/static" if self.target_name == "wheel" else "web/dist"
        names = [f.relative_to(page).as_posix() for f in sorted(page.rglob("*")) if f.is_file()]
        build_data["force_include"].update(
            {
                str(page / name): f"{inside}/{name}"
                for name in names
                if name in KEPT or not (name.startswith(LEFT_OUT) or name.endswith((".gz", ".map")))
            }
        )
