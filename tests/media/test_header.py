"""Every format's header, read against files that another library wrote."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ferlite.media import header
from ferlite.media.header import MOST_SCANS, Header, read_header

SIZE = (120, 70)


def encoded(format: str, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise(SIZE, 80).convert(mode).save(stream, format, **options)
    return stream.getvalue()


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


ENCODED = {
    "jpeg": encoded("JPEG"),
    "progressive jpeg": encoded("JPEG", progressive=True),
    "gray jpeg": encoded("JPEG", "L"),
    "png": encoded("PNG"),
    "lossy webp": encoded("WEBP"),
    "lossless webp": encoded("WEBP", lossless=True),
    "webp with transparency": encoded("WEBP", "RGBA"),
    "animated webp": encoded(
        "WEBP", save_all=True, append_images=[Image.new("RGB", SIZE, 5)], duration=10
    ),
    "gif": encoded("GIF"),
    "bmp": encoded("BMP"),
    "tiff": encoded("TIFF"),
    "big-endian tiff": encoded("TIFF", "I;16B", big_endian=True),
}


@pytest.mark.parametrize("kind", ENCODED)
def test_the_size_is_read(kind: str):
    assert read_header(ENCODED[kind]) == Header(*SIZE)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read(format: str, orientation: int):
    found = read_header(encoded(format, exif=exif(orientation)))
    assert found == Header(*SIZE, orientation=orientation)


@pytest.mark.parametrize("orientation", [0, 9, 60000])
def test_an_orientation_that_does_not_exist_is_upright(orientation: int):
    assert read_header(encoded("JPEG", exif=exif(orientation))) == Header(*SIZE)


@pytest.mark.parametrize("kind", [k for k in ENCODED if "jp" in k or "png" in k or "webp" in k])
def test_a_missing_end_is_noticed(kind: str):
    found = read_header(ENCODED[kind][:-20])
    assert found == Header(*SIZE, complete=False)


def test_an_end_marker_inside_a_thumbnail_is_not_the_end():
    thumbnail = encoded("JPEG")
    with_thumbnail = (
        b"\xff\xd8\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    ) + ENCODED["jpeg"][2:]
    assert read_header(with_thumbnail) == Header(*SIZE)
    assert read_header(with_thumbnail[:-20]) == Header(*SIZE, complete=False)


def test_the_end_is_looked_for_behind_the_pixels_of_the_picture_itself():
    jpeg = ENCODED["progressive jpeg"]
    second = jpeg.rindex(b"\xff\xda")
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"\xff\xd9\xff\xd9"
    assert read_header(jpeg[:second] + comment + jpeg[second:]) == Header(*SIZE)
    cut = read_header(jpeg[:second] + comment + jpeg[second:-2])
    assert cut == Header(*SIZE, complete=False)
    assert read_header(jpeg + b"\xff\xda\0\x0c" * 2 * MOST_SCANS) == Header(*SIZE)


def test_what_stands_between_the_segments_of_a_jpeg_is_passed_over():
    jpeg = ENCODED["jpeg"]
    for rubbish in (b"\xff" * 1000, b"\0\0", b"\xff\0", b"\xff\xd0"):
        assert read_header(jpeg[:2] + b"\xff" + rubbish + jpeg[2:]) == Header(*SIZE)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_file_in_more_parts_than_any_program_writes_counts_as_damaged(format: str, monkeypatch):
    data = encoded(format, exif=exif(6))
    assert read_header(data) == Header(*SIZE, orientation=6)
    monkeypatch.setattr(header, "MOST_PARTS", 2)
    found = read_header(data)
    assert found is None or not found.complete


@pytest.mark.parametrize("scans", [MOST_SCANS, MOST_SCANS + 1])
def test_a_jpeg_that_goes_over_its_pixels_again_and_again_counts_as_damaged(scans: int):
    jpeg = ENCODED["jpeg"]
    first = jpeg.index(b"\xff\xda")
    again = jpeg[:first] + jpeg[first:-2] * scans + b"\xff\xd9"
    assert read_header(again) == Header(*SIZE, complete=scans <= MOST_SCANS)


def test_a_tiff_whose_last_pixels_or_colours_are_cut_off_is_not_complete():
    for mode, compression in (("L", None), ("P", None), ("P", "packbits")):
        data = encoded("TIFF", mode, compression=compression)
        assert read_header(data) == Header(*SIZE)
        assert read_header(data[:-1]) == Header(*SIZE, complete=False)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"hello", b"RIFF\0\0\0\0WAVEfmt ", b"%PDF"])
def test_what_is_no_picture_has_no_header(data: bytes):
    assert read_header(data) is None


@given(st.sampled_from(sorted(ENCODED)), st.data())
def test_no_damage_makes_it_crash(kind: str, draw: st.DataObject):
    data = bytearray(ENCODED[kind])
    for _ in range(draw.draw(st.integers(1, 5))):
        data[draw.draw(st.integers(0, min(len(data), 300) - 1))] = draw.draw(st.integers(0, 255))
    found = read_header(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    assert found is None or isinstance(found, Header)
