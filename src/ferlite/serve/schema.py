"""The answers as OpenAPI tells them: the fields of the JSON, with examples."""

import json
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from ferlite.emotions import EMOTIONS
from ferlite.serve.problem import MEDIA_TYPE, body

FACE: Final[dict[str, Any]] = {
    "box": [166, 55, 120, 120],
    "detection_score": 0.924773,
    "emotion": "happy",
    "confidence": 0.91,
    "probabilities": {name: 0.91 if name == "happy" else 0.015 for name in EMOTIONS},
    "track_id": None,
}
EXAMPLE: Final[dict[str, Any]] = {"image": "photo.jpg", "faces": [FACE]}
ROW: Final[dict[str, Any]] = {
    **{"frame": 0, "time": 0.0, "person": 1, "track_id": 1, "x": 166, "y": 55, "w": 120, "h": 120},
    **{"detection_score": 0.93, "emotion": "happy", "confidence": 0.91},
    **FACE["probabilities"],
    **{f"raw_{name}": p for name, p in FACE["probabilities"].items()},
}
SUMMARY: Final[dict[str, Any]] = {
    **{"person": 1, "first": 0.0, "last": 2.0, "seconds": 2.04, "valence": 0.895},
    **{"mostly": "happy", "changes": 0},
    "longest_episode": {"emotion": "happy", "start": 0.0, "seconds": 2.04},
    "shares": {name: float(name == "happy") for name in EMOTIONS},
    "probabilities": FACE["probabilities"],
}
VIDEO_LINES: Final = "".join(
    json.dumps(line) + "\n"
    for line in (ROW, {"summary": [SUMMARY], "frames": 51, "seconds": 2.04, "damage": None})
)
PROBLEM: Final = body(422, "photo.jpg: is damaged or incomplete; get the file again")


class Face(BaseModel):
    """One face in one image and what it shows."""

    box: list[int] = Field(
        description="x, y, width and height in pixels of the upright image.",
        min_length=4,
        max_length=4,
    )
    detection_score: float = Field(description="How sure the detector is, in [0, 1].")
    emotion: str = Field(description="The most probable emotion.")
    confidence: float = Field(description="Its probability, in [0, 1].")
    probabilities: dict[str, float] = Field(description="Of each emotion; they sum to 1.")
    track_id: int | None = Field(
        description="The same number for the same face from frame to frame; null in an image."
    )
    person: int | None = Field(
        None, description="The same number for the same person, also after an absence or a cut."
    )
    raw: dict[str, float] | None = Field(
        None, description="In a stream, the probabilities of this image alone, before smoothing."
    )


class ImageAnswer(BaseModel):
    """What was found in one image: its faces, or why it cannot be read."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    image: str = Field(description="The name of its file; - if the body was the image.")
    faces: list[Face] | None = Field(None, description="Largest first.")
    error: str | None = Field(None, description="Why it cannot be read, instead of faces.")


class ProblemAnswer(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(json_schema_extra={"example": PROBLEM})

    type: str
    title: str
    status: int
    detail: str = Field(description="One sentence: what is wrong, and what to do.")
    kind: str | None = Field(None, description="The kind of ferlite's error, as ImageError.")


class Models(BaseModel):
    """The model in use, and all that come with ferlite."""

    model: str = Field(description="The name of the model that answers.")
    detector: str = Field(description="What finds the faces.")
    models: list[dict[str, Any]] = Field(
        description="The cards, as `ferlite models list --json` prints them."
    )


class Health(BaseModel):
    """That all is well."""

    status: str = Field(examples=["ok"])


REASONS: Final[dict[int, str]] = {
    400: "The form is broken.",
    401: "The key is missing or wrong.",
    408: "The body arrives too slowly.",
    413: "The body is too large, or has too many files.",
    422: "What was sent cannot be read, or has more of something than is accepted.",
    429: "All places are taken; come back after the header Retry-After.",
    500: "A fault of the server's own.",
    503: "It took too long; come back after the header Retry-After.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of problems with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}}
    return {status: {"description": REASONS[status], "content": content} for status in statuses}


def add_problems(app: FastAPI) -> None:
    """Tell OpenAPI what problems are; FastAPI knows of no media type but JSON's own."""
    openapi = app.openapi()  # the app keeps it
    openapi["components"]["schemas"][ProblemAnswer.__name__] = ProblemAnswer.model_json_schema()


def files(field: str, kind: str, media_type: str, several: bool) -> dict[str, Any]:
    """What OpenAPI says of a body: a form with files, or the bytes of one.

    Args:
        field: what the form's field is called in the example; any name will do.
        kind: what the files are.
        media_type: of the bytes of one file.
        several: whether the form may have more than one.
    """
    file = {"type": "string", "format": "binary"}
    form = {"type": "array", "items": file, "minItems": 1} if several else file
    return {
        "requestBody": {
            "required": True,
            "description": f"A form with {kind} files, or the bytes of one {kind}.",
            "content": {
                "multipart/form-data": {
                    "schema": {"type": "object", "properties": {field: form}, "required": [field]}
                },
                media_type: {"schema": file},
                "application/octet-stream": {"schema": file},
            },
        }
    }
