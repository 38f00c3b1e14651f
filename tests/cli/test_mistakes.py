"""The usual mistakes: each is answered with one sentence, and writes nothing."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a beginner has lying around."""
    folder = tmp_path_factory.mktemp("beginner")
    Image.new("RGB", (64, 64)).save(folder / "photo.jpg")
    (folder / "cut.jpg").write_bytes((folder / "photo.jpg").read_bytes()[:200])
    for name in ("empty.jpg", "empty/", "photos/a.jpg"):
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    for name in ("text.jpg", "notes.txt"):
        (folder / name).write_text("hello")
    with av.open(str(folder / "video.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (folder / "video.jpg").write_bytes((folder / "video.mp4").read_bytes())
    return folder


MISTAKES = {
    # images
    "predict missing.jpg": "missing.jpg: there is no such file",
    "predict empty": "empty: this folder has no images in it",
    "predict empty.jpg": "empty.jpg: is empty",
    "predict text.jpg": "text.jpg: is not an image that ferlite reads (JPEG, PNG",
    "predict notes.txt": "notes.txt: is not an image that ferlite reads",
    "predict cut.jpg": "cut.jpg: is damaged or incomplete; get the file again",
    "predict video.mp4": "video.mp4: is a video; read it with 'ferlite video'",
    "predict video.jpg": "video.jpg: is a video; read it with 'ferlite video'",
    "predict https://example.org/a.jpg": "is an address, not a file; download it first, or pipe",
    "predict *.jpeg": "*.jpeg: no file matches this",
    "predict": "missing argument 'IMAGE...'; see 'ferlite predict --help'",
    "photo.jpg": "photo.jpg is no command; did you mean 'ferlite predict photo.jpg'?",
    "predcit photo.jpg": "did you mean 'predict'?",
    # outputs
    "predict photo.jpg --save photo.jpg": "is the name of an image; give --save a folder",
    "predict photo.jpg --save notes.txt": "notes.txt: is a file; give --save a folder",
    "predict photo.jpg --save notes.txt/out": "notes.txt/out/photo.jpg: cannot be written (",
    "predict photo.jpg --save .": "would overwrite photo.jpg; give --save another folder",
    "predict photo.jpg --save --fast": "--save --fast: is an option; put the name of a folder",
    "predict photo.jpg --csv --json": "--csv --json: is an option; put the name of a file after",
    "predict photo.jpg --csv photo.jpg": "--csv photo.jpg is no name for a table; give one after",
    "predict photo.jpg --csv empty": "empty: is a folder; give the name of a file in it",
    "predict photo.jpg --csv notes.txt/a.csv": "notes.txt/a.csv: cannot be written (",
    "predict photo.jpg --csv faces.xlsx": "ferlite writes no spreadsheets; write a .csv",
    "predict photo.jpg --json faces.json": "--json prints; to have it in a file, end with > faces",
    "predict photo.jpg --csv out.json": "--csv does not write .json files; name it out.csv",
    "predict photo.jpg --parquet out.csv": "--parquet does not write .csv files; name it",
    "predict photo.jpg --parquet a.xlsx": "a.xlsx: ferlite writes no spreadsheets",
    "predict photo.jpg --json --csv a.csv": "give only one of --json, --csv and --parquet",
    "predict photo.jpg --explain": "--explain colours the copies of the images; add --save DIR",
    # options
    "predict photo.jpg --min-score nan": "--min-score must be between 0 and 1, not nan",
    "predict photo.jpg --min-size nan": "--min-size must be at least 1 pixel, not nan",
    "predict photo.jpg --margin -1": "--margin must be more than 0 and at most 10, not -1.0",
    "predict photo.jpg --threads 0": "'--threads'",
    "predict photo.jpg --labels xx": "--labels must be one of auto, photos, ferplus, fer2013, not",
    "predict photo.jpg --labls auto": "no such option",
    "predict photo.jpg --detector yunett": "--detector must be one of blazeface, yunet, haar, none",
    "predict photo.jpg --model ferlitem": "no model 'ferlitem'; did you mean ferlite_m?",
    "predict photo.jpg --model photo.jpg": "what has that name is no .onnx file",
    "predict photo.jpg --model nope.onnx": "no model file nope.onnx; see 'ferlite models list'",
    "predict photo.jpg --detector yunet --yunet nope.onnx": "there is no YuNet file nope.onnx",
    "predict photo.jpg --yunet nope.onnx": "choose the detector 'yunet'",
    # videos; more in test_video.py
    "video https://example.org/a.mp4": "is an address, not a file; download it first",
    "video video.mp4 --start 5 --end 2": "--end must come after start (5 s), not at 2 s",
    "video video.mp4 --save --fast": "--save --fast: is an option",
    "video video.mp4 --csv photo.jpg": "--csv photo.jpg is no name for a table",
    # the lab, and the rest
    "train finetune --data nope --out run": "--data nope: there is no such file or folder",
    "train finetun --data photos --out run": "no recipe named 'finetun' (did you mean 'finetune'?)",
    "evaluate ferlite_s --data nope": "--data nope: there is no such file or folder",
    "export nope.ckpt a.onnx": "nope.ckpt: there is no such checkpoint",
    "models show ferlite_l": "did you mean ferlite_s?",
    "models pull yunnet": "there is nothing called 'yunnet' to pull; did you mean yunet?",
    "serve --host 0.0.0.0": "lets others in without a key; give --api-key KEY",
    "audit nope.csv": "nope.csv: there is no such file or folder",
}
EXTRAS = {"serve": "fastapi", "audit": "scipy"}
"""What a base install does not have and says first."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_usual_mistake_is_answered_in_one_sentence(
    ferlite, folder: Path, monkeypatch: pytest.MonkeyPatch, mistake: str
):
    if (extra := EXTRAS.get(mistake.split()[0])) is not None:
        pytest.importorskip(extra)
    monkeypatch.chdir(folder)
    # What takes seconds to import is not there yet when the mistake is seen.
    for slow in ("finetune", "loop"):
        monkeypatch.setitem(sys.modules, f"ferlite.lab.train.{slow}", None)
    before = {path: path.stat().st_size for path in folder.rglob("*")}
    status, out, err = ferlite(*mistake.split())
    assert status in (1, 2)
    assert out == ""
    assert MISTAKES[mistake].lower() in err.lower()
    (sentence,) = err.splitlines()
    assert sentence.startswith("ferlite: ")
    assert len(sentence) < 300
    assert {path: path.stat().st_size for path in folder.rglob("*")} == before
