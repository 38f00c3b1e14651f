"""The systems of the literature and ferlite's own: one file each, named as recipes name them."""

import difflib
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final

from torch import nn

from ferlite.errors import RecipeError
from ferlite.lab.models.clcm import CLCM
from ferlite.lab.models.dlfer import DLFER
from ferlite.lab.models.efficientnet_lite import EfficientNetLite
from ferlite.lab.models.face_resnet import FaceResNet
from ferlite.lab.models.ferlite_net import FerliteNet
from ferlite.lab.models.light_emonet import LightEmoNet
from ferlite.lab.models.mobilenet_v1 import MobileNetV1
from ferlite.lab.models.mobilenet_v2 import MobileNetV2
from ferlite.lab.models.residual_cnn import ResidualCNN
from ferlite.lab.models.sface import SFace
from ferlite.lab.models.shufflenet_v2 import ShuffleNetV2
from ferlite.lab.own import is_own, load_own

ENTRY_POINTS: Final = "ferlite.models"
"""The group in which another package names its networks."""

SYSTEMS: dict[str, Callable[..., nn.Module]] = {
    "residual_cnn": ResidualCNN,
    "light_emonet": LightEmoNet,
    "clcm": CLCM,
    "mobilenet_v2": MobileNetV2,
    "shufflenet_v2": ShuffleNetV2,
    "dlfer": DLFER,
    "ferlite_net": FerliteNet,
    "face_resnet": FaceResNet,
    "efficientnet_lite": EfficientNetLite,
    "sface": SFace,
    "mobilenet_v1": MobileNetV1,
}
"""What a recipe may put under `model.system`, and what builds it.

Every one is called with the recipe's other `model` keys, which all have defaults and of which
`channels`, `size` and `classes` are always three. Its `forward` takes float images (N, channels,
size, size), scaled as `FaceModel` scales them, and gives logits (N, classes). Its last layers are
called `classify`: they begin anew when weights of another task are loaded. A system whose other
layers are published with ImageNet weights says so in `imagenet`.
"""


def system_of(name: str) -> Callable[..., nn.Module]:
    """What builds a system: one of `SYSTEMS`, "FILE.py:CLASS", or a network of another package.

    Raises:
        RecipeError: there is no such system; the nearest name is offered.

    >>> system_of("residual_cnn").__name__
    'ResidualCNN'
    """
    if not isinstance(name, str):
        raise RecipeError(f"model.system: must be text, not {name!r}")
    if name in SYSTEMS:
        return SYSTEMS[name]
    if is_own(name):
        return load_own(name)
    installed = entry_points(group=ENTRY_POINTS)
    if name in installed.names:
        builds: Callable[..., nn.Module] = installed[name].load()
        return builds
    known = [*SYSTEMS, *installed.names]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    raise RecipeError(
        f"model.system: {name!r} is not a known system"
        f"{f' (did you mean {near[0]!r}?)' if near else ''}; use one of {', '.join(known)}, or "
        "FILE.py:CLASS"
    )
