"""Every form in which a picture may come; another library's decoder is the reference."""

import io
import os
import struct
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from ferlite import FerliteError
from ferlite.media import image as media
from ferlite.media.image import load, save

RED, GREEN, BLUE = (200, 30, 20), (20, 180, 40), (30, 40, 220)


def quarters() -> Image.Image:
    """60×40, its four quarters red, green, blue and white: no turn of it looks like another."""
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[:20, :30], pixels[:20, 30:], pixels[20:, :30] = RED, GREEN, BLUE
    return Image.fromarray(pixels)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def assert_shows(found_bgr: np.ndarray, expected: Image.Image, within: int = 3) -> None:
    assert found_bgr.dtype == np.uint8
    assert found_bgr.flags.c_contiguous
    wanted = np.asarray(expected.convert("RGB")).astype(int)
    assert found_bgr.shape == wanted.shape
    # The middles of the quarters: JPEG blurs the edges between them.
    h, w = wanted.shape[:2]
    rows, columns = [h // 4, 3 * h // 4], [w // 4, 3 * w // 4]
    off = np.abs(found_bgr[:, :, ::-1].astype(int) - wanted)[np.ix_(rows, columns)]
    assert off.max() <= within


FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (60, 40), BLUE)], "duration": 10}


@pytest.mark.parametrize(
    ("mode", "format", "options"),
    [
        ("RGB", "JPEG", {"quality": 95}),
        ("RGB", "JPEG", {"quality": 95, "progressive": True}),
        ("L", "JPEG", {"quality": 95}),
        ("CMYK", "JPEG", {"quality": 95}),
        ("RGB", "PNG", {}),
        ("L", "PNG", {}),
        ("1", "PNG", {}),
        ("P", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("LA", "PNG", {}),
        ("I;16", "PNG", {}),
        ("RGB", "WEBP", {"lossless": True}),
        ("RGB", "WEBP", {"lossless": True, **FRAMES}),
        ("RGB", "GIF", {}),
        ("RGB", "GIF", FRAMES),
        ("RGB", "BMP", {}),
        ("RGB", "TIFF", {}),
        ("RGB", "TIFF", {"compression": "tiff_lzw"}),
        ("L", "TIFF", {}),
        ("CMYK", "TIFF", {}),
    ],
)
def test_every_format_is_read_from_its_bytes(mode: str, format: str, options: dict):
    if mode == "I;16":
        gray = np.asarray(quarters().convert("L"))
        picture, shown = Image.fromarray(gray.astype(np.uint16) * 257), quarters().convert("L")
    else:
        picture = shown = quarters().convert(mode)
    assert_shows(load(encoded(picture, format, **options)), shown, within=8)


def test_sixteen_bit_colour_keeps_its_brightness():
    bgr = np.asarray(quarters())[:, :, ::-1].astype(np.uint16) * 257
    for suffix in (".png", ".tiff"):
        assert_shows(load(cv2.imencode(suffix, bgr)[1].tobytes()), quarters(), within=0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_turned_picture_is_turned_upright(orientation: int, format: str, mode: str):
    if (mode, format) == ("RGBA", "JPEG"):
        mode = "L"
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = quarters().convert(mode)
    if mode == "RGBA":
        picture.putalpha(254)
    options = {"quality": 95} if format == "JPEG" else {}
    data = encoded(picture, format, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert_shows(load(data), upright, within=10)
    assert_shows(load(Image.open(io.BytesIO(data))), upright, within=10)


def test_what_is_transparent_shows_white():
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.putpixel((0, 0), (10, 20, 30, 255))
    picture.putpixel((1, 0), (0, 0, 0, 51))
    for form in (encoded(picture, "PNG"), picture, np.asarray(picture)):
        found = load(form)
        assert found[0, 0].tolist() == [30, 20, 10]
        assert found[0, 1].tolist() == [204, 204, 204]
        assert (found[1:] == 255).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr", "HSV"])
def test_a_pil_image_of_any_mode_is_read(mode: str):
    picture = quarters().convert(mode)
    assert_shows(load(picture), picture)


def test_a_sixteen_bit_pil_image_keeps_its_brightness():
    gray = np.asarray(quarters().convert("L"))
    assert_shows(load(Image.fromarray(gray.astype(np.uint16) * 257)), quarters().convert("L"))


def test_an_array_is_rgb_unless_it_is_said_to_be_bgr():
    rgb = np.asarray(quarters())
    assert_shows(load(rgb), quarters(), within=0)
    assert_shows(load(rgb[:, :, ::-1], "bgr"), quarters(), within=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.astype(np.uint16) * 257,
        lambda a: a.astype(np.float32) / 255,
        lambda a: a.astype(np.float64) / 255,
        lambda a: np.dstack([a, np.full(a.shape[:2], 255, np.uint8)]),
        lambda a: a[::-1][::-1],
    ],
)
def test_an_array_may_have_any_sensible_type(change):
    assert_shows(load(change(np.asarray(quarters()))), quarters(), within=1)


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1)])
def test_a_gray_array_is_read(shape: tuple[int, ...]):
    gray = np.asarray(quarters().convert("L")).reshape(shape)
    assert_shows(load(gray), quarters().convert("L"), within=0)


def test_an_array_is_not_changed():
    array = np.asarray(quarters()).copy()
    load(array)[:] = 0
    assert (array == np.asarray(quarters())).all()


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((3, 40, 60), np.uint8), r"must have the shape"),
        (np.zeros((2, 40, 60, 3), np.uint8), r"must have the shape"),
        (np.zeros(5, np.uint8), r"must have the shape"),
        (np.zeros((0, 5, 3), np.uint8), "no pixels"),
        (np.zeros((5, 5), np.int64), "not int64"),
        (np.zeros((5, 5), "U1"), "not <U1"),
        (np.full((5, 5), 255.0), r"\[0, 1\]"),
        (np.full((5, 5), -1.0), r"\[0, 1\]"),
        (np.full((5, 5), np.nan), r"\[0, 1\]"),
    ],
)
def test_an_array_that_is_no_image_is_refused(array: np.ndarray, sentence: str):
    with pytest.raises(FerliteError, match=sentence):
        load(array)


def test_unknown_channels_are_refused():
    with pytest.raises(FerliteError, match="'rgb' or 'bgr'"):
        load(np.zeros((5, 5, 3), np.uint8), "hsv")  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [None, 5, [[1, 2]], object()])
def test_what_is_no_image_at_all_is_refused(thing: object):
    with pytest.raises(FerliteError, match="an image must be a path"):
        load(thing)


@pytest.mark.parametrize("name", ["picture.jpg", "été 画像.png", "[red].webp"])
def test_a_path_is_read_whatever_it_is_called(tmp_path: Path, name: str):
    path = tmp_path / name
    quarters().save(path, quality=95)
    assert_shows(load(path), quarters(), within=10)
    assert_shows(load(str(path)), quarters(), within=10)


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that asks for width × height pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def test_a_picture_over_the_limit_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(FerliteError, match="40000×40000, over the limit of 100 million pixels"):
        load(bomb(40_000, 40_000))


def test_a_pil_image_over_the_limit_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(media, "MOST_PIXELS", 1000)
    picture = Image.open(io.BytesIO(encoded(quarters(), "PNG")))
    with pytest.raises(FerliteError, match="60×40, over the limit"):
        load(picture)


def test_a_wide_picture_within_the_limit_is_read():
    wide = Image.new("L", (40_000, 10), 99)
    assert load(encoded(wide, "PNG")).shape == (10, 40_000, 3)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(media, "MOST_BYTES", 2_000_000)
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(2_000_001)
    with pytest.raises(FerliteError, match=r"large\.jpg: is larger than 2 MB"):
        load(path)


FILES = {
    "jpg": encoded(quarters(), "JPEG"),
    "png": encoded(quarters(), "PNG"),
    "webp": encoded(quarters(), "WEBP"),
    "gif": encoded(quarters(), "GIF"),
    "bmp": encoded(quarters(), "BMP"),
    "tiff": encoded(quarters(), "TIFF"),
    "16-bit png": cv2.imencode(".png", np.zeros((90, 90, 3), np.uint16))[1].tobytes(),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_truncated_file_is_refused_quietly_in_one_sentence(
    kind: str, part: float, tmp_path: Path, capfd
):
    path = tmp_path / "cut"
    path.write_bytes(FILES[kind][: int(len(FILES[kind]) * part)])
    with pytest.raises(
        FerliteError, match=r"cut: is (damaged or incomplete|not an image)"
    ) as error:
        load(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr() == ("", "")


@given(st.sampled_from(sorted(FILES)), st.data())
@settings(max_examples=200)
def test_a_damaged_file_is_answered_or_refused(kind: str, draw: st.DataObject):
    data = bytearray(FILES[kind])
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        found = load(bytes(data))
    except FerliteError:
        return
    assert found.dtype == np.uint8
    assert found.ndim == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"hello\n", r"is not an image that ferlite reads \(JPEG, PNG, WebP, GIF, BMP or TIFF\)"),
        (b"%PDF-1.7", "is not an image"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(FerliteError, match=rf"picture\.jpg: {sentence}"):
        load(path)


def test_what_cannot_be_opened_is_refused(tmp_path: Path):
    with pytest.raises(FerliteError, match=r"gone\.jpg: there is no such file"):
        load(tmp_path / "gone.jpg")
    with pytest.raises(FerliteError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(FerliteError, match="cannot be read"):
        load(tmp_path / ("a" * 5000))
    with pytest.raises(FerliteError, match="not the name of a file"):
        load("a\0b.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_read(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(FILES["png"],))
    writer.start()
    assert_shows(load(pipe), quarters(), within=0)
    writer.join()


def test_a_damaged_pil_image_is_refused():
    cut = Image.open(io.BytesIO(FILES["jpg"][:-200]))
    with pytest.raises(FerliteError, match="the PIL image is damaged"):
        load(cut)


@pytest.mark.parametrize("mode", ["I;16", "RGBA", "LA"])
def test_a_large_picture_is_brought_to_eight_bits_in_strips(mode: str, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    picture = Image.fromarray(noise, "RGBA").convert("LA" if mode == "LA" else "RGBA")
    if mode == "I;16":
        picture = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
    forms = [encoded(picture, "PNG"), picture, np.asarray(picture.convert("RGBA")) / 255]
    at_once = [load(form) for form in forms[: 1 if mode == "I;16" else 3]]
    monkeypatch.setattr(media, "STRIP", 7 * 60)
    for form, expected in zip(forms, at_once, strict=False):
        assert (load(form) == expected).all()


def test_decoding_in_several_threads_leaves_opencv_as_it_was():
    """Who begins while another decodes must not take its silence for what was there before."""
    before = cv2.utils.logging.getLogLevel()
    first, second = media.quiet_opencv(), media.quiet_opencv()
    with first:
        second.__enter__()
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    second.__exit__(None, None, None)
    assert cv2.utils.logging.getLogLevel() == before


def test_who_asks_opencv_to_speak_hears_it(monkeypatch):
    monkeypatch.setenv("OPENCV_LOG_LEVEL", "DEBUG")
    before = cv2.utils.logging.getLogLevel()
    with media.quiet_opencv():
        assert cv2.utils.logging.getLogLevel() == before


def test_a_picture_is_written_whole_and_reads_back(tmp_path: Path):
    path = tmp_path / "new" / "a.png"
    save(load(quarters()), path)
    assert_shows(load(path), quarters(), within=0)
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FerliteError, match=r"a\.png: cannot be written"):
        save(np.zeros((5, 5, 3), np.uint8), tmp_path / "file" / "a.png")
