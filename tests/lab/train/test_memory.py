"""Freed memory is kept for the next batch."""

import platform
import subprocess
import sys

import pytest

from ferlite.lab.train.memory import keep_freed_memory

COUNT_FAULTS = """
import resource, sys
import torch
from ferlite.lab.train.memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
for _ in range(20):                              # until every piece has found its place
    torch.ones(2**24).sum()                      # 64 MiB
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(2**24).sum()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    """Pages that the kernel had to find for twenty arrays of 64 MiB, one after the other."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc",
    reason="there is no such setting elsewhere; the test below says what happens there",
)
def test_the_next_batch_takes_the_memory_of_the_one_before() -> None:
    # Transparent huge pages make it fewer than 20 × 16,384, so compare.
    assert page_faults("keep") < page_faults("give back") / 5


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert keep_freed_memory() is False
