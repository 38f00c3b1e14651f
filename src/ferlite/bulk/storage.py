"""Files wherever pyarrow reaches: on this disk, in buckets, on HDFS; and what goes wrong there."""

import os
import re
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from pyarrow import fs

from ferlite.errors import DataError, FerliteError

SCHEMES: Final = ("s3", "gs", "gcs", "hdfs", "viewfs", "abfs", "abfss", "file")
OBJECT_STORES: Final = ("s3", "gcs", "abfs")
"""pyarrow's names of file systems in which a file appears whole or not at all."""
TRIES: Final = 4
"""So often something is asked of a store that does not answer."""
_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?]*)(?:/(.*))?", re.S)
_QUERY: Final = re.compile(r"\?((?:[a-z_]+=[^&/?]+&?)+)$")

Result = TypeVar("Result")


class Place(NamedTuple):
    """A file or folder somewhere.

    >>> place("s3://photos/2024/a.jpg").name
    's3://photos/2024/a.jpg'
    """

    root: str
    """What the file system is made from: `s3://bucket?region=eu-west-1`; empty for this disk."""
    path: str
    """Inside the bucket or host; on this disk the absolute path."""

    @property
    def name(self) -> str:
        """As people write it, and as results name it."""
        if not self.root:
            return self.path
        return f"{self.root.partition('?')[0]}/{self.path}".rstrip("/")

    def at(self, path: str) -> "Place":
        """Another path in the same store."""
        return self._replace(path=path)

    def __truediv__(self, more: str) -> "Place":
        return self.at(f"{self.path.rstrip('/')}/{more}" if self.path else more)


def place(text: str) -> Place:
    """What a person names: a path, or the address of something in a store.

    Raises:
        FerliteError: the address holds a password, or leads to what pyarrow does not reach.

    >>> place("s3://photos/2024/?endpoint_override=localhost:9000").path
    '2024'
    """
    if (found := _ADDRESS.fullmatch(text)) is None:
        return Place("", os.path.abspath(text))
    scheme, host, path = found[1].lower(), found[2], found[3] or ""
    shown = f"{scheme}://…/{path}" if "@" in host else text
    if scheme in ("http", "https"):
        raise FerliteError(f"{shown}: is an address of the web; download it first")
    if scheme not in SCHEMES:
        raise FerliteError(
            f"{shown}: give a path, or an address of s3://, gs://, abfs:// or hdfs://"
        )
    if "@" in host and (scheme not in ("abfs", "abfss") or ":" in host.partition("@")[0]):
        raise FerliteError(
            f"{shown}: keep names and passwords out of addresses; credentials are read from the "
            "environment, the store's own files or the machine's role"
        )
    if not host and scheme not in ("file", "hdfs", "viewfs"):
        raise FerliteError(f"{text}: names no bucket")
    query = ""
    if options := _QUERY.search(path):
        path, query = path[: options.start()], f"?{options[1]}"
    if scheme == "file":
        return Place("", os.path.abspath(f"/{path}"))
    return Place(f"{scheme}://{host}{query}", path.strip("/"))


def opened(where: Place) -> tuple[fs.FileSystem, str]:
    """The file system of a place, and its path there.

    Raises:
        FerliteError: the store cannot be reached at all.
    """
    file_system, base = _file_system(where.root)
    return file_system, f"{base}/{where.path}".strip("/") if base else where.path


@lru_cache
def _file_system(root: str) -> tuple[fs.FileSystem, str]:
    if not root:
        return fs.LocalFileSystem(), ""
    address, _, query = root.partition("?")
    if address.startswith("s3:"):
        # A small file is then sent in one request, and is there when it is whole.
        query = f"{query}&allow_delayed_open=true".lstrip("&")
    try:
        file_system, base = fs.FileSystem.from_uri(
            f"{address}/?{query}" if query else f"{address}/"
        )
    except (OSError, ValueError, ImportError) as error:
        raise FerliteError(sentence(error, address)) from error
    base = base.strip("/")
    if file_system.type_name == "hdfs":
        base = f"/{base}".rstrip("/")
    return file_system, base


def listed(folder: Place, *, recursive: bool = True) -> list[fs.FileInfo]:
    """The files in a folder, sorted by path; none where there is no such folder.

    Raises:
        FerliteError: it cannot be listed.
    """
    file_system, path = opened(folder)
    selector = fs.FileSelector(path, recursive=recursive, allow_not_found=True)
    found = _asked(lambda: file_system.get_file_info(selector), folder.name)
    return sorted((info for info in found if info.is_file), key=lambda info: info.path)


def kind(where: Place) -> fs.FileType:
    """Whether a place is a file, a folder or nothing.

    Raises:
        FerliteError: the store does not say.
    """
    file_system, path = opened(where)
    return _asked(lambda: file_system.get_file_info(path), where.name).type


def within(where: Place, info: fs.FileInfo) -> Place:
    """The place of a file that was listed in the store of another."""
    base = _file_system(where.root)[1]
    path = info.path
    if base and path.startswith(f"{base}/"):
        path = path[len(base) + 1 :]
    return where.at(path)


def read(where: Place) -> bytes:
    """All bytes of a file.

    Raises:
        OSError: what pyarrow says of why not.
    """
    file_system, path = opened(where)
    with file_system.open_input_stream(path) as stream:
        return bytes(stream.read())


def write_whole(where: Place, data: bytes) -> None:
    """Write a file that is seen whole or not at all, also when the machine dies meanwhile.

    Raises:
        FerliteError: it cannot be written.
    """
    try:
        if where.root:
            patiently(lambda: _write_there(where, data))
        else:
            _write_here(Path(where.path), data)
    except OSError as error:
        raise FerliteError(sentence(error, where.name, "written")) from error


def _write_there(where: Place, data: bytes) -> None:
    file_system, path = opened(where)
    if file_system.type_name in OBJECT_STORES:
        # Not in a `with`: after a failure that would store what was sent so far.
        stream = file_system.open_output_stream(path)
        stream.write(data)
        stream.close()
        return
    folder, _, name = path.rpartition("/")
    part = f"{folder}/_{name}.{os.getpid()}.part"
    file_system.create_dir(folder, recursive=True)
    with file_system.open_output_stream(part) as stream:
        stream.write(data)
    if file_system.get_file_info(path).is_file:  # HDFS renames onto no file
        file_system.delete_file(path)
    file_system.move(part, path)


def _write_here(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # No reader of Parquet takes a name for a result that ends like this.
    part = path.with_name(f"_{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def remove_leftovers(folder: Place) -> None:
    """Delete the beginnings of files whose writers died."""
    if folder.root and opened(folder)[0].type_name in OBJECT_STORES:
        return  # they leave none
    file_system, _ = opened(folder)
    for info in listed(folder):
        if info.base_name.startswith("_") and info.base_name.endswith(".part"):
            file_system.delete_file(info.path)


def _asked(ask: Callable[[], Result], name: str) -> Result:
    try:
        return patiently(ask)
    except OSError as error:
        raise FerliteError(sentence(error, name, "listed")) from error


def patiently(ask: Callable[[], Result]) -> Result:
    """Ask again, later and later, where a store or the way to it has broken down for a moment.

    Raises:
        OSError: what it said the last time.
    """
    for attempt in range(TRIES):
        try:
            return ask()
        except OSError as error:
            if trouble(error) != "unreachable" or attempt == TRIES - 1:
                raise
            time.sleep(2**attempt)
    raise AssertionError


def trouble(error: BaseException) -> str:
    """The kind of an error: `missing`, `denied`, `unreachable` or `unreadable`.

    >>> trouble(FileNotFoundError(2, "No such file or directory"))
    'missing'
    """
    said = str(error)
    if isinstance(error, FileNotFoundError) or re.search(
        r"NO_SUCH_(KEY|BUCKET)|NoSuchBucket", said
    ):
        return "missing"
    if isinstance(error, PermissionError) or re.search(_DENIED, said):
        return "denied"
    if isinstance(error, ConnectionError | TimeoutError) or re.search(_UNREACHABLE, said):
        return "unreachable"
    return "unreadable"


_MISSING: Final = "NO_SUCH_KEY|NO_SUCH_BUCKET|NoSuchBucket"
_DENIED: Final = (
    "ACCESS_DENIED|SIGNATURE_DOES_NOT_MATCH|INVALID_ACCESS_KEY|INVALID_CLIENT_TOKEN|"
    "EXPIRED_TOKEN|HTTP status 40[13]|UnsupportedAlgorithm|[Pp]ermission denied|Unauthenticated"
)
_UNREACHABLE: Final = (
    "NETWORK_CONNECTION|SLOW_DOWN|SERVICE_UNAVAILABLE|INTERNAL_FAILURE|REQUEST_TIMEOUT|"
    "HTTP status 5|[Cc]ould not (connect|resolve)|[Tt]imeout|[Tt]imed out|UNAVAILABLE|"
    "[Cc]onnection refused"
)


def sentence(error: BaseException, name: str, done: str = "read") -> str:
    """What a store said, as one sentence that says what to do."""
    what = trouble(error)
    if what == "missing":
        if "BUCKET" in str(error) or "Bucket" in str(error):
            return f"{name}: there is no such bucket; check its name"
        return f"{name}: there is no such file or folder"
    if what == "denied":
        who = "credentials" if "://" in name else "permissions"
        return f"{name}: may not be {done}; check your {who}"
    if what == "unreachable":
        return f"{name}: the store does not answer; check the network and the endpoint"
    return f"{name}: cannot be {done} ({_short(error)})"


def _short(error: Any) -> str:
    if getattr(error, "strerror", None):
        return str(error.strerror)
    said = " ".join(str(error).split())
    return said if len(said) <= 200 else f"{said[:199]}…"


def check_bucket(where: Place) -> None:
    """Say that a bucket is not there, where else it would only seem to be empty.

    Raises:
        DataError: it is not.
    """
    if where.root and kind(where.at("")) == fs.FileType.NotFound:
        raise DataError(f"{where.at('').name}: there is no such bucket; check its name")
