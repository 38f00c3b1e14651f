"""The systems of the literature and ferlite's own: one file each, named as recipes name them."""

from collections.abc import Callable

from torch import nn

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
