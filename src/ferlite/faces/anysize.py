"""Let a network that was saved for images of one size take images of any."""

from collections.abc import Callable, Iterator

Change = Callable[[bytes], bytes | None]
"""Takes a field's content and gives another one, or None for no such field."""


def any_size(model: bytes) -> bytes:
    """An ONNX file whose input (N, C, H, W) may have any height and width.

    ONNX Runtime refuses images of another size than the file tells, although convolutions do not
    mind. So the two numbers are taken out, and with them all that was concluded from them: the
    shapes of the outputs and of what lies between. Nothing else is touched.

    An ONNX file is a protocol buffer: fields with a number, a kind and, where they hold others, a
    length. That little is read here, to do without a library of 20 MB.

    Raises:
        IndexError: this is no ONNX file, or it is incomplete.
    """
    graph, inputs, outputs, between, shape = 7, 11, 12, 13, (2, 1, 2)  # by onnx.proto
    model = _edited(model, (graph, between), lambda _: None)
    model = _edited(model, (graph, outputs, *shape), lambda _: None)
    return _edited(model, (graph, inputs, *shape), _without_height_and_width)


def _without_height_and_width(shape: bytes) -> bytes:
    dimensions = [field for _, field, _ in _fields(shape)]
    return b"".join(dimensions[:2]) + 2 * b"\x0a\x00"  # two dimensions about which nothing is said


def _edited(message: bytes, path: tuple[int, ...], change: Change) -> bytes:
    """A message with every field at the end of a path of field numbers changed."""
    number, *rest = path
    parts = []
    for found, field, content in _fields(message):
        if found == number and content is not None:
            new = _edited(content, tuple(rest), change) if rest else change(content)
            field = b"" if new is None else _varint(number << 3 | 2) + _varint(len(new)) + new
        parts.append(field)
    return b"".join(parts)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Of each field its number, all of its bytes, and its content if it has a length."""
    at = 0
    while at < len(message):
        begin = at
        key, at = _read_varint(message, at)
        content = None
        match key & 7:
            case 0:
                _, at = _read_varint(message, at)
            case 1:
                at += 8
            case 2:
                length, at = _read_varint(message, at)
                content = message[at : at + length]
                at += length
            case 5:
                at += 4
            case _:
                raise IndexError("this is no kind of field")
        if at > len(message):
            raise IndexError("the last field is incomplete")
        yield key >> 3, message[begin:at], content


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def _varint(number: int) -> bytes:
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
