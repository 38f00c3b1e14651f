"""`ferlite serve`: the HTTP server."""

import functools
import importlib.util
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from ferlite.cli import options
from ferlite.errors import FerliteError

LOCAL: Final = ("127.0.0.1", "localhost", "::1")
NEEDS: Final = (
    *("fastapi", "uvicorn", "httptools", "websockets"),
    *("python_multipart", "prometheus_client"),
)


def serve(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; 0.0.0.0 is everywhere.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", help="0 takes any free one.", min=0, max=65535)
    ] = 8000,
    workers: Annotated[
        int, typer.Option(metavar="N", help="Processes; one that dies is replaced.", min=1)
    ] = 1,
    api_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            envvar="FERLITE_API_KEY",
            help="What clients must send, as 'Authorization: Bearer KEY'.",
            show_envvar=True,
        ),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen elsewhere than on 127.0.0.1 without a key.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A built web page to serve at / (by default ferlite's)."),
    ] = None,
    access_log: Annotated[
        bool, typer.Option(help="Print a line for each request: no image and no result.")
    ] = True,
    model: options.Model = None,
    fast: options.Fast = False,
    detector: options.Detector = "blazeface",
    yunet: options.YuNet = None,
    labels: options.Labels = "auto",
    min_score: options.MinScore = None,
    min_size: options.MinSize = None,
    max_bytes: Annotated[
        int, typer.Option(metavar="N", help="Bytes of a request with images.", min=1)
    ] = 32_000_000,
    max_images: Annotated[int, typer.Option(metavar="N", help="Images of a request.", min=1)] = 32,
    max_pixels: Annotated[
        int, typer.Option(metavar="N", help="Pixels of an image.", min=1)
    ] = 64_000_000,
    max_faces: Annotated[int, typer.Option(metavar="N", help="Faces of an image.", min=1)] = 200,
    max_video_bytes: Annotated[
        int, typer.Option(metavar="N", help="Bytes of a video.", min=1)
    ] = 200_000_000,
    max_video_seconds: Annotated[
        float, typer.Option(metavar="S", help="Length of a video.", min=0)
    ] = 600.0,
    max_video_frames: Annotated[
        int, typer.Option(metavar="N", help="Frames of a video.", min=1)
    ] = 36_000,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Images at work at the same time in a worker (by default one for each core).",
            min=1,
        ),
    ] = None,
    waiting: Annotated[
        int, typer.Option(metavar="N", help="Requests with images that may wait.", min=0)
    ] = 16,
    wait: Annotated[
        float,
        typer.Option(
            metavar="S", help="Time that these may have to wait; others are refused at once.", min=0
        ),
    ] = 0.5,
    videos: Annotated[int, typer.Option(metavar="N", help="Videos at the same time.", min=0)] = 2,
    streams: Annotated[int, typer.Option(metavar="N", help="Streams at the same time.", min=0)] = 8,
    timeout: Annotated[
        float, typer.Option(metavar="S", help="Time for a request with images.", min=0)
    ] = 30.0,
    video_timeout: Annotated[
        float, typer.Option(metavar="S", help="Time for a video.", min=0)
    ] = 900.0,
    upload_timeout: Annotated[
        float,
        typer.Option(
            metavar="S", help="Time for a body to arrive; one more for each 50 kB of it.", min=0
        ),
    ] = 10.0,
    idle_timeout: Annotated[
        float,
        typer.Option(metavar="S", help="Time that a connection may wait for a request.", min=0.1),
    ] = 20.0,
    grace: Annotated[
        float, typer.Option(metavar="S", help="Time to finish what is at work at the end.", min=0)
    ] = 30.0,
) -> None:
    """Answer over HTTP what `ferlite predict` and `ferlite video` answer here.

    It listens on 127.0.0.1 alone unless told otherwise. Images stay in memory, a video in a
    temporary file as long as it is read, and logs hold neither images nor results.
    GET /openapi.json tells all that can be asked.

    Examples:

        ferlite serve

        curl -F image=@photo.jpg http://127.0.0.1:8000/v1/predict

        FERLITE_API_KEY=secret ferlite serve --host 0.0.0.0 --workers 2
    """
    check_installed()
    if host not in LOCAL and not api_key and not insecure:
        raise FerliteError(
            f"--host {host} lets others in without a key; give --api-key KEY (or set "
            "FERLITE_API_KEY), or --insecure to do so"
        )
    if page is not None and not (page / "index.html").is_file():
        raise FerliteError(f"--page {page} is no folder with an index.html; build it first")

    from ferlite.media.ahead import cores
    from ferlite.serve.limits import Limits
    from ferlite.serve.server import run
    from ferlite.serve.setting import Setting, load

    os.environ.pop("FERLITE_API_KEY", None)  # nothing that the server starts needs to know it
    limits = Limits(
        image_bytes=max_bytes,
        images=max_images,
        pixels=max_pixels,
        faces=max_faces,
        video_bytes=max_video_bytes,
        video_seconds=max_video_seconds,
        video_frames=max_video_frames,
        jobs=jobs or max(1, cores() // workers),
        waiting=waiting,
        wait=wait,
        videos=videos,
        streams=streams,
        seconds=timeout,
        video_time=video_timeout,
        upload_seconds=upload_timeout,
        idle_seconds=idle_timeout,
        grace=grace,
    )
    recognizer = functools.partial(
        load,
        model=options.chosen(model, fast),
        detector=detector,
        yunet=yunet,
        labels=labels,
        min_score=min_score,
        min_size=min_size,
    )
    run(Setting(recognizer, limits, api_key or None, page), host, port, workers, access_log)


def check_installed() -> None:
    """Refuse to serve without what it needs.

    Raises:
        FerliteError: something is not installed.
    """
    if missing := [name for name in NEEDS if importlib.util.find_spec(name) is None]:
        raise FerliteError(
            f"the server needs {', '.join(missing)}; install them with pip install 'ferlite[serve]'"
        )
