"""How much a request may ask for, and how many may ask at the same time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker of the server accepts; whatever is more is refused with a sentence.

    Attributes:
        image_bytes: bytes of a request with images, or of one frame of a stream.
        images: image files in one request.
        pixels: pixels of one image or frame.
        faces: faces in one image or frame.
        video_bytes: bytes of a video.
        video_seconds: length of a video, in seconds.
        video_frames: frames of a video.
        jobs: how many images are worked on at the same time: the threads of the pool.
        waiting: how many more requests with images may send their bodies or wait for a thread.
        wait: time that a request with images may have to wait for a thread, in seconds, as the
            work before it usually takes; who would wait longer is refused at once.
        videos: how many videos may be received or read at the same time.
        streams: how many streams may be open at the same time.
        seconds: time for a request with images, from its last byte to the answer.
        video_time: time for a video, from its last byte to the end of the answer, in seconds.
        upload_seconds: time for a body to arrive, in seconds; each `upload_rate` bytes that have
            arrived give one second more.
        upload_rate: bytes a second; who sends slower for long is cut off.
        idle_seconds: how long a connection may stay without a whole request, and a stream without
            a frame.
        grace: after SIGTERM, time to finish what is at work, in seconds.
    """

    image_bytes: int = 32_000_000
    images: int = 32
    pixels: int = 64_000_000
    faces: int = 200
    video_bytes: int = 200_000_000
    video_seconds: float = 600.0
    video_frames: int = 36_000
    jobs: int = 1
    waiting: int = 16
    wait: float = 0.5
    videos: int = 2
    streams: int = 8
    seconds: float = 30.0
    video_time: float = 900.0
    upload_seconds: float = 10.0
    upload_rate: int = 50_000
    idle_seconds: float = 20.0
    grace: float = 30.0
