"""Weights come from torchvision's, timm's, safetensors and ferlite's files, or not at all."""

import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import efficientnet_b3, mobilenet_v2, shufflenet_v2_x1_5

from ferlite.errors import FerliteError
from ferlite.lab.models.clcm import CLCM
from ferlite.lab.models.dlfer import DLFER
from ferlite.lab.models.light_emonet import LightEmoNet
from ferlite.lab.models.mobilenet_v2 import MobileNetV2
from ferlite.lab.models.residual_cnn import ResidualCNN
from ferlite.lab.models.shufflenet_v2 import ShuffleNetV2
from ferlite.lab.models.weights import read_weights, start_from, write_weights


def unlike_fresh(model: nn.Module) -> nn.Module:
    """A model whose every tensor differs from a fresh one's, as a trained model's does."""
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.uniform_(0.01, 0.1)
    return model.eval()


def started(network: nn.Module, path: Path) -> nn.Module:
    start_from(network, read_weights(path), path.name)
    return network.eval()


PAIRS: list[Any] = [
    (MobileNetV2, mobilenet_v2),
    (ShuffleNetV2, shufflenet_v2_x1_5),
    (DLFER, efficientnet_b3),
]


@pytest.mark.parametrize(("system", "library"), PAIRS)
def test_a_torchvision_file_gives_the_librarys_network(
    system: Any, library: Any, tmp_path: Path
) -> None:
    published = unlike_fresh(library())
    torch.save(published.state_dict(), tmp_path / "published.pth")
    network = started(system(), tmp_path / "published.pth")
    logits = network.classify
    network.classify = nn.Identity()
    x = torch.rand(1, 1, 64, 64)
    if system is DLFER:  # its head takes the place of the library's
        published.classifier = nn.Identity()
    torch.testing.assert_close(network(x), published(x.repeat(1, 3, 1, 1)))
    assert isinstance(logits, nn.Linear)
    assert logits.out_features == 7


@pytest.mark.parametrize(
    ("system", "name"), [(MobileNetV2, "mobilenetv2_100"), (DLFER, "efficientnet_b3")]
)
def test_a_timm_file_gives_timms_network(system: Any, name: str, tmp_path: Path) -> None:
    published = unlike_fresh(timm.create_model(name))
    save_file(published.state_dict(), tmp_path / "model.safetensors")
    network = started(system(), tmp_path / "model.safetensors")
    network.classify = nn.Identity()
    if system is DLFER:
        published.classifier = nn.Identity()
    x = torch.rand(1, 1, 64, 64)
    torch.testing.assert_close(network(x), published(x.repeat(1, 3, 1, 1)))


@pytest.mark.parametrize("system", [CLCM, MobileNetV2, ShuffleNetV2, DLFER])
def test_filters_summed_over_the_colours_see_gray_as_the_pretrained_ones_do(system: Any) -> None:
    pretrained = unlike_fresh(system())
    single = system(gray="summed").eval()
    start_from(single, pretrained.state_dict(), "pretrained")
    x = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(single(x), pretrained(x))


def test_a_head_for_other_classes_begins_anew_and_one_that_fits_is_taken() -> None:
    source = unlike_fresh(DLFER(classes=4, channels=3)).state_dict()
    other = DLFER()
    fresh = {name: value.clone() for name, value in other.classify.state_dict().items()}
    start_from(other, source, "source")
    assert torch.equal(other.classify.state_dict()["weight"], fresh["weight"])
    assert torch.equal(other.state_dict()["features.0.0.weight"], source["features.0.0.weight"])
    same = DLFER(classes=4)
    start_from(same, source, "source")
    assert torch.equal(same.state_dict()["classify.weight"], source["classify.weight"])


def test_wrapped_names_are_unwrapped(tmp_path: Path) -> None:
    state = unlike_fresh(ResidualCNN(blocks=2)).state_dict()
    for prefix in ("module.", "model.network."):
        content = {"state_dict": {prefix + name: value for name, value in state.items()}}
        torch.save(content, tmp_path / "wrapped.ckpt")
        assert read_weights(tmp_path / "wrapped.ckpt").keys() == state.keys()


@pytest.mark.parametrize(
    ("system", "source", "sentence"),
    [
        (CLCM, efficientnet_b3, r"not weights of clcm: .*did you mean 'dlfer'"),
        (DLFER, mobilenet_v2, r"not weights of dlfer: \d+ of \d+ tensors are"),
        (LightEmoNet, ResidualCNN, r"did you mean 'residual_cnn'\?"),
        (ResidualCNN, partial(ResidualCNN, blocks=2), r"are missing \(features\.4\."),
        (partial(ResidualCNN, blocks=2), ResidualCNN, r"are unknown to it \(features\.4\."),
        (MobileNetV2, partial(mobilenet_v2, num_classes=5), r"2 of 262 .* another shape"),
        (CLCM, partial(nn.Linear, 2, 2), r"2 of 2 tensors are unknown to it \(weight, …\)$"),
    ],
)
def test_weights_of_another_network_are_refused_whole_in_one_sentence(
    system: Any, source: Any, sentence: str
) -> None:
    network, state = system(), source().state_dict()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(FerliteError, match=sentence) as error:
        start_from(network, state, "file.pth")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300
    assert all(torch.equal(value, before[n]) for n, value in network.state_dict().items())


class Evil:
    """Would run code if a pickle of it were loaded."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def test_files_without_tensors_are_refused_and_nothing_in_them_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FerliteError, match="no such weights file"):
        read_weights(tmp_path / "none.pth")
    for name in ("text.pth", "text.safetensors"):
        (tmp_path / name).write_text("not weights")
        with pytest.raises(FerliteError, match="not a readable weights file"):
            read_weights(tmp_path / name)
    torch.save(Evil(), tmp_path / "evil.pth")
    with pytest.raises(FerliteError, match="not a readable weights file"):
        read_weights(tmp_path / "evil.pth")
    assert not Path("ran").exists()
    for content in ([1, 2], {}, {"state_dict": {"a": 1}}):
        torch.save(content, tmp_path / "other.pth")
        with pytest.raises(FerliteError, match="holds no state dict"):
            read_weights(tmp_path / "other.pth")


def test_without_network_the_error_says_how_to_get_the_file_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", refused)
    monkeypatch.setattr(torch.hub, "urlopen", refused)
    with pytest.raises(FerliteError, match="no route to host") as error:
        CLCM.imagenet.fetch()
    assert "get https://download.pytorch.org/models/mobilenet_v2-" in str(error.value)
    assert "--weights mobilenet_v2-" in str(error.value)


def test_imagenet_weights_come_from_torchs_cache_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    name = CLCM.imagenet.weights.url.rpartition("/")[2]
    published = mobilenet_v2().state_dict()
    torch.save(published, cache / name)
    assert CLCM.imagenet.fetch().keys() == published.keys()


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "small.safetensors"
    state = {"features.0.weight": torch.rand(2, 3), "classify.bias": torch.zeros(7)}
    write_weights(state, file)
    found = read_weights(file)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in state.items())
    assert list(tmp_path.iterdir()) == [file]
