"""Keras's MobileNetV2: its padding, and its weights with normalisation folded in."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ferlite.errors import FerliteError
from ferlite.lab.models.folded import normalised, separate_statistics
from ferlite.lab.models.mobilenet_v2 import MobileNetV2
from ferlite.lab.models.weights import write_weights
from ferlite.lab.recipe import load_recipe
from ferlite.lab.train.loop import start
from ferlite.lab.train.module import build_model

KERAS = Path(__file__).parents[4] / "shared" / "models" / "mobilenet_v2_imagenet.safetensors"


def folded(network: nn.Module) -> dict[str, Tensor]:
    """The network's tensors as TensorFlow Lite keeps them: normalisation in weight and bias."""
    state = dict(network.state_dict())
    for name, _, after, layer in normalised(network):
        assert layer.running_mean is not None
        assert layer.running_var is not None
        scale_C = layer.weight * (layer.running_var + layer.eps).rsqrt()
        state[f"{name}.weight"] = state[f"{name}.weight"] * scale_C[:, None, None, None]
        state[f"{name}.bias"] = layer.bias - scale_C * layer.running_mean
        for of in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            del state[f"{after}.{of}"]
    return {n: t.detach().contiguous() for n, t in state.items() if not n.startswith("classify.")}


@torch.no_grad()
def test_folded_weights_give_the_same_network_also_once_it_has_statistics(tmp_path: Path) -> None:
    torch.manual_seed(0)
    keras = MobileNetV2(padding="same").eval()
    for layer in keras.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.5, 2)
    write_weights(folded(keras), file := tmp_path / "keras.safetensors")
    recipe = load_recipe("mobilenet_v2", ["model.padding=same", "model.size=64"])
    model = build_model(recipe).eval()
    start(recipe, model, file)
    keras.classify.load_state_dict(model.network.classify.state_dict())
    faces = torch.rand(3, 1, 64, 64)
    torch.testing.assert_close(model.network(faces), keras(faces), atol=1e-4, rtol=1e-3)
    separate_statistics(model.network, model.network, [faces])
    torch.testing.assert_close(model.network(faces), keras(faces), atol=1e-4, rtol=1e-3)
    other = load_recipe("mobilenet_v2")
    with pytest.raises(FerliteError, match=r"--set model\.padding=same"):
        start(other, build_model(other), file)


@pytest.mark.skipif(not KERAS.exists(), reason="Keras's weights are not in the repository")
@pytest.mark.parametrize(("photo", "imagenet_class"), [("chelsea.png", 285), ("coffee.png", 967)])
@torch.no_grad()
def test_keras_s_weights_see_the_cat_and_the_espresso(photo: str, imagenet_class: int) -> None:
    data = Path(pytest.importorskip("skimage").__file__).parent / "data"
    recipe = load_recipe("mobilenet_v2", ["model.padding=same", "model.channels=3"])
    model = build_model(recipe).eval()
    start(recipe, model, KERAS)
    model.network.classify = nn.Identity()  # the 1000 outputs behind which emotions would be
    with Image.open(data / photo) as image:
        side = min(image.size)
        left, top = ((length - side) // 2 for length in image.size)
        square = image.crop((left, top, left + side, top + side)).resize((224, 224))
    pixels_HWC = torch.from_numpy(np.array(square)).float() / 255
    assert model.all_logits(pixels_HWC.permute(2, 0, 1)[None])[0].argmax() == imagenet_class
