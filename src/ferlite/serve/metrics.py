"""What /metrics tells: requests, errors, time in the queue, time at work, faces.

Workers share nothing: each counts for itself, under a `worker` label of its own.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OTHER = "other"


class Metrics:
    """The counters of one worker.

    >>> metrics = Metrics()
    >>> metrics.found("/v1/predict", 2)
    >>> b'ferlite_faces_total{path="/v1/predict",worker=' in metrics.text()
    True
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self._worker = str(os.getpid())
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        both = "path", "worker"
        self._requests = Counter(
            "ferlite_requests",
            "Requests by the status of their answer; those of 400 and more are errors.",
            ("path", "status", "worker"),
            registry=registry,
        )
        self._faces = Counter("ferlite_faces", "Faces that were read.", both, registry=registry)
        self._queued = Histogram(
            "ferlite_queue_seconds",
            "Time that work waited for a thread.",
            both,
            buckets=SECONDS,
            registry=registry,
        )
        self._worked = Histogram(
            "ferlite_work_seconds",
            "Time that a thread worked.",
            both,
            buckets=SECONDS,
            registry=registry,
        )
        self._inside = Gauge(
            "ferlite_requests_inside",
            "Requests that have a place: arriving, waiting or at work.",
            both,
            registry=registry,
        )

    def answered(self, path: str, status: int) -> None:
        """Count a request by its answer."""
        self._requests.labels(path, str(status), self._worker).inc()

    def found(self, path: str, faces: int) -> None:
        """Count faces."""
        self._faces.labels(path, self._worker).inc(faces)

    def worked(self, path: str, queued: float, worked: float) -> None:
        """Note how long a piece of work waited for a thread and how long it took, in seconds."""
        self._queued.labels(path, self._worker).observe(queued)
        self._worked.labels(path, self._worker).observe(worked)

    def inside(self, path: str, count: int) -> None:
        """Note how many requests have a place."""
        self._inside.labels(path, self._worker).set(count)

    def text(self) -> bytes:
        """All of them, in the text format of Prometheus."""
        return generate_latest(self._registry)


class Counted:
    """Counts the answers of an app by path and status, as pure ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        """Wrap an app.

        Args:
            app: what answers.
            metrics: where to count.
            paths: those that are counted by name: a client must not be able to make labels.
        """
        self._app = app
        self._metrics = metrics
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and count it."""
        path = scope.get("path", "")
        path = path if path in self._paths else OTHER

        async def counted(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                self._metrics.answered(path, message["status"])
            elif message["type"] == "websocket.accept":
                self._metrics.answered(path, 101)
            await send(message)

        await self._app(scope, receive, counted)
