"""The goals for whole tasks, from file to answer: results/benchmarks/pipeline.json.

    python benchmarks/pipeline.py --photos PHOTOS

Measured, as users have it by default (the default model, the built-in detector): a photo against
the package `fer`, also with the fast model (both on one core, in turns; see peer_fer.py for the
environments); the whole command on one photo; a 1280×720 video with two faces, on one core and
two, and with a marked copy (H.264) written besides (marked); a folder of photos with `ferlite
predict` on one core and two, as they are and as large as a camera makes them (camera); whether
memory grows over an hour of video (`--long` frames); and the import. The video is made here, of
examples/astronaut.jpg. Without `--photos` all photos are that one. With `--yunet`, faces are found
with YuNet.

`--only memory` measures one part and leaves the others in the result as they were, so that the
long one need not be made on an idle machine.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import peers
from ferlite.classify import zoo
from ferlite.lab.provenance import provenance
from ferlite.media.image import load, save
from ferlite.media.writer import writing
from peer_fer import arguments_of, compared, in_rounds, photo_speed, readers, sample, write

PARTS: Final = ("photo", "command", "video", "marked", "folder", "camera", "memory", "import")
CAMERA_SIDE: Final = 3000
"""Pixels of a side of a photo as a camera makes it."""
RATE: Final = 25.0
PHOTO_RATIOS: Final = {zoo.DEFAULT: 0.3, zoo.FAST: 0.2}
COMMAND_SECONDS, FOLDER_GAIN, IMPORT_SECONDS = 0.5, 1.8, 0.15
VIDEO_RATE, MARKED_RATE = 120.0, 60.0
GROWTH: Final = 10.0
"""Megabytes over an hour of video (90,000 frames) that count as none."""


def make_video(path: Path, frames: int, width: int, height: int) -> None:
    """Two heads, one the mirror image of the other, drift over a background that drifts too."""
    photo_HWC = load(peers.ROOT / "examples" / "astronaut.jpg")[36:236, 124:324]
    side = height * 5 // 12
    head_HWC = np.asarray(Image.fromarray(photo_HWC).resize((side, side)))
    noise_HWC = np.random.default_rng(0).integers(60, 196, (height, width, 3), np.uint8)
    blurred = Image.fromarray(noise_HWC).filter(ImageFilter.GaussianBlur(3))
    background_HWC = np.asarray(blurred)
    with writing(path, RATE) as video:
        for i in range(frames):
            canvas_HWC = np.roll(background_HWC, i, axis=1)
            for head, begin, phase in ((head_HWC, 0.1, 0.0), (head_HWC[:, ::-1], 0.6, 2.0)):
                left = round(width * (begin + 0.05 * np.sin(i / 25 + phase)))
                top = round(height * (0.25 + 0.1 * np.cos(i / 40 + phase)))
                canvas_HWC[top : top + side, left : left + side] = head
            video.add(np.asarray(canvas_HWC, np.uint8), i / RATE)


def video_speed(python: Path, video: Path, frames: int, rounds: int, **how: Any) -> dict[str, Any]:
    """Frames a second on one and two cores; the first run of each warms up."""
    workers = {n: peers.Worker(python, "peer_ferlite_inside.py", cores=n) for n in (1, 2)}
    rates: dict[int, list[float]] = {cores: [] for cores in workers}
    faces = 0.0
    for number in range(rounds + 1):
        for cores, worker in workers.items():
            done = worker.ask("video", path=str(video), frames=frames, sample=frames, **how)
            faces = done["faces"] / frames
            if number:
                rates[cores].append(frames / done["seconds"])
    for worker in workers.values():
        worker.close()
    found = {
        f"{cores}_cores": {
            "frames_per_s": round(statistics.median(each), 1),
            "range": [round(min(each), 1), round(max(each), 1)],
        }
        for cores, each in rates.items()
    }
    return {"frames": frames, "faces_per_frame": round(faces, 3), **found}


def folder_speed(
    python: Path,
    photos: Path | None,
    count: int,
    rounds: int,
    options: list[str],
    side: int | None = None,
) -> dict[str, Any]:
    """Seconds of `ferlite predict FOLDER` with one job on one core, and two on two.

    The photos are as they are, or enlarged to `side` pixels a side.

    Another process that wants a core slows two jobs, and hardly one: what others took in each run
    (the first is the warm-up) is told beside.
    """
    paths = sample(photos, count)
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for i in range(count):
            path = paths[i % len(paths)]
            if side is None:
                (photos / f"{i:04}{path.suffix}").symlink_to(path.absolute())
            else:
                large = Image.fromarray(load(path)).resize((side, side), Image.Resampling.BICUBIC)
                save(np.asarray(large), photos / f"{i:04}.jpg")

        others: dict[str, list[float]] = {}

        def predict(jobs: int) -> list[float]:
            command = [str(python.with_name("ferlite")), "predict", str(photos), *options]
            command += ["--csv", str(Path(folder) / "faces.csv"), "--jobs", str(jobs)]
            begin, busy, mine = time.perf_counter(), busy_seconds(), children_seconds()
            subprocess.run(command, check=True, **peers.pinned(jobs))
            seconds = time.perf_counter() - begin
            taken = busy_seconds() - busy - (children_seconds() - mine)
            others.setdefault(f"{jobs} jobs", []).append(round(max(0.0, taken), 2))
            return [seconds]

        actions = {f"{jobs} jobs": partial(predict, jobs) for jobs in (1, 2)}
        speed = compared(in_rounds(actions, rounds), "1 jobs")
        how = {"photos": count, "side": side}
        return {**how, "seconds": speed, "taken_by_others_s": others}


def command_speed(python: Path, photo: Path, rounds: int) -> dict[str, Any]:
    """Seconds of `ferlite predict PHOTO`, from typing it to its end; the first warms the disk."""
    seconds = []
    for _ in range(4 * rounds + 1):
        begin = time.perf_counter()
        subprocess.run(
            [str(python.with_name("ferlite")), "predict", str(photo)],
            check=True,
            stdout=subprocess.DEVNULL,
            **peers.pinned(1),
        )
        seconds.append(time.perf_counter() - begin)
    return peers.spread(seconds[1:])


def busy_seconds() -> float:
    """Processor seconds that all processes together have used since the machine started."""
    _, *numbers = Path("/proc/stat").read_text().splitlines()[0].split()
    user, nice, system, _, _, interrupts, soft, *_ = map(int, numbers)
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    """Processor seconds of this process's children that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def memory(python: Path, video: Path, frames: int, **how: Any) -> dict[str, Any]:
    """Resident size over a long video; the slope is of a line through its second half."""
    worker = peers.Worker(python, "peer_ferlite_inside.py", cores=2)
    done = worker.ask("video", path=str(video), frames=frames, sample=max(1, frames // 90), **how)
    worker.close()
    resident_mb: NDArray[np.float64] = np.array(done["resident_bytes"]) / 1e6
    half = len(resident_mb) // 2
    at = np.arange(1, len(resident_mb) + 1) * max(1, frames // 90)
    slope = float(np.polyfit(at[half:], resident_mb[half:], 1)[0])
    return {
        "frames": frames,
        "frames_per_s": round(frames / done["seconds"], 1),
        "resident_mb": [round(each, 1) for each in resident_mb.tolist()],
        "mb_per_hour": round(slope * 3600 * RATE, 2),
    }


def goals(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was to be reached, what was, of the parts that have been measured."""
    detector = report["detector"]
    rows: list[tuple[str, str, float, bool]] = []
    if "photo" in report:
        for model, goal in PHOTO_RATIOS.items():
            ratio = report["photo"][f"{model}, {detector}"]["ratio"]
            what = f"photo of about 400×400 with one face, share of fer's time, one core, `{model}`"
            rows.append((what, f"at most {goal}", ratio, ratio <= goal))
    if "command" in report:
        seconds = report["command"]["median"]
        what = "`ferlite predict` on one photo, the whole command, seconds, one core"
        rows.append((what, f"at most {COMMAND_SECONDS}", seconds, seconds <= COMMAND_SECONDS))
    if "video" in report:
        rate = report["video"]["2_cores"]["frames_per_s"]
        what = "1280×720 video with two faces, frames a second, two cores"
        rows.append((what, f"at least {VIDEO_RATE:.0f}", rate, rate >= VIDEO_RATE))
    if "marked" in report:
        rate = report["marked"]["2_cores"]["frames_per_s"]
        what = "the same, with a marked copy in H.264 written"
        rows.append((what, f"at least {MARKED_RATE:.0f}", rate, rate >= MARKED_RATE))
    for part in ("folder", "camera"):
        if part in report:
            gain = round(1 / report[part]["seconds"]["2 jobs"]["ratio"], 3)
            side = report[part].get("side")
            size = f" of {side}×{side}" if side else ""
            what = (
                f"`ferlite predict` on {report[part]['photos']:,} photos{size}, two cores over one"
            )
            rows.append((what, f"at least {FOLDER_GAIN}×", gain, gain >= FOLDER_GAIN))
    if "memory" in report:
        growth = report["memory"]["mb_per_hour"]
        what = f"growth over an hour of video, MB (of {report['memory']['frames']:,} frames)"
        rows.append((what, f"less than {GROWTH:.0f}", growth, growth < GROWTH))
    if "import" in report:
        seconds = report["import"]["median"]
        rows.append(
            (
                "`import ferlite` alone, seconds",
                f"at most {IMPORT_SECONDS}",
                seconds,
                seconds <= IMPORT_SECONDS,
            )
        )
    return [dict(zip(("what", "goal", "measured", "met"), row, strict=True)) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="may be given repeatedly")
    parser.add_argument("--model", default=zoo.DEFAULT, help="a name or an .onnx file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=300, help="of the video")
    parser.add_argument("--folder", type=int, default=1000, help="photos in the folder")
    parser.add_argument("--long", type=int, default=90_000, help="frames of the long video")
    parser.add_argument(
        "--out", type=Path, default=peers.ROOT / "results" / "benchmarks" / "pipeline.json"
    )
    arguments = arguments_of(parser)
    rounds, yunet = arguments.rounds, arguments.yunet
    parts = arguments.only or PARTS
    detector = "yunet" if yunet else "blazeface"
    how = {"model": arguments.model, "detector": detector, "yunet": yunet and str(yunet)}
    load_average, origin = round(os.getloadavg()[0], 2), provenance()
    python = peers.environment("ferlite", arguments.envs, arguments.skip_install)

    report: dict[str, Any] = {
        "kind": "benchmark",
        "name": "pipeline",
        "model": arguments.model,
        "detector": detector,
    }
    with tempfile.TemporaryDirectory() as folder:
        if "photo" in parts:
            fer = peers.Worker(
                peers.environment("fer", arguments.envs, arguments.skip_install),
                "peer_fer_inside.py",
            )
            ours = peers.Worker(python, "peer_ferlite_inside.py")
            report["photo"] = photo_speed(
                readers(fer, ours, tuple(PHOTO_RATIOS), yunet),
                sample(arguments.photos, 20),
                rounds,
            )
            fer.close()
            ours.close()
        if "command" in parts:
            report["command"] = command_speed(python, sample(arguments.photos, 20)[0], rounds)
        if "video" in parts or "marked" in parts:
            video, frames = Path(folder) / "video.mp4", arguments.frames
            make_video(video, frames, 1280, 720)
        if "video" in parts:
            report["video"] = video_speed(python, video, frames, rounds, **how)
        if "marked" in parts:
            save = str(video.with_name("marked.mp4"))
            report["marked"] = video_speed(python, video, frames, rounds, **how, save=save)
        options = ["--model", arguments.model, "--detector", detector]
        options += ["--yunet", str(yunet)] if yunet else []
        of_folders = partial(folder_speed, python, arguments.photos)
        if "folder" in parts:
            report["folder"] = of_folders(arguments.folder, max(3, rounds // 2), options)
        if "camera" in parts:
            report["camera"] = of_folders(120, 3, options, CAMERA_SIDE)
        if "memory" in parts:
            # Small frames, for a hundred thousand of them; what could leak is the same.
            video = Path(folder) / "long.mp4"
            make_video(video, 1500, 320, 180)
            report["memory"] = memory(python, video, arguments.long, **how)
        if "import" in parts:
            seconds = [peers.import_seconds(python, "import ferlite") for _ in range(3 * rounds)]
            report["import"] = peers.spread(seconds)
    # Read only now: another part may have been measured while this one went on.
    before = peers.kept(arguments.out, arguments.only)
    for key, value in (("load_average_1min", load_average), ("commits", origin["commit"])):
        report[key] = {**before.get(key, {}), **dict.fromkeys(parts, value)}
    report = {**before, **report}
    report["goals"] = goals(report)
    write({**report, **origin}, arguments.out)
    for row in report["goals"]:
        print("met   " if row["met"] else "MISSED", row["what"], row["measured"], row["goal"])


if __name__ == "__main__":
    main()
