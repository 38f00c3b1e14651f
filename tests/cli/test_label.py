"""`ferlite label` as a person meets it; what it does with the images is tested in tests/bulk."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(200):
        Image.new("L", (24, 24), i).save(folder / f"{i:03}.png")
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none/",), "none/: there is no such file or folder"),
        (("photos/*.gif",), "photos/*.gif: no file matches this"),
        (("photos", "--shard", "3/2"), "--shard 3/2: give which of how many, as 2/10"),
        (("photos", "--sample", "1.5"), "--sample 1.5: give a share of more than 0 and at most 1"),
        (("photos", "--fps", "0"), "--fps 0: give a number of frames more than 0"),
        (("photos", "--columns", "mood"), "--columns: there is no column mood; choose from image,"),
        (("photos", "--model", "ferlite_q"), "there is no model 'ferlite_q'"),
        (("photos", "--out", "photos"), "photos: holds other files already; give --out a new"),
        (("s3://me:word@photos",), "s3://…/: keep names and passwords out of addresses"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    process: Run, photos: Path, arguments: tuple[str, ...], said: str
) -> None:
    out = () if "--out" in arguments else ("--out", "out")
    done = process("label", *arguments, *out)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path("out").exists()


def test_a_dry_run_lists_what_would_be_read(
    process: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "notes.txt").touch()
    parquet.write_table(pa.table({"jpg": [b"1"] * 700}), photos / "table.parquet")
    done = process("label", "photos", "--out", "out", "--dry-run")
    lines = done.stdout.splitlines()
    assert lines[0] == f"image\t{photos}/000.png"
    assert lines[-1] == f"parquet\t{photos}/table.parquet rows 512-699"
    assert done.stderr == (
        "ferlite: 1 file left out: no images, videos or tables\n"
        "ferlite: 202 items, about 900 images\n"
    )
    some = process("label", "photos/*.png", "--out", "out", "--dry-run", "--limit", "40")
    assert len(some.stdout.splitlines()) == 40
    shares = [
        process("label", "photos", "--out", "out", "--dry-run", "--shard", f"{i}/2").stdout
        for i in (1, 2)
    ]
    assert sorted("".join(shares).splitlines()) == sorted(lines)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = process("label", "photos", "--out", "out", "--dry-run").stdout.splitlines()
    assert shown == [*lines[:10], "… and 192 more"]
    assert not Path("out").exists()


def test_a_job_that_was_killed_goes_on_and_another_is_refused(
    executable: list[str], photos: Path, brightness_model: Path, tmp_path: Path
) -> None:
    def begun(*options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *(*executable, "label", "photos", "--out", "out", *options),
                *("--model", str(brightness_model), "--detector", "none", "--workers", "1"),
            ],
            cwd=tmp_path,
            env={**os.environ, "RAY_worker_niceness": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def parts() -> list[Path]:
        return sorted((tmp_path / "out").glob("part-*.parquet"))

    job = begun()
    while job.poll() is None and not parts():
        time.sleep(0.02)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert parts()
    again = begun()
    out, error = again.communicate(timeout=300)
    assert again.returncode == 0, error
    assert out == "200 images, 200 faces, 0 without a face: out\n"
    rows = pa.concat_tables(map(parquet.read_table, parts()))
    assert [Path(name).stem for name in rows["image"].to_pylist()] == [
        f"{i:03}" for i in range(200)
    ]
    finished = begun()
    out, error = finished.communicate(timeout=300)
    assert (finished.returncode, error) == (0, "")
    assert out == "200 images, 200 faces, 0 without a face: out; nothing was left to do\n"
    other = begun("--limit", "150")  # another job
    _, error = other.communicate(timeout=300)
    assert other.returncode == 1
    assert error == (
        f"ferlite: {tmp_path}/out: its results were made without --limit, not with --limit 150; "
        "give --out another folder, or the same settings again\n"
    )
