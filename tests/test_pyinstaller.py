"""What a program made with PyInstaller takes along of ferlite."""

import runpy
from pathlib import Path

from ferlite._pyinstaller import get_hook_dirs
from ferlite.classify import zoo
from ferlite.media.image import _PLUGINS


def test_the_hook_collects_the_models_and_what_reads_images():
    (folder,) = get_hook_dirs()
    hook = runpy.run_path(str(Path(folder) / "hook-ferlite.py"))
    taken = {(Path(file).name, place) for file, place in hook["datas"]}
    assert (zoo.path(zoo.DEFAULT).name, "ferlite/classify/weights") in taken
    assert {module for _, module, _ in _PLUGINS} <= set(hook["hiddenimports"])
