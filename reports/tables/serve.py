"""The table of docs/how-to/server.md: what the server bears, from benchmarks/serve.py."""

from typing import Any

from ferlite.lab.markdown import markdown


def serve_table(report: dict[str, Any]) -> str:
    """A row for each question that the benchmark asks of a server."""
    rates, flood, uploads = (report[key] for key in ("throughput", "overload", "hostile_uploads"))
    memory, killed = flood["resident_mb"], report["killed_worker"]
    accepted = flood["accepted_ms"]
    answered = sum(flood["statuses"].values())
    refused = flood["statuses"].get("429", 0)
    rows = [
        (
            "photos a second, over HTTP and in process on the same cores",
            f"{rates['server']:.0f} and {rates['in_process']:.0f}: {rates['ratio']:.0%}",
        ),
        (
            f"{flood['times_the_capacity']:.0f} times as many requests as it can answer, for "
            f"{flood['seconds']:.0f} s",
            f"{refused / answered:.0%} refused; half of these within "
            f"{flood['refused_ms']['p50']:.0f} ms, 99% within {flood['refused_ms']['p99']:.0f} ms",
        ),
        (
            "the others meanwhile",
            f"{flood['accepted_per_second']:.0f} a second; half within "
            f"{accepted['p50']:.0f} ms, 99% within {accepted['p99']:.0f} ms",
        ),
        (
            "memory before that, after it, and after as much again",
            " / ".join(f"{memory[key]:.0f}" for key in ("before", "after", "after_as_much_again"))
            + " MB",
        ),
        (
            f"{uploads['files']:,} hostile uploads",
            ", ".join(
                f"{count} × {status}" for status, count in sorted(uploads["statuses"].items())
            ),
        ),
        (
            "a worker of two is killed",
            f"replaced after {killed['replaced_after_seconds']:.1f} s; requests of others that "
            f"failed: {killed['other_requests'].get('failed', 0)}",
        ),
    ]
    return markdown(("what", "measured"), rows, left=2)
