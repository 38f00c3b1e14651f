"""Show frames in a window, with the tkinter that comes with Python."""

import os
import sys
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import ImageTk

TITLE: Final = "ferlite (q quits)"


def why_none() -> str | None:
    """Why no window can be shown, or None if one can."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return "there is no screen to show a window on"
    try:
        import tkinter
    except ImportError:
        return "this Python has no tkinter to show a window with (Debian, Ubuntu: python3-tk)"
    try:
        tkinter.Tk().destroy()
    except tkinter.TclError:
        return "no window can be shown on this screen"
    return None


class Window:
    """A window that shows the newest frame until someone closes it, or presses q or Esc."""

    def __init__(self) -> None:
        """Open it.

        Raises:
            tkinter.TclError: there is no screen; ask `why_none` first.
        """
        import tkinter

        self._root = tkinter.Tk()
        self._root.title(TITLE)
        self._label = tkinter.Label(self._root, borderwidth=0)
        self._label.pack()
        self._shown: ImageTk.PhotoImage | None = None
        self.wanted = True
        for key in ("q", "<Escape>"):
            self._root.bind(key, lambda event: self._end())
        self._root.protocol("WM_DELETE_WINDOW", self._end)

    def show(self, image_HWC: NDArray[np.uint8] | None) -> bool:
        """Show a frame, or go on showing the one before; False if no more is wanted.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
        """
        if image_HWC is not None:
            from PIL import Image, ImageTk

            image = Image.fromarray(image_HWC)
            image.thumbnail((self._root.winfo_screenwidth(), self._root.winfo_screenheight()))
            if self._shown is None or (self._shown.width(), self._shown.height()) != image.size:
                self._shown = ImageTk.PhotoImage(image, master=self._root)
                self._label.configure(image=self._shown)
            else:
                self._shown.paste(image)
        self._root.update()
        return self.wanted

    def close(self) -> None:
        """Take it away."""
        self._root.destroy()

    def _end(self) -> None:
        self.wanted = False
