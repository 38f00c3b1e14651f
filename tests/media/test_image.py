"""Every form in which an image may come."""

import io
import os
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from ferlite import FerliteError, ImageError, OutputError
from ferlite.media import image as media
from ferlite.media.image import load, load_scaled, save

pillow_heif.register_heif_opener()  # to write such files, and to open them with Pillow

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


def assert_shows(found: np.ndarray, expected: Image.Image, within: int = 3) -> None:
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    wanted = np.asarray(expected.convert("RGB")).astype(int)
    assert found.shape == wanted.shape
    # The middles of the quarters: JPEG blurs the edges between them.
    h, w = wanted.shape[:2]
    rows, columns = [h // 4, 3 * h // 4], [w // 4, 3 * w // 4]
    off = np.abs(found.astype(int) - wanted)[np.ix_(rows, columns)]
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
        ("LAB", "TIFF", {}),
        ("I;16", "TIFF", {}),
        ("F", "TIFF", {}),
        ("RGB", "HEIF", {"quality": 95}),
        ("L", "HEIF", {"quality": 95}),
        ("RGB", "AVIF", {"quality": 95}),
        ("RGB", "MPO", {"quality": 95, "save_all": True, "append_images": FRAMES["append_images"]}),
        ("RGB", "PPM", {}),
        ("L", "PPM", {}),
        ("1", "PPM", {}),
    ],
)
def test_every_format_is_read_from_its_bytes(mode: str, format: str, options: dict):
    shown = quarters().convert("L" if mode in ("I;16", "F") else mode.replace("LAB", "RGB"))
    image = shown
    if mode == "I;16":
        image = Image.fromarray(np.asarray(shown).astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(shown).astype(np.float32) / 255)
    elif mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(shown, rgb, lab, outputMode="LAB")
    assert_shows(load(encoded(image, format, **options)), shown, within=10)


def deep_png(pixels: np.ndarray) -> bytes:
    """A PNG of 16 bits, which Pillow does not write in colour."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + 2 * width * channels), np.uint8)
    rows[:, 1:] = pixels.astype(">u2").view(np.uint8).reshape(height, -1)
    return png(header, rows.tobytes())


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_values_of_fewer_than_16_bits_are_brought_to_their_own_range(bits: int, channels: int):
    shown = quarters() if channels == 3 else quarters().convert("L")
    values = np.asarray(shown).reshape(40, 60, channels) / 255 * (2**bits - 1)
    values = np.rint(values).astype(np.uint16)
    assert_shows(load(deep_png(values)), shown, within=1)
    assert_shows(load(values), shown, within=1)
    if channels == 1:
        assert_shows(load(Image.fromarray(values[:, :, 0])), shown, within=1)
        assert_shows(load(encoded(Image.fromarray(values[:, :, 0]), "TIFF")), shown, within=1)
        assert_shows(load(Image.fromarray(values[:, :, 0].astype(np.int32))), shown, within=1)


def test_a_deep_image_that_uses_no_more_than_half_of_its_range_stays_dark():
    """Half of the range needs one bit less, and no camera has 15."""
    assert load(np.full((4, 4), 30_000, np.uint16)).max() == 117


def test_an_image_of_negative_values_is_refused():
    with pytest.raises(ImageError, match="has negative values"):
        load(Image.new("F", (4, 4), -1.0))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_turned_image_is_turned_upright(orientation: int, format: str, mode: str):
    if (mode, format) == ("RGBA", "JPEG"):
        mode = "L"
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = quarters().convert(mode)
    if mode == "RGBA":
        image.putalpha(254)
    options = {"quality": 95} if format == "JPEG" else {}
    data = encoded(image, format, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert_shows(load(data), upright, within=10)
    assert_shows(load(Image.open(io.BytesIO(data))), upright, within=10)


def test_what_is_transparent_shows_white():
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.putpixel((0, 0), (10, 20, 30, 255))
    image.putpixel((1, 0), (0, 0, 0, 51))
    for form in (encoded(image, "PNG"), image, np.asarray(image)):
        found = load(form)
        assert found[0, 0].tolist() == [10, 20, 30]
        assert found[0, 1].tolist() == [204, 204, 204]
        assert (found[1:] == 255).all()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr", "HSV"])
def test_a_pil_image_of_any_mode_is_read(mode: str):
    image = quarters().convert(mode)
    assert_shows(load(image), image)


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


def test_an_array_that_is_like_the_answer_already_is_not_copied():
    array = np.asarray(quarters())
    assert np.shares_memory(load(array), array)
    assert not np.shares_memory(load(array[:, :, ::-1], "bgr"), array)


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


@pytest.mark.parametrize("name", ["image.jpg", "été 画像.png", "[red].webp", "a:b.jpg"])
def test_a_path_is_read_whatever_it_is_called(tmp_path: Path, name: str):
    path = tmp_path / name
    quarters().save(path, quality=95)
    with path.open("rb") as file:
        for form in (path, str(path), file, io.BytesIO(path.read_bytes())):
            assert_shows(load(form), quarters(), within=10)


def test_any_path_like_object_is_a_path(tmp_path: Path):
    class Place:
        def __fspath__(self) -> str:
            return str(tmp_path / "a.png")

    quarters().save(tmp_path / "a.png")
    assert_shows(load(Place()), quarters(), within=0)


def test_the_content_decides_and_not_the_suffix(tmp_path: Path):
    for format in ("HEIF", "AVIF", "WEBP", "PPM"):
        (tmp_path / "a.jpg").write_bytes(encoded(quarters(), format, quality=95))
        assert_shows(load(tmp_path / "a.jpg"), quarters(), within=10)


@pytest.mark.parametrize(
    "address",
    ["https://a.org/b.jpg", "http://a", "s3://b/c.jpg", "data:image/png;base64," + "A" * 5000],
)
def test_an_address_is_refused_in_a_short_sentence_that_says_what_to_do(address: str):
    with pytest.raises(ImageError, match="is an address") as error:
        load(address)
    assert len(str(error.value)) < 200


def test_a_file_object_that_was_read_already_says_so(tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        file.read()
        with pytest.raises(ImageError, match=r"call seek\(0\) first"):
            load(file)
    with (tmp_path / "a.png").open() as text, pytest.raises(ImageError, match="binary mode"):
        load(text)


def test_a_file_object_of_text_is_refused():
    with pytest.raises(ImageError, match="'rb'"):
        load(io.StringIO("text"))


def png(header: bytes, rows: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_an_image_over_the_limit_is_refused_before_it_is_decoded(recwarn):
    """A small PNG file that asks for 1,600 million pixels."""
    bomb = png(struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0), bytes(1000))
    with pytest.raises(ImageError, match="40000×40000, over the limit of 100 million pixels"):
        load(bomb)
    assert not recwarn.list


def test_a_pil_image_over_the_limit_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(media, "MOST_PIXELS", 1000)
    image = Image.open(io.BytesIO(encoded(quarters(), "PNG")))
    with pytest.raises(ImageError, match="60×40, over the limit"):
        load(image)


@pytest.mark.parametrize(("most", "scale"), [(2400, 1), (2399, 2), (599, 4), (1, 8)])
def test_a_very_large_jpeg_is_decoded_at_a_part_of_its_size(most: int, scale: int, monkeypatch):
    monkeypatch.setattr(media, "DECODED_PIXELS", max(most, 38))
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(quarters(), "JPEG", quality=95, exif=exif)
    pixels, found = load_scaled(data)
    assert found == scale
    assert pixels.shape == (-(-60 // scale), -(-40 // scale), 3)
    assert_shows(pixels, quarters().rotate(-90, expand=True).resize(pixels.shape[1::-1]), within=25)


def test_a_jpeg_that_goes_over_its_pixels_too_often_is_refused():
    data = encoded(Image.new("L", (3000, 3000)), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    with pytest.raises(ImageError, match="goes over its pixels too often"):
        load(data[:scan] + data[scan:-2] * 400 + data[-2:])


def test_a_wide_image_within_the_limit_is_read():
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
    "png": encoded(quarters(), "PNG", compress_level=0),
    "webp": encoded(quarters(), "WEBP"),
    "gif": encoded(quarters(), "GIF"),
    "bmp": encoded(quarters(), "BMP"),
    "tiff": encoded(quarters(), "TIFF"),
    "heic": encoded(quarters(), "HEIF"),
    "avif": encoded(quarters(), "AVIF"),
    "ppm": encoded(quarters(), "PPM"),
    "16-bit png": deep_png(np.zeros((90, 90, 3), np.uint16)),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_truncated_file_is_refused_quietly_in_one_sentence(
    kind: str, part: float, tmp_path: Path, capfd
):
    path = tmp_path / "cut"
    path.write_bytes(FILES[kind][: int(len(FILES[kind]) * part)])
    with pytest.raises(
        ImageError, match=r"cut: is (damaged or incomplete|not an image|a video)"
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
        (b"hello\n", r"is not an image that ferlite reads \(JPEG, PNG, .*HEIC, AVIF or PPM\)"),
        (b"%PDF-1.7", "is not an image"),
        (b"\0\0\0\x20ftypisom", "is a video; read it with 'ferlite video'"),
    ],
)
def test_a_file_that_is_no_image_is_refused(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "image.jpg"
    path.write_bytes(content)
    with pytest.raises(FerliteError, match=rf"image\.jpg: {sentence}"):
        load(path)


def test_what_cannot_be_opened_is_refused(tmp_path: Path):
    with pytest.raises(FerliteError, match=r"gone\.jpg: there is no such file"):
        load(tmp_path / "gone.jpg")
    with pytest.raises(FerliteError, match="this is a folder"):
        load(tmp_path)
    with pytest.raises(FerliteError, match="cannot be read"):
        load(tmp_path / ("a" * 5000))
    (tmp_path / "link.jpg").symlink_to("gone.jpg")
    with pytest.raises(ImageError, match="is a link to a file that is not there"):
        load(tmp_path / "link.jpg")
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
def test_a_large_image_is_brought_to_eight_bits_in_strips(mode: str, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    image = Image.fromarray(noise, "RGBA").convert("LA" if mode == "LA" else "RGBA")
    if mode == "I;16":
        image = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
    forms = [encoded(image, "PNG"), image, np.asarray(image.convert("RGBA")) / 255]
    at_once = [load(form) for form in forms[: 1 if mode == "I;16" else 3]]
    monkeypatch.setattr(media, "STRIP", 7 * 60)
    for form, expected in zip(forms, at_once, strict=False):
        assert (load(form) == expected).all()


def test_an_image_is_written_whole_and_reads_back(tmp_path: Path):
    path = tmp_path / "new" / "a.png"
    save(load(quarters()), path)
    assert_shows(load(path), quarters(), within=0)
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"a\.png: cannot be written"):
        save(np.zeros((5, 5, 3), np.uint8), tmp_path / "file" / "a.png")
    with pytest.raises(OutputError, match=r"a\.xyz: give it the suffix \.png or \.jpg"):
        save(np.zeros((5, 5, 3), np.uint8), tmp_path / "a.xyz")
