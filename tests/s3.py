"""A real S3 server on this machine, rclone's, for tests of buckets."""

import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

RCLONE = shutil.which("rclone", path=os.pathsep.join([sysconfig.get_path("scripts"), os.defpath]))


@contextmanager
def serving(folder: Path, cache: Path) -> Iterator[None]:
    """Serve the folders of a folder as buckets; the key to them is in the environment."""
    if RCLONE is None:
        pytest.skip("rclone is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(RCLONE, "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"),
            *("--auth-key", "ferlite,secret", "--dir-cache-time", "10ms"),  # with 0 it never rests
            *("--vfs-cache-mode", "writes", "--vfs-write-back", "0s", "--cache-dir", str(cache)),
        ],
        stderr=subprocess.DEVNULL,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "ferlite")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")  # rclone's needs it
        try:
            for _ in range(300):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield
        finally:
            server.kill()
            server.wait()
