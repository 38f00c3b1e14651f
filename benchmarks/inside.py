"""What runs inside an environment of its own answers questions here, one JSON line each.

Only the standard library is used, because every environment has that and nothing else for sure.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def serve(actions: Mapping[str, Callable[..., Any]]) -> None:
    """Answer `{"do": NAME, …}` with what the action of that name returns, until input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # libraries that print must not be taken for answers
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(actions[request.pop("do")](**request)), file=answers)


def timed(action: Callable[[], Any], passes: int) -> list[float]:
    """Milliseconds of each of several calls."""
    times = []
    for _ in range(passes):
        begin = time.perf_counter()
        action()
        times.append(1e3 * (time.perf_counter() - begin))
    return times
