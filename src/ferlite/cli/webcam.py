"""`ferlite webcam`: follow the faces before a camera, live."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ferlite.classify import zoo
from ferlite.cli import options
from ferlite.cli.interrupt import stoppable
from ferlite.cli.recording import Outputs, summarize
from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.faces.frame import Frame

WINDOW: Final = "ferlite (q quits)"
PATIENCE: Final = 0.1
"""In seconds: so long a frame is waited for before keys and Ctrl-C are looked at."""


def webcam(
    camera: Annotated[
        int, typer.Option(metavar="N", help="Which camera, counted from 0.", min=0)
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option(metavar="OUT.mp4", help="Write what is seen, with the faces marked."),
    ] = None,
    csv: options.FacesCsv = None,
    plot: options.Plot = None,
    every: options.Every = 1,
    half_life: options.HalfLife = 0.3,
    people: options.People = "auto",
    model: options.Model = zoo.DEFAULT,
    detector: options.Detector = "auto",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    threads: Annotated[int, typer.Option(metavar="N", help="Threads to use.", min=1)] = 1,
) -> None:
    """Read the emotions before a camera, live in a window, until q, Esc or Ctrl-C.

    Without a screen, or with an OpenCV that cannot show windows, give --save, --csv or --plot: then
    it records until Ctrl-C. A camera that is lost is waited for. Nothing leaves your machine.

    Examples:

        ferlite webcam

        ferlite webcam --camera 1 --csv faces.csv
    """
    outputs = Outputs(save, csv, plot)
    outputs.check()

    import cv2

    from ferlite.faces.timeline import Timeline
    from ferlite.media.camera import Camera
    from ferlite.recognizer import EmotionRecognizer

    if (why_none := _why_no_window()) is not None and outputs == Outputs(None, None, None):
        raise FerliteError(
            f"{why_none}, or give --save, --csv or --plot to record without a window"
        )
    cv2.setNumThreads(threads)
    recognizer = EmotionRecognizer(
        model,
        detector,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
        threads=threads,
        yunet=yunet,
        labels=labels,  # type: ignore[arg-type]
    )
    tracker = recognizer.tracker(
        every=every,
        half_life=half_life,
        people=people,  # type: ignore[arg-type]  # refused there if it is a wrong one
    )
    timeline = Timeline()
    with (
        closing(Camera(camera)) as source,
        stoppable() as stopped,
        outputs.opened(source.rate, timeline) as record,
        _window(shown=why_none is None) as show,
    ):
        if why_none is not None:
            print("ferlite: recording without a window; Ctrl-C ends it", file=sys.stderr)
        was_lost = False
        while not stopped():
            shot = source.newest(PATIENCE)
            if source.lost != was_lost:
                was_lost = source.lost
                news = "is lost; waiting for it" if was_lost else "is back"
                print(f"ferlite: camera {camera} {news}", file=sys.stderr)
            frame = None
            if shot is not None:
                frame = tracker.update(shot.image_HWC, shot.time)
                record(frame)
            if not show(frame):
                break
    if csv != "-":
        summarize(f"camera {camera}", timeline)


def _why_no_window() -> str | None:
    """Why no window can be shown and what to do, or None if one can."""
    import cv2

    from ferlite.media.image import quiet_opencv

    # Asked first, because OpenCV with Qt ends the whole program where there is no screen.
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "there is no screen to show a window on; run it where there is one"
    try:
        with quiet_opencv():
            cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL)
    except cv2.error:
        return (
            "this OpenCV cannot show windows; replace it by one that can "
            "('pip uninstall opencv-python-headless', then 'pip install \"opencv-python<5\"')"
        )
    return None


@contextmanager
def _window(shown: bool) -> Iterator[Callable[["Frame | None"], bool]]:
    """A function that shows a frame, and says whether the person wants more."""
    import cv2

    from ferlite.media.draw import annotate

    def show(frame: "Frame | None") -> bool:
        if frame is not None:
            cv2.imshow(WINDOW, annotate(frame.image, frame.faces))
        key = cv2.waitKey(1) & 0xFF
        closed = cv2.getWindowProperty(WINDOW, cv2.WND_PROP_VISIBLE) < 1
        return key not in (ord("q"), 27) and not closed

    if not shown:
        yield lambda frame: True
        return
    try:
        yield show
    finally:
        cv2.destroyWindow(WINDOW)
