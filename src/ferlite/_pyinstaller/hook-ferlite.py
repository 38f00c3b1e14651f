"""Collect the models and their cards, and what ferlite imports only when it needs it."""

from pathlib import Path

import ferlite

_package = Path(ferlite.__file__).parent
datas = [
    (str(file), str(file.parent.relative_to(_package.parent)))
    for file in _package.rglob("*")
    if file.suffix in (".onnx", ".json")
]
hiddenimports = [
    "pillow_heif",
    *(
        f"PIL.{kind}ImagePlugin"
        for kind in ("Avif", "Bmp", "Gif", "Jpeg", "Png", "Ppm", "Tiff", "WebP")
    ),
]
