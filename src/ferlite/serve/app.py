"""The server as an ASGI app: its routes, and the gate before them."""

import multiprocessing
import os
import signal
from asyncio import get_running_loop, timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp

import ferlite
from ferlite.classify import zoo
from ferlite.serve import images, schema, stream, videos
from ferlite.serve.gate import Door, Gate
from ferlite.serve.metrics import Counted, Metrics
from ferlite.serve.page import built_page, routes
from ferlite.serve.pool import Pool
from ferlite.serve.problem import Problem, handle
from ferlite.serve.setting import Setting

DESCRIPTION: Final = (
    "Reads the emotion in every face of images and videos, on an ordinary CPU. The WebSocket "
    "`/v1/stream` takes JPEG images as they come from a camera, and answers each with its faces. "
    "What goes wrong is answered as RFC 9457 has it (`application/problem+json`)."
)
READY_SECONDS: Final = 5.0
"""So long a thread may be waited for before the server is said not to be ready."""


def make_app(setting: Setting) -> ASGIApp:
    """Load the model and make the app of one worker.

    Raises:
        FerliteError: as `EmotionRecognizer`.
    """
    limits = setting.limits
    recognizer = setting.recognizer()
    metrics = Metrics()
    pool = Pool(limits.jobs, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _end_with_parent()
        yield
        pool.close()

    protected = [Depends(HTTPBearer(auto_error=False))] if setting.api_key is not None else []
    app = FastAPI(
        title="ferlite",
        version=ferlite.__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # The pages that FastAPI offers load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    handle(app)
    for part in (images, videos):
        router = part.routes(recognizer, pool, limits, metrics)
        app.include_router(router, dependencies=protected)
    app.include_router(stream.routes(recognizer, pool, limits, metrics))

    @app.get(
        "/v1/models",
        dependencies=protected,
        responses=schema.problems(401),
        summary="Which models there are",
    )
    async def models() -> schema.Models:
        """The model in use, and the cards of all that come with ferlite."""
        return about

    @app.get("/healthz", summary="Whether the server is alive")
    async def healthz() -> schema.Health:
        """It answers, so it is."""
        return schema.Health(status="ok")

    @app.get("/readyz", responses=schema.problems(503), summary="Whether the server can do work")
    async def readyz() -> schema.Health:
        """A thread of the pool has answered; the model is loaded before anyone can ask."""
        try:
            async with timeout(READY_SECONDS):
                await pool.run("/readyz", bool)
        except TimeoutError:
            raise Problem(503, "no thread gets free; they may hang", 5) from None
        return schema.Health(status="ok")

    @app.get(
        "/metrics",
        dependencies=protected,
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **schema.problems(401),
        },
        summary="Counters for Prometheus",
    )
    async def metrics_text() -> Response:
        """Requests, errors, time in the queue and at work, and faces of the worker that answers."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    about = schema.Models(
        model=recognizer.classifier.name,
        detector=recognizer.detector,
        models=[zoo.card(name) for name in zoo.names()],
    )
    schema.add_problems(app)
    app.routes.extend(routes(setting.page or built_page()))
    doors = {
        images.PATH: Door(limits.jobs + limits.waiting, limits.image_bytes, waits=True),
        videos.PATH: Door(limits.videos, limits.video_bytes),
        stream.PATH: Door(limits.streams, limits.image_bytes),
    }
    paths = frozenset({*doors, "/v1/models", "/healthz", "/readyz", "/metrics"})
    gate = Gate(app, doors, limits, pool, metrics, setting.api_key)
    return Counted(gate, metrics, paths)


def _end_with_parent() -> None:
    """Let a worker end, as after SIGTERM, when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None or os.name != "posix":
        return
    loop = get_running_loop()

    def end() -> None:
        loop.remove_reader(parent.sentinel)
        os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(parent.sentinel, end)
