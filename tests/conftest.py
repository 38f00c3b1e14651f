"""What several tests share: a tiny emotion network, pictures, and the files that may be absent."""

import os
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from ferlite import EMOTIONS
from tests.images import blurred, pixels, to_size

ROOT = Path(__file__).parents[1]

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("ferlite", deadline=None)
settings.load_profile("ferlite")


def _write_brightness_model(
    path: Path,
    *,
    channels: int = 1,
    size: int = 48,
    emotions: Sequence[str] = EMOTIONS,
    input_name: str = "faces",
    output_name: str = "probabilities",
    batch: str | int = "N",
    metadata: bool = True,
    voted: bool = False,
) -> Path:
    """An emotion network that anyone can predict: it reads how bright a face is.

    Black is the first class it lists, white the last, and the others lie evenly between. Where it
    has votes, too, it is the other way round for these.
    """
    from onnx import TensorProto, helper, save

    count = len(emotions)
    levels = np.arange(count, dtype=np.float32) * 255 / (count - 1)
    nodes = [
        helper.make_node("Cast", [input_name], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["mean_N1"]),
        helper.make_node("Sub", ["mean_N1", "levels"], ["off"]),
        helper.make_node("Abs", ["off"], ["far"]),
        helper.make_node("Mul", ["far", "slope"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [output_name], axis=1),
    ]
    constants = [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("levels", TensorProto.FLOAT, [count], levels),
        helper.make_tensor("slope", TensorProto.FLOAT, [], [-0.1]),
    ]
    outputs = [output_name]
    if voted:
        outputs.append("voted")
        nodes += [
            helper.make_node("Sub", ["white", "mean_N1"], ["dark_N1"]),
            helper.make_node("Sub", ["dark_N1", "levels"], ["voted_off"]),
            helper.make_node("Abs", ["voted_off"], ["voted_far"]),
            helper.make_node("Mul", ["voted_far", "slope"], ["voted_logits"]),
            helper.make_node("Softmax", ["voted_logits"], ["voted"], axis=1),
        ]
        constants.append(helper.make_tensor("white", TensorProto.FLOAT, [], [255.0]))
    shape = [batch, channels, size, size]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info(input_name, TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, [batch, count]) for o in outputs],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if metadata:
        helper.set_model_props(
            model, {"ferlite.name": "brightness", "ferlite.emotions": ",".join(emotions)}
        )
    save(model, path)
    return path


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a brightness network that differs from ours in what the arguments say."""
    return lambda **difference: _write_brightness_model(tmp_path / "made.onnx", **difference)


@pytest.fixture(scope="session")
def brightness_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_brightness_model(tmp_path_factory.mktemp("models") / "brightness.onnx")


@pytest.fixture
def make_checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Writes what `ferlite train` leaves of a tiny network that nothing has been taught."""

    def make(
        *, data: dict[str, object] | None = None, diverged: bool = False, **model: object
    ) -> Path:
        import torch

        from ferlite.lab.recipe import recipe_from_dict
        from ferlite.lab.train.module import build_model

        tiny = {"system": "residual_cnn", "head": "gap", "blocks": 1, "size": 32, **model}
        recipe = recipe_from_dict({"name": "tiny", "data": data or {}, "model": tiny})
        weights = {
            f"model.{name}": value * float("nan") if diverged else value
            for name, value in build_model(recipe).state_dict().items()
        }
        path = tmp_path / "tiny.ckpt"
        content = {"history": [], "provenance": {}, "state_dict": weights}
        torch.save({"recipe": recipe.as_dict(), **content}, path)
        return path

    return make


@pytest.fixture(scope="session")
def brightness_of() -> dict[str, int]:
    """The gray value that the brightness network reads as each emotion."""
    return {emotion: round(i * 255 / 6) for i, emotion in enumerate(EMOTIONS)}


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """A photograph of one person: about 90 pixels of face around (225, 115)."""
    return ROOT / "examples" / "astronaut.jpg"


CODECS = {".avi": "mjpeg", ".webm": "libvpx", ".ts": "mpeg2video", ".wmv": "wmv2"}
"""What the tests' videos are encoded with, where it is not H.264."""


def _write_video(
    path: Path,
    images: Iterable[np.ndarray],
    rate: float = 25.0,
    *,
    times: Sequence[float] | None = None,
    sound: float = 0.0,
    turn: float | None = None,
    hflip: bool = False,
    aspect: Fraction | None = None,
) -> Path:
    """Write a video of RGB images of one size.

    The frames are `rate` a second, or at these times; a tone sounds for so many seconds; players
    are told to turn the images counter-clockwise by so many degrees, and to mirror them, and that
    the width of a pixel is so many times its height.
    """
    import av

    images = list(images)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(CODECS.get(path.suffix.lower(), "libx264"), rate=Fraction(rate))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if path.suffix == ".avi" else "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = {"crf": "4", "preset": "ultrafast", "b": "4M", "q": "2"}
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if turn is not None or hflip:
            stream.set_display_rotation(turn or 0.0, hflip=hflip)
        tone = file.add_stream("aac", rate=8000) if sound else None
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(1000 * times[i]), Fraction(1, 1000)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
        if tone is not None:
            samples = np.sin(np.arange(round(8000 * sound)) / 3, dtype=np.float32)[None] / 4
            heard = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = 8000, 0
            file.mux(tone.encode(heard))
            file.mux(tone.encode())
    return path


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """Writes RGB images to a video."""
    return _write_video


@pytest.fixture(scope="session")
def write_film() -> Callable[..., Path]:
    """The same, as tests call it that have not been changed yet."""
    return _write_video


@pytest.fixture(scope="session")
def two_people(tmp_path_factory: pytest.TempPathFactory, astronaut: Path) -> Path:
    """A video of 20 frames, 320×160, 25 a second: two faces of 60 pixels drift over grey noise.

    The left one, darker, moves down from (80, 70); the right one moves left from (240, 70).
    """
    photo = pixels(astronaut)[36:196, 144:304]  # the face is in the middle
    head = to_size(photo, (100, 100))
    noise = np.random.default_rng(0).integers(90, 166, (160, 320, 3), np.uint8)
    background = blurred(noise, 2)

    def image(i: int) -> np.ndarray:
        canvas = background.copy()
        canvas[20 + i : 120 + i, 30:130] = head // 2
        canvas[20:120, 190 - 2 * i : 290 - 2 * i] = head[:, ::-1]
        return canvas

    path = tmp_path_factory.mktemp("videos") / "two people.mp4"
    return _write_video(path, [image(i) for i in range(20)])


@pytest.fixture(scope="session")
def yunet_file() -> Path:
    """The YuNet file, which is in no package; tests that need it are skipped without it."""
    if given := os.environ.get("FERLITE_YUNET"):
        return Path(given)
    if data := os.environ.get("FERLITE_FER2013"):
        beside = Path(data).parent / "models" / "face_detection_yunet_2023mar.onnx"
        if beside.is_file():
            return beside
    pytest.skip("set FERLITE_YUNET to the YuNet file")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees or touches what the person keeps in their cache folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FERLITE_HOME", str(home))
    return home
