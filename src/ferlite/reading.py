"""Read images one by one, here or in processes beside this one.

Threads share Python's lock, which an image needs for a fifth of its time; with two cores that
costs a sixth of the speed, and with eight most of it. Processes share nothing, but each takes a
third of a second to start and the memory of another recognizer.
"""

import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from ferlite.errors import FerliteError

if TYPE_CHECKING:
    from ferlite.faces.face import Face
    from ferlite.recognizer import EmotionRecognizer

MANY: Final = 100
"""Fewer images are read before another process has started."""
_COMMAND: Final = [sys.executable, "-m", "ferlite.reading"]
_TOGETHER: Final = 8
"""So many images go to another process at a time, so that it seldom waits for the next."""
Task: TypeAlias = tuple[str, Path | None]
"""An image's path, or - for standard input, and where its annotated copy goes."""
Answer: TypeAlias = "tuple[list[Face], str | None]"
"""The faces, and what went wrong."""


@dataclass(frozen=True)
class Setting:
    """How images are read: the arguments of `EmotionRecognizer`, and `explain`.

    Attributes:
        explain: colour the copies by what drove the answers.
    """

    model: str | Path
    detector: str
    margin: float | None
    threads: int
    yunet: Path | None
    labels: str
    explain: bool
    min_score: float | None = None
    min_size: float | None = None


class Here:
    """Reads images in this process. Safe to share between threads."""

    def __init__(self, setting: Setting) -> None:
        """Load the detector and the network.

        Raises:
            FerliteError: as `EmotionRecognizer`.
        """
        from ferlite.recognizer import EmotionRecognizer

        self._explain = setting.explain
        self._recognizer = EmotionRecognizer(
            setting.model,
            setting.detector,  # type: ignore[arg-type]  # the recognizer itself refuses a wrong one
            margin=setting.margin,
            threads=setting.threads,
            yunet=setting.yunet,
            labels=setting.labels,  # type: ignore[arg-type]
            min_score=setting.min_score,
            min_size=setting.min_size,
        )
        self.classes = self._recognizer.classifier.classes

    def __call__(self, tasks: Sequence[Task]) -> list[Answer]:
        """The faces of each image, and their annotated copies if they are wanted."""
        return [self._answer(*task) for task in tasks]

    def _answer(self, name: str, copy: Path | None) -> Answer:
        try:
            return _read(name, copy, self._recognizer, self._explain), None
        except FerliteError as error:
            return [], str(error)


class Beside:
    """Reads images in a process of its own, for one thread at a time."""

    def __init__(self, setting: Setting) -> None:
        """Start the process; it loads its recognizer while this one goes on."""
        self._setting = setting
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C is for the process that knows what to do about it. When that
        # one ends, however it ends, the pipe closes, and with it the process beside.
        process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdin is not None
        pickle.dump(self._setting, process.stdin)
        return process

    def __call__(self, tasks: Sequence[Task]) -> list[Answer]:
        """As `Here`; an image at which the process dies is an error like others."""
        sent, given = self._process.stdin, self._process.stdout
        assert sent is not None
        assert given is not None
        try:
            pickle.dump(tasks, sent)
            sent.flush()
            answers: list[Answer] = pickle.load(given)
        except (EOFError, OSError, pickle.UnpicklingError):
            self.close()
            self._process = self._start()
            if len(tasks) > 1:
                return [self([task])[0] for task in tasks]
            return [([], f"{tasks[0][0]}: the process that read it broke down")]
        return answers

    def close(self) -> None:
        """End the process, after the images that it is reading."""
        with suppress(OSError):  # it is gone, and what was not yet sent with it
            self._process.communicate()


class Readers:
    """Reads images for several threads at once: here, and for many images beside here, too."""

    def __init__(self, setting: Setting, images: int, at_once: int) -> None:
        """Load the detector and the network.

        Args:
            setting: how images are read.
            images: how many there will be, which decides whether other processes pay.
            at_once: how many threads will ask.

        Raises:
            FerliteError: as `EmotionRecognizer`.
        """
        # These first: they load while this process does.
        others = at_once - 1 if images >= MANY else 0
        self._beside = [Beside(setting) for _ in range(others)]
        try:
            self._here = Here(setting)
        except FerliteError:
            self.close()
            raise
        self.classes = self._here.classes
        """What the network tells apart."""
        self._idle = deque[Here | Beside]([*self._beside, self._here])
        self.together = _TOGETHER if others else 1
        """How many images to give at a time."""

    def __call__(self, tasks: Sequence[Task]) -> list[Answer]:
        """The faces of images; see `Task` and `Answer`."""
        # Standard input is this process's own.
        if not self._beside or any(name == "-" for name, _ in tasks):
            return self._here(tasks)
        read = self._idle.pop()  # as many as threads: one is idle
        try:
            return read(tasks)
        finally:
            self._idle.append(read)

    def close(self) -> None:
        """End the processes beside, after the images that they are reading."""
        for reader in self._beside:
            reader.close()


def _read(
    name: str, copy: Path | None, recognizer: "EmotionRecognizer", explain: bool
) -> "list[Face]":
    from ferlite.media.image import decode, load_scaled, read_stream

    if name == "-":
        loaded = decode(read_stream(sys.stdin.buffer, "standard input"), "standard input")
    else:
        loaded = load_scaled(name)
    faces = recognizer.recognize(loaded)
    if copy is not None:
        from ferlite.media.draw import annotate
        from ferlite.media.heat import heated
        from ferlite.media.image import save

        # The copy of a very large JPEG is as large as it was decoded.
        marked, shown = loaded.pixels_HWC, [_reduced(face, loaded.scale) for face in faces]
        if explain:
            why = [recognizer.explain(marked, face) for face in shown]
            marked = heated(marked, why)
        save(annotate(marked, shown), copy)
    return faces


def _reduced(face: "Face", scale: int) -> "Face":
    x, y, w, h = (round(side / scale) for side in face.box)
    return replace(face, box=(x, y, w, h))


def _serve() -> None:
    """Read what standard input names, until it ends."""
    taken, given = sys.stdin.buffer, sys.stdout.buffer
    read = Here(pickle.load(taken))
    while True:
        try:
            tasks: list[Task] = pickle.load(taken)
        except EOFError:
            return
        pickle.dump(read(tasks), given)
        given.flush()


if __name__ == "__main__":
    _serve()
