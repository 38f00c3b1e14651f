"""What a training process asks of the operating system's memory."""

import ctypes
import platform
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_MAX: Final = -4


def keep_freed_memory() -> bool:
    """Keep what is freed for the next batch, for the rest of this process.

    A batch needs the same hundreds of megabytes as the one before. The GNU C library gives large
    blocks back when they are freed and asks for them again, and the kernel fills every page with
    zeros each time: a tenth of a training of `efficientnet_lite` on a processor. The process
    stays as large as its largest batch made it.

    Returns:
        Whether the C library is one that can be told so; otherwise nothing changes.

    >>> keep_freed_memory() in (True, False)
    True
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
