from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional

from ferlite.explain import occlusion
from ferlite.lab.data.detect import load_dataset
from ferlite.lab.evaluate.gradcam import grad_cam
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.residual_cnn import ResidualCNN


class Light(nn.Module):
    """Its feature map is the face itself; light speaks for class 0 and against class 1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.ones_(self.conv.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        light = self.conv(x).mean((2, 3))
        return torch.cat([light, -light], dim=1)


def noise(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, 48, 48), dtype=torch.uint8, generator=generator)


def test_the_heat_is_the_weighted_sum_of_the_channels():
    """By hand: the gradient of a mean over 48×48 is 1/2304 everywhere, and so is its mean."""
    faces = noise(2)
    heat = grad_cam(FaceModel(Light()).eval(), faces, torch.tensor([0, 0]))
    assert heat.dtype == torch.float32
    torch.testing.assert_close(heat, faces[:, 0] / 255 / 2304)


def test_what_speaks_against_the_class_is_cut_off():
    heat = grad_cam(FaceModel(Light()).eval(), noise(2), torch.tensor([1, 0]))
    assert (heat[0] == 0).all()
    assert (heat[1] > 0).any()


def test_the_model_stays_as_it_was_and_frozen_layers_do_no_harm():
    model = FaceModel(ResidualCNN(head="gap")).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    heat = grad_cam(model, noise(2), torch.tensor([3, 4]))
    frozen = grad_cam(model.requires_grad_(False), noise(2), torch.tensor([3, 4]))
    assert heat.shape == (2, 48, 48)
    assert not heat.requires_grad
    torch.testing.assert_close(frozen, heat)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name])
    assert all(weight.grad is None for weight in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_in_training_mode_is_refused():
    with pytest.raises(ValueError, match="training mode"):
        grad_cam(FaceModel(ResidualCNN()), noise(2), torch.tensor([0, 0]))


def test_a_network_without_a_feature_map_is_refused():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))
    with pytest.raises(ValueError, match="no feature map"):
        grad_cam(FaceModel(flat).eval(), noise(2), torch.tensor([0, 0]))


def trained(faces: torch.Tensor, labels: torch.Tensor, classes: int, steps: int) -> FaceModel:
    """A network small enough to learn in a test."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for width_in, width_out in ((1, 12), (12, 24), (24, 32)):
        layers += [nn.Conv2d(width_in, width_out, 3, padding=1, stride=2, bias=False)]
        layers += [nn.BatchNorm2d(width_out), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes)]
    model = FaceModel(nn.Sequential(*layers, *head), scale="-1..1")
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        rows = torch.randint(len(faces), (64,))
        loss = functional.cross_entropy(model.logits(faces[rows].float() / 255), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def both(model: FaceModel, faces: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Heat maps (N, 48, 48) of what the model sees most: Grad-CAM's and occlusion's."""

    def classify(faces_NCHW: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(faces_NCHW)).numpy()

    seen = torch.from_numpy(classify(faces.numpy()).argmax(1))
    covered = [occlusion(classify, *row) for row in zip(faces.numpy(), seen, strict=True)]
    return grad_cam(model, faces, seen).numpy(), np.stack(covered)


def agreement(ours_NHW: np.ndarray, theirs_NHW: np.ndarray) -> float:
    """Spearman's rank correlation of two heat maps, the mean over the faces."""
    pairs = zip(ours_NHW, theirs_NHW, strict=True)
    return float(np.mean([spearmanr(a.ravel(), b.ravel()).statistic for a, b in pairs]))


def planted(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Noise, in half of which hides a chequered tile of 12×12; labels, and the tiles' places."""
    rng = np.random.default_rng(seed)
    faces = rng.integers(60, 200, (count, 1, 48, 48)).astype(np.uint8)
    places = rng.integers(2, 34, (count, 2))
    tile = np.where(np.add.outer(np.arange(12) // 3, np.arange(12) // 3) % 2, 230, 30)
    labels = np.arange(count) % 2
    for i in np.flatnonzero(labels):
        y, x = places[i]
        faces[i, 0, y : y + 12, x : x + 12] = tile
    return torch.from_numpy(faces), torch.from_numpy(labels), places


def test_both_ways_point_to_the_feature_that_was_planted():
    model = trained(*planted(600, seed=1)[:2], classes=2, steps=60)
    faces, labels, places = (each[1::2] for each in planted(32, seed=2))
    with torch.inference_mode():
        assert (model(faces).argmax(1) == labels).all()
    for heat_NHW in both(model, faces):
        for heat_HW, (y, x) in zip(heat_NHW, places, strict=True):
            at_y, at_x = np.unravel_index(heat_HW.argmax(), heat_HW.shape)
            assert abs(at_y - (y + 6)) <= 8
            assert abs(at_x - (x + 6)) <= 8


def smooth_chance(like_NHW: np.ndarray) -> np.ndarray:
    """Random maps as coarse as Grad-CAM's."""
    coarse = torch.rand(len(like_NHW), 1, 6, 6, generator=torch.Generator().manual_seed(0))
    return functional.interpolate(coarse, like_NHW.shape[1:], mode="bilinear")[:, 0].numpy()


def test_both_ways_agree_on_real_faces(fer2013_path: Path):
    """More than with the heat of another face, and far more than with chance."""
    dataset = load_dataset(fer2013_path)
    known = [dataset.classes.index(name) for name in ("happy", "surprise", "neutral")]
    faces_N1HW = torch.from_numpy(dataset.images_NHW[:, None])
    labels_N = torch.tensor([known.index(x) if x in known else -1 for x in dataset.labels_N])
    learn, ask = (
        rows[labels_N[rows] >= 0][:most]
        for rows, most in ((dataset.rows("train"), 6000), (dataset.rows("validation"), 32))
    )
    model = trained(faces_N1HW[learn], labels_N[learn], classes=3, steps=300)
    cam_NHW, covered_NHW = both(model, faces_N1HW[ask])
    same = agreement(cam_NHW, covered_NHW)
    other = agreement(np.roll(cam_NHW, 1, axis=0), covered_NHW)
    chance = agreement(smooth_chance(cam_NHW), covered_NHW)
    assert same > 0.3
    assert same > other + 0.1
    assert chance < 0.15


def test_votes_are_explained_by_their_own_outputs() -> None:
    torch.manual_seed(0)
    both = FaceModel(ResidualCNN(classes=14), voted=True).eval()
    faces = torch.randint(0, 256, (3, 1, 48, 48), dtype=torch.uint8)
    classes = torch.tensor([0, 3, 6])
    # A network whose only outputs are those of the votes must see the same.
    alone = FaceModel(ResidualCNN(classes=7)).eval()
    state = both.network.state_dict()
    last = [name for name in state if state[name].shape[:1] == (14,)]
    alone.network.load_state_dict(state | {name: state[name][7:] for name in last})

    heat = grad_cam(both, faces, classes, votes=True)
    torch.testing.assert_close(heat, grad_cam(alone, faces, classes))
    assert not torch.allclose(heat, grad_cam(both, faces, classes))
    with pytest.raises(ValueError, match="has not learned votes"):
        grad_cam(alone, faces, classes, votes=True)
