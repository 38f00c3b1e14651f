"""Who is who in a video: the same number for who comes back after a cut or an absence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferlite.faces.detection import Point
from ferlite.faces.track import Tracked

SAME_LOOK: Final = 0.5
"""Faces that look as much alike (see `ferlite.faces.appearance`) are of the same person..."""
SAME_FACE: Final = 0.44
"""...or, where there are embeddings (see `ferlite.faces.sface`), if these are as much alike."""
AT_FIRST: Final = 1.0
"""In seconds: a face that was not recognised at once is looked at again for so long."""
EMBED_AGAIN: Final = 0.3, 2.0
"""In seconds: a face's embedding is made again after so long, at first and later."""
VIEWS: Final = 8
"""Of a person's tracks, the last so many are remembered..."""
LOOKS: Final = 16
"""...each as the mean of about so many looks at it."""
MOST_PEOPLE: Final = 256
"""Of so many people who are away it is remembered what they look like: those seen last."""

PeopleMode: TypeAlias = Literal["auto", "off"]
Vector: TypeAlias = NDArray[np.float32]
Embed: TypeAlias = Callable[[NDArray[np.uint8], Sequence[Point]], Vector]
"""Takes uint8 (H, W, 3), RGB, and four points of a face; gives a vector of length 1."""


@dataclass(slots=True)
class _View:
    """What a face looked like through one track: the sums of vectors, and how many."""

    look_D: Vector | None = None
    looks: float = 0
    face_D: Vector | None = None
    faces: float = 0

    def add_look(self, look_D: Vector) -> None:
        self.look_D, self.looks = _added(self.look_D, self.looks, look_D)

    def add_face(self, face_D: Vector) -> None:
        self.face_D, self.faces = _added(self.face_D, self.faces, face_D)

    def likeness(self, other: "_View") -> float:
        """How much alike two views are: 1 and more for the same person."""
        if self.face_D is not None and other.face_D is not None:
            return _cosine(self.face_D, other.face_D) / SAME_FACE
        if self.look_D is not None and other.look_D is not None:
            return _cosine(self.look_D, other.look_D) / SAME_LOOK
        return 0.0


@dataclass(slots=True)
class _Person:
    views: list[_View] = field(default_factory=list)

    def likeness(self, view: _View) -> float:
        return max((view.likeness(mine) for mine in self.views), default=0.0)


@dataclass(slots=True)
class _Appearance:
    """A track that goes on: who it is of, and what is known of it."""

    began: float
    view: _View = field(default_factory=_View)
    person: int | None = None
    is_new: bool = True  # the person was begun for this track
    embedded: float = -np.inf


class People:
    """Gives the faces of a video's frames the numbers of people, one frame after the other.

    A track is of one person. Who it is, is decided when it begins: of the people who are not in
    the frame, the one who looks most alike, if that is alike enough; else somebody new. A face
    that was not recognised at once, but is within its first second, takes the old number from then
    on, and its own is given to nobody else.

    What people look like is kept in memory, for the people of this video alone, and nowhere else.

    >>> people = People()
    >>> look = np.eye(3, dtype=np.float32)
    >>> image = np.zeros((90, 90, 3), np.uint8)
    >>> people(image, 0.0, [Tracked(1, (0, 0, 9, 9), 1.0, look_D=look[0])], {1})
    [1]
    >>> people(image, 1.0, [], set())
    []
    >>> people(image, 2.0, [Tracked(2, (0, 0, 9, 9), 1.0, look_D=look[1])], {2})
    [2]
    >>> people(image, 3.0, [Tracked(3, (0, 0, 9, 9), 1.0, look_D=look[0])], {3})
    [1]
    """

    def __init__(self, embed: Embed | None = None) -> None:
        """Begin with nobody.

        Args:
            embed: recognises faces, if there is such a network.
        """
        self._embed = embed
        self._people: dict[int, _Person] = {}
        self._tracks: dict[int, _Appearance] = {}
        self._next = 1

    def __call__(
        self, image_HWC: NDArray[np.uint8], time: float, faces: Sequence[Tracked], alive: set[int]
    ) -> list[int]:
        """Who the faces of the next frame are.

        Args:
            image_HWC: uint8, (H, W, 3), RGB.
            time: of the frame, in seconds.
            faces: the faces that are seen in it.
            alive: the numbers of all tracks that have not ended.

        Returns:
            For each face the number of its person, from 1 on.
        """
        for track_id in self._tracks.keys() - alive:
            del self._tracks[track_id]
        for face in faces:
            track = self._tracks.setdefault(face.track_id, _Appearance(time))
            if face.look_D is not None:
                track.view.add_look(face.look_D)
            if self._embed is not None and face.points is not None:
                early = time - track.began <= AT_FIRST
                if time - track.embedded >= EMBED_AGAIN[not early]:
                    track.view.add_face(self._embed(image_HWC, face.points))
                    track.embedded = time
        self._recognize([face.track_id for face in faces], time)
        return [self._tracks[face.track_id].person or 0 for face in faces]

    def _recognize(self, track_ids: list[int], time: float) -> None:
        """Find out who has just come, the surest first."""
        unsure = [
            track
            for track in map(self._tracks.__getitem__, track_ids)
            if track.person is None or (track.is_new and time - track.began <= AT_FIRST)
        ]
        if not unsure:
            return
        present = {track.person for track in self._tracks.values()}
        pairs = [
            (person.likeness(track.view), t, number)
            for t, track in enumerate(unsure)
            for number, person in self._people.items()
            if number not in present
        ]
        for likeness, t, number in sorted(pairs, key=lambda each: -each[0]):
            track = unsure[t]
            if likeness < 1:
                break
            if (track.person is None or track.is_new) and number not in present:
                self._people.pop(track.person or 0, None)  # who was begun for it is nobody
                present.add(number)
                self._begin(track, number, is_new=False)
        for track in unsure:
            if track.person is None:
                self._begin(track, self._next, is_new=True)
                self._next += 1

    def _begin(self, track: _Appearance, number: int, is_new: bool) -> None:
        track.person, track.is_new = number, is_new
        # Put at the end: so people stay in the order in which they came last.
        person = self._people.pop(number, _Person())
        person.views = [*person.views[1 - VIEWS :], track.view]
        self._people[number] = person
        if len(self._people) > MOST_PEOPLE:
            present = {track.person for track in self._tracks.values()}
            away = (number for number in self._people if number not in present)
            if (longest := next(away, None)) is not None:
                del self._people[longest]


def _added(total_D: Vector | None, count: float, new_D: Vector) -> tuple[Vector, float]:
    """A sum with one more in it; of long ones, the past counts less and less."""
    if total_D is None:
        return new_D.copy(), 1
    fade = min(1.0, (LOOKS - 1) / count)
    return total_D * np.float32(fade) + new_D, count * fade + 1


def _cosine(a_D: Vector, b_D: Vector) -> float:
    return float(a_D @ b_D) / max(1e-9, float(np.linalg.norm(a_D)) * float(np.linalg.norm(b_D)))
