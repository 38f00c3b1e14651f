"""ferlite: reads the emotion in a face, on a CPU, and says how it knows.

>>> import ferlite
>>> ferlite.EMOTIONS
('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
"""

import os
from typing import TYPE_CHECKING, Any

from ferlite.emotions import EMOTIONS
from ferlite.errors import (
    DataError,
    FerliteError,
    ImageError,
    ModelError,
    OutputError,
    RecipeError,
    VideoError,
)

if TYPE_CHECKING:
    from ferlite.explain import Explanation
    from ferlite.faces.face import Face
    from ferlite.faces.frame import Frame
    from ferlite.recognizer import EmotionRecognizer
    from ferlite.stream import Tracker

# ONNX Runtime reports to its makers from 1.29 on, on Linux and macOS too, unless this stands in the
# environment before it starts: no reports, no identifier of the machine and no files for either.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.2.0"
__all__ = [
    "EMOTIONS",
    "DataError",
    "EmotionRecognizer",
    "Explanation",
    "Face",
    "FerliteError",
    "Frame",
    "ImageError",
    "ModelError",
    "OutputError",
    "RecipeError",
    "Tracker",
    "VideoError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import OpenCV and ONNX Runtime only when someone asks for what needs them."""
    if name == "EmotionRecognizer":
        from ferlite.recognizer import EmotionRecognizer

        return EmotionRecognizer
    if name == "Explanation":
        from ferlite.explain import Explanation

        return Explanation
    if name == "Face":
        from ferlite.faces.face import Face

        return Face
    if name == "Frame":
        from ferlite.faces.frame import Frame

        return Frame
    if name == "Tracker":
        from ferlite.stream import Tracker

        return Tracker
    raise AttributeError(f"module 'ferlite' has no attribute {name!r}")
