import json
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from typer.testing import CliRunner

from benchmarks.fuzz_cases import case, hostile, image_seeds
from ferlite.cli import app
from ferlite.serve.limits import Limits


def test_it_answers_as_ferlite_predict_does(url, astronaut, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(astronaut.read_bytes()[:5000])
    names = [str(astronaut), str(bad)]
    printed = CliRunner().invoke(app, ["predict", *names, "--json"])
    said = json.loads(printed.stdout)
    files = [("image", (name, Path(name).read_bytes())) for name in names]
    form = httpx.post(f"{url}/v1/predict", files=files)
    raw = httpx.post(f"{url}/v1/predict", content=astronaut.read_bytes())
    assert form.status_code == raw.status_code == 200
    assert form.json() == said
    assert raw.json() == [{**said[0], "image": "-"}]


def test_what_cannot_be_read_is_a_problem(url, astronaut):
    def post(**body):
        return httpx.post(f"{url}/v1/predict", **body)

    damaged = {"a": ("me.jpg", astronaut.read_bytes()[:5000]), "b": ("x.txt", b"hello")}
    form = {"content-type": "multipart/form-data; boundary=x"}
    curl = {"content-type": "application/x-www-form-urlencoded"}
    several = post(files=damaged)
    problem = several.json()
    assert several.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["kind"]) == (422, "ImageError")
    assert problem["detail"].startswith("me.jpg: is damaged")
    for answer, status, words in (
        (post(content=b""), 422, "the body is empty; send the image: curl --data-binary @FILE"),
        (post(json={"image": "me.jpg"}), 422, "JSON is not taken"),
        (post(content=b"hello"), 422, "the body is not an image"),
        (post(data={"image": "me.jpg"}, files={"x": b""}), 422, "'image' is not a file"),
        (post(content=b"--x--\r\n", headers=form), 422, "no image"),
        (post(content=b"--x\r\nno", headers=form), 400, "end is missing"),
        (post(content=b"nonsense", headers=form), 400, "damaged"),
        (post(content=b"\0\0\0\x18ftypisom" + bytes(100)), 422, "send it to /v1/video"),
        (post(content=astronaut.read_bytes()[:5000], headers=curl), 422, "--data-binary"),
    ):
        assert answer.status_code == status
        assert words in answer.json()["detail"]


def test_an_image_over_a_limit_is_refused(serve, astronaut, tmp_path):
    head = np.asarray(Image.open(astronaut).crop((144, 36, 304, 196)))
    crowd, large = tmp_path / "crowd.png", tmp_path / "large.png"
    Image.fromarray(np.hstack([head, head])).save(crowd)
    Image.new("L", (600, 600)).save(large)
    limits = Limits(image_bytes=200_000, images=1, pixels=300_000, faces=1)
    with serve(limits) as url:
        for body, status, words in (
            ({"content": crowd.read_bytes()}, 422, "2 faces"),
            ({"content": large.read_bytes()}, 422, "600×600"),
            ({"files": [("a", b"x"), ("a", b"y")]}, 413, "more than 1 file"),
            ({"content": bytes(200_001)}, 413, "0.2 MB"),
            ({"content": iter([bytes(150_000)] * 2)}, 413, "0.2 MB"),  # no length told
        ):
            answer = httpx.post(f"{url}/v1/predict", **body)
            assert answer.status_code == status
            assert words in answer.json()["detail"]


def test_hostile_uploads_are_never_the_servers_fault(url):
    seeds = image_seeds()
    cases = [case("image", number, seeds, seed=2) for number in range(100)]
    made = [data() for name, data in hostile().items() if "gif 65535" in name or "tiff" in name]
    with httpx.Client(base_url=url, timeout=60) as client:
        statuses = {
            client.post("/v1/predict", content=data).status_code
            for data in [*made, *(each.data for each in cases)]
        }
    assert statuses == {200, 422}
