"""How well the people of a video are told apart, and its cuts are found.

    python benchmarks/people.py ../shared/photos --sface FILE
    python benchmarks/people.py ../shared/photos --sface FILE --choose

Videos are made in memory from labelled photos (`First_Last_0001.jpg`): people come and go over
cuts and absences of 1 to 10 seconds, before the same or another background, with changed light,
size, pose and compression; they come back as the same photo or as another one. Half of the people
serve to choose the thresholds, the other half for the numbers that are reported. Faces are found
and followed as in any video; only the emotions are left out. Writes results/benchmarks/people.json.

A threshold is the one with most room to both goals on the choosing half, that for recognised
returns and that for wrong merges, in their standard errors; of several as good ones, the strictest.
`--choose` makes the videos of that half alone, prints what would be chosen, and writes nothing.
"""

import argparse
import io
import json
import math
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

import ferlite
from ferlite import EmotionRecognizer
from ferlite.faces import people as people_module
from ferlite.faces.cuts import Cuts
from ferlite.faces.detection import Point
from ferlite.faces.people import People, Vector
from ferlite.faces.sface import SFace
from ferlite.faces.track import Tracked
from ferlite.files import written_whole

RESULT: Final = Path(__file__).parents[1] / "results" / "benchmarks" / "people.json"
HEIGHT, WIDTH = 270, 480
FPS: Final = 10
FRAMES: Final = 6
"""Of each appearance."""
CAST: Final = 6
APPEARANCES: Final = 16
HALVES: Final = 0
"""Seed of how people are divided."""
NAME: Final = re.compile(r"(.+)_\d{4}\.jpg")
LOOKS: Final = tuple(round(0.40 + 0.02 * i, 2) for i in range(15))
FACES: Final = tuple(round(0.34 + 0.02 * i, 2) for i in range(9))
GOALS: Final = {
    "built_in": (("same", "elsewhere"), 0.9, 0.02),
    "sface": (("other",), 0.85, 0.01),
}
"""Of which returns at least how many are to be recognised, and at most how many wrongly merged."""

Image3 = NDArray[np.uint8]
Random = np.random.Generator


@dataclass
class Made:
    """A made video: its frames as they come, and whose face is in which."""

    truth: list[str | None] = field(default_factory=list)  # by frame
    kind: list[str] = field(default_factory=list)  # by frame: first, same, elsewhere, other
    appearance: list[int] = field(default_factory=list)  # by frame
    cut: list[bool] = field(default_factory=list)  # by frame

    def add(self, name: str | None, kind: str, number: int, cut: bool) -> None:
        """Another frame."""
        self.truth.append(name)
        self.kind.append(kind)
        self.appearance.append(number)
        self.cut.append(cut)


@dataclass
class Followed:
    """What the tracker made of a frame, for `People` to be run again with other thresholds."""

    time: float
    faces: list[Tracked]
    alive: set[int]
    embeddings: dict[tuple[Any, ...], NDArray[np.float32]]


def photos(folder: Path) -> dict[str, list[Path]]:
    """The photos of each person, of those whose file names say who it is."""
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.jpg")):
        if named := NAME.fullmatch(file.name):
            found.setdefault(named[1], []).append(file)
    return found


def background(rng: Random) -> Image3:
    """A blurred pattern of colours, like a wall with things before it."""
    rows, columns = rng.integers(3, 9), rng.integers(4, 14)
    colours = rng.integers(20, 230, (rows, columns, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(colours).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def posed(photo: Image.Image, height: int, rng: Random, much: float) -> Image.Image:
    """A photo at a size, turned and bent a little."""
    width = round(photo.width * height / photo.height)
    turn, squeeze = np.deg2rad(rng.normal(0, 4) * much), np.exp(rng.normal(0, 0.05) * much)
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]]) - 0.5
    cos, sin = np.cos(turn), np.sin(turn)
    corners = corners @ np.array([[cos, -sin], [sin, cos]]) * [squeeze, 1]
    corners = (corners + rng.normal(0, 0.03, (4, 2)) * much + 0.5).clip(0, 1)
    quad = tuple((corners * [photo.width, photo.height]).ravel())
    # Made smaller first, or most pixels of a large photo are never seen.
    return photo.transform(
        (2 * width, 2 * height), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC
    ).resize((width, height), Image.Resampling.BOX)


def lit(pixels: NDArray[np.float64], rng: Random, much: float) -> NDArray[np.float64]:
    """Values in [0, 1] in another light: brighter or darker, from a side, tinted."""
    slope = np.linspace(-0.5, 0.5, pixels.shape[1])[None, :, None] * rng.normal(0, 0.4) * much
    gain = np.exp(rng.normal(0, 0.25) * much + rng.normal(0, 0.05, 3) * much)
    return np.asarray(pixels ** np.exp(rng.normal(0, 0.25) * much) * gain * (1 + slope))


def appearance(photo: Path, behind: Image3, rng: Random, much: float) -> Iterator[Image3]:
    """The frames of one shot of a person, before a background.

    `much` says how far the shot differs from the photo: 0 not at all, 1 as video changes.
    """
    with Image.open(photo) as file:
        original = file.convert("RGB")
    height = round(rng.uniform(110, 230)) if much else 180
    face = posed(original, height, rng, much)
    light = lit(np.asarray(face, np.float64) / 255, rng, much)
    soft_y, soft_x = (
        np.minimum(1, np.minimum(a := np.arange(n), a[::-1]) / 8) for n in light.shape[:2]
    )
    mask = (soft_y[:, None] * soft_x)[..., None]
    x, y = rng.uniform(0, WIDTH - face.width), rng.uniform(0, HEIGHT - face.height)
    speed_x, speed_y = rng.normal(0, 2, 2)
    quality, noise = int(rng.integers(45, 92)), rng.uniform(0, 0.02)
    for _ in range(FRAMES):
        frame = behind.astype(np.float64) / 255
        x, y = (
            float(np.clip(a, 0, b))
            for a, b in ((x + speed_x, WIDTH - face.width), (y + speed_y, HEIGHT - face.height))
        )
        part = frame[int(y) : int(y) + face.height, int(x) : int(x) + face.width]
        part += mask * (light - part)
        frame += rng.normal(0, noise, frame.shape)
        memory = io.BytesIO()
        Image.fromarray((frame.clip(0, 1) * 255).astype(np.uint8)).save(
            memory, "JPEG", quality=quality
        )
        yield np.asarray(Image.open(memory), np.uint8)


def video(cast: dict[str, list[Path]], rng: Random, made: Made) -> Iterator[tuple[float, Image3]]:
    """Frames of a video in which people come and go; `made` is told whose face is in each."""
    time, behind = 0.0, background(rng)
    rooms = [behind, background(rng)]
    seen: dict[str, int] = {}  # how often
    last = None
    for number in range(APPEARANCES):
        names = [name for name in cast if name != last]
        new = [name for name in names if name not in seen]
        name = str(rng.choice(new if new and rng.random() < 0.5 else list(names)))
        shown = seen.get(name, 0)
        files = cast[name]
        kind, file = "first", files[0]
        if shown:
            kind = "other" if len(files) > 1 and rng.random() < 0.5 else "same"
            file = files[int(rng.integers(1, len(files)))] if kind == "other" else files[0]
        room = rooms[int(rng.integers(2))]
        if rng.random() < 0.25:
            room = background(rng)
            kind = "elsewhere" if kind == "same" else kind
        is_cut = number > 0
        if number and rng.random() < 0.4:  # an absence: the room is empty for a while
            until = time + rng.uniform(1, 10)
            while time < until:
                made.add(None, "", -1, False)
                yield time, behind
                time += 0.5
            room, is_cut = behind, False
        for i, frame in enumerate(appearance(file, room, rng, much=float(shown > 0))):
            made.add(name, kind, number, is_cut and i == 0)
            yield time, frame
            time += 1 / FPS
        seen[name] = shown + 1
        last, behind = name, room


def follow(
    recognizer: EmotionRecognizer,
    embed: Callable[..., Any] | None,
    cast: dict[str, list[Path]],
    rng: Random,
) -> tuple[Made, list[Followed]]:
    """A made video and what the tracker sees in it."""
    made, frames = Made(), []
    tracks = recognizer.tracker(people="off")._tracks  # as in any video
    for time, image in video(cast, rng, made):
        faces = tracks(image, time)
        embeddings = {}
        if embed is not None:
            embeddings = {
                f.points: embed(image, f.points) for f in faces if f.points and f.look_D is not None
            }
        frames.append(Followed(time, faces, tracks.alive, embeddings))
    return made, frames


def judge(videos: Sequence[tuple[Made, list[Followed]]], with_faces: bool) -> dict[str, Any]:
    """Wrong merges and recognised returns, over all appearances of all videos."""
    counts: Counter[str] = Counter()
    for made, frames in videos:
        table = {points: seen for frame in frames for points, seen in frame.embeddings.items()}
        who = People(partial(_looked_up, table) if with_faces else None)
        owner: dict[int, str] = {}
        given: dict[int, list[int]] = {}
        for i, frame in enumerate(frames):
            # Embeddings are there for the frames with a look alone.
            faces = [
                f if f.points in frame.embeddings else f._replace(points=None) for f in frame.faces
            ]
            numbers = who(np.zeros((1, 1, 3), np.uint8), frame.time, faces, frame.alive)
            largest = max(range(len(faces)), key=lambda k: faces[k].box[2], default=None)
            if largest is not None and made.truth[i] is not None:
                given.setdefault(made.appearance[i], []).append(numbers[largest])
        kinds = dict(zip(made.appearance, zip(made.truth, made.kind, strict=True), strict=True))
        for number, (name, kind) in sorted(kinds.items()):
            if name is None or number not in given:
                counts["unseen"] += name is not None
                continue
            first, final = given[number][0], given[number][-1]
            counts["appearances"] += 1
            counts["wrong"] += owner.get(final, name) != name
            counts["wrong_at_first"] += owner.get(first, name) != name
            counts[f"{kind}"] += 1
            counts[f"{kind}_known"] += owner.get(final) == name
            counts[f"{kind}_known_at_first"] += owner.get(first) == name
            owner.setdefault(final, name)

    def share(a: str, b: str) -> float | None:
        return round(counts[a] / counts[b], 4) if counts[b] else None

    return {
        "appearances": counts["appearances"],
        "not_found": counts["unseen"],
        "wrong_merges": share("wrong", "appearances"),
        "wrong_merges_at_first": share("wrong_at_first", "appearances"),
        "returns": {
            kind: {
                "count": counts[kind],
                "known": share(f"{kind}_known", kind),
                "known_in_first_frame": share(f"{kind}_known_at_first", kind),
            }
            for kind in ("same", "elsewhere", "other")
        },
    }


def recognised(measured: dict[str, Any], level: str) -> tuple[int, int]:
    """How many of a level's returns were recognised, and how many there were."""
    found = [measured["returns"][kind] for kind in GOALS[level][0]]
    count = sum(each["count"] for each in found)
    return round(sum((each["known"] or 0) * each["count"] for each in found)), count


def room(measured: dict[str, Any], level: str) -> float:
    """How far the goal that is nearer to being missed is away, in standard errors."""
    _, returns, wrong = GOALS[level]
    hits, count = recognised(measured, level)
    return float(
        min(
            (hits / count - returns) / math.sqrt(returns * (1 - returns) / count),
            (wrong - measured["wrong_merges"])
            / math.sqrt(wrong * (1 - wrong) / measured["appearances"]),
        )
    )


def chosen(by_threshold: dict[str, dict[str, Any]], level: str) -> str:
    """The threshold that the rule chooses."""
    return max(by_threshold, key=lambda each: (room(by_threshold[each], level), float(each)))


def _looked_up(table: dict[Any, Vector], image: Image3, points: Sequence[Point]) -> Vector:
    return table[points]


def judged(
    videos: Sequence[tuple[Made, list[Followed]]], look: float, face: float | None
) -> dict[str, Any]:
    """As `judge`, with these thresholds."""
    with mock.patch.multiple(people_module, SAME_LOOK=look, SAME_FACE=face or 1.0):
        return judge(videos, with_faces=face is not None)


def moving(photo: Image.Image, rng: Random, fast: float) -> Iterator[Image3]:
    """A camera that moves over an image: by so much of its width from frame to frame."""
    part = rng.uniform(0.3, 0.6)
    middle = rng.uniform(0.35, 0.65, 2)
    turn = rng.uniform(0, 2 * np.pi)
    step = np.array([np.cos(turn), np.sin(turn)]) * fast * part
    for i in range(-4, 5):
        x, y = (middle + step * i).clip(part / 2, 1 - part / 2)
        box = tuple(
            np.multiply(
                [x - part / 2, y - part / 2, x + part / 2, y + part / 2], [*photo.size, *photo.size]
            )
        )
        frame = np.asarray(photo.resize((320, 180), Image.Resampling.BOX, box=box), np.float64)
        yield (frame + rng.normal(0, 2.5, frame.shape)).clip(0, 255).astype(np.uint8)


def cuts(images: Sequence[Path], rng: Random, rounds: int) -> dict[str, Any]:
    """Hard cuts that are missed, and false alarms in what is none."""
    scenes = [Image.open(path).convert("RGB") for path in images]
    counts: Counter[str] = Counter()
    for _ in range(rounds):
        one, other = (
            list(moving(scenes[int(rng.integers(len(scenes)))], rng, rng.uniform(0, 0.02)))
            for _ in "ab"
        )
        found, answers = Cuts(), []
        for frame in (*one, *other):
            answers.append(found(frame))
        counts["cuts"] += 1
        counts[f"cut_{answers[len(one)]}"] += 1
        for kind in ("moves slowly", "moves fast", "flash", "light"):
            fast = {"moves slowly": 0.02, "moves fast": 0.08}.get(kind, 0.01)
            frames = list(moving(scenes[int(rng.integers(len(scenes)))], rng, fast))
            if kind == "flash":
                frames[4] = (frames[4] * rng.uniform(1.5, 4) + 20.0).clip(0, 255).astype(np.uint8)
            if kind == "light":
                frames[4:] = [(f * rng.uniform(0.25, 0.5) + 5).astype(np.uint8) for f in frames[4:]]
            found = Cuts()
            answers = [found(frame) for frame in frames]
            counts[kind] += 1
            counts[f"{kind}_alarm"] += "cut" in answers
    return {
        "hard_cuts": counts["cuts"],
        "called_cut": counts["cut_cut"],
        "called_doubtful": counts["cut_doubtful"],
        "missed": counts["cut_none"],
        "false_alarms": {
            kind: {"shots": counts[kind], "alarms": counts[f"{kind}_alarm"]}
            for kind in ("moves slowly", "moves fast", "flash", "light")
        },
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("--detector", default="blazeface")
    parser.add_argument("--yunet", type=Path)
    parser.add_argument("--sface", type=Path)
    parser.add_argument("--videos", type=int, default=72, help="of each half of the people")
    parser.add_argument("--seed", type=int, default=1, help="of the videos")
    parser.add_argument("--choose", action="store_true", help="look at the choosing half alone")
    parser.add_argument("--out", type=Path, default=RESULT)
    arguments = parser.parse_args()
    recognizer = EmotionRecognizer("ferlite_s", arguments.detector, yunet=arguments.yunet)
    embed = SFace(arguments.sface).embed if arguments.sface else None
    everyone = photos(arguments.photos)
    order = np.random.default_rng(HALVES).permutation(sorted(everyone))
    halves = {"choosing": order[::2], "reporting": order[1::2]}
    look, face = people_module.SAME_LOOK, people_module.SAME_FACE

    def made(half: str) -> list[tuple[Made, list[Followed]]]:
        rng = np.random.default_rng([arguments.seed, list(halves).index(half)])
        several = [str(name) for name in halves[half] if len(everyone[name]) > 1]
        single = [str(name) for name in halves[half] if len(everyone[name]) == 1]
        videos = []
        for _ in track(range(arguments.videos), f"videos of the {half} half"):
            cast = [
                *rng.choice(several, CAST // 2, replace=False),
                *rng.choice(single, CAST // 2, replace=False),
            ]
            videos.append(follow(recognizer, embed, {name: everyone[name] for name in cast}, rng))
        return videos

    videos = made("choosing")
    choosing = {
        "built_in": {str(each): judged(videos, each, None) for each in LOOKS},
        "sface": {str(each): judged(videos, look, each) for each in FACES if embed},
    }
    best = {level: chosen(found, level) for level, found in choosing.items() if found}
    if arguments.choose:
        for level, found in choosing.items():
            for threshold, measured in found.items():
                hits, count = recognised(measured, level)
                wrong = measured["wrong_merges"]
                print(f"{level} {threshold}: {hits} of {count} recognised, {wrong:.1%} wrong")
        print("chosen:", best)
        return
    videos = made("reporting")
    measured = {"choosing": choosing, "built_in": judged(videos, look, None)}
    if embed:
        measured["sface"] = judged(videos, look, face)
    measured["cuts"] = cuts(
        [f for name in halves["reporting"] for f in everyone[name]][:200],
        np.random.default_rng([arguments.seed, 2]),
        100,
    )
    result = {
        "command": f"python benchmarks/people.py ../shared/photos --sface FILE "
        f"--videos {arguments.videos} --seed {arguments.seed}",
        "detector": recognizer.detector,
        "seed": arguments.seed,
        "photos": sum(map(len, everyone.values())),
        "people": len(everyone),
        "videos_of_each_half": arguments.videos,
        "recipe": {
            "fps": FPS,
            "frames_of_an_appearance": FRAMES,
            "cast": CAST,
            "appearances": APPEARANCES,
        },
        "rule": "the threshold with most room to both goals on the choosing half, in their "
        "standard errors; of several as good ones, the strictest",
        "goals": {
            level: {"returns": kinds, "recognised": returns, "wrong_merges": wrong}
            for level, (kinds, returns, wrong) in GOALS.items()
        },
        "chosen_by_the_rule": best,
        "thresholds": {"look": look, "face": face},
        "versions": {
            "ferlite": ferlite.__version__,
            "numpy": np.__version__,
            "onnxruntime": onnxruntime.__version__,
            "python": platform.python_version(),
        },
        **measured,
    }
    with written_whole(arguments.out) as part:
        part.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: measured[key] for key in measured if key != "choosing"}, indent=1))


if __name__ == "__main__":
    main()
