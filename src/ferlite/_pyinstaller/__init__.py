"""What PyInstaller must know to put ferlite into a program."""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """The folder that holds `hook-ferlite.py`.

    >>> [Path(folder).name for folder in get_hook_dirs()]
    ['_pyinstaller']
    """
    return [str(Path(__file__).parent)]
