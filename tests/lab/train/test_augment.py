"""Augmentation does what its settings say, to each face in its own way, and stays in range."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ferlite.lab.train.augment import Augmentation, augment


def faces(count: int = 8, channels: int = 1) -> torch.Tensor:
    return torch.rand(count, channels, 48, 48, generator=torch.Generator().manual_seed(1))


def test_the_defaults_change_nothing() -> None:
    x = faces()
    assert augment(x, Augmentation()) is x


@pytest.mark.parametrize("also", [{}, {"zoom": (1.0, 1.0000001)}])
def test_flip_mirrors_whole_faces_left_and_right(also: dict[str, tuple[float, float]]) -> None:
    x = faces()
    assert torch.allclose(augment(x, Augmentation(flip=1, **also)), x.flip(-1), atol=1e-3)  # type: ignore[arg-type]
    torch.manual_seed(0)
    y = augment(x, Augmentation(flip=0.5, **also))  # type: ignore[arg-type]
    kept = [torch.allclose(a, b, atol=1e-3) for a, b in zip(y, x, strict=True)]
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-3) for a, b in zip(y, x, strict=True)]
    assert all(k or m for k, m in zip(kept, mirrored, strict=True))
    assert any(kept)
    assert any(mirrored)


def test_zoom_in_keeps_the_middle_and_magnifies_it() -> None:
    x = torch.zeros(1, 1, 48, 48)
    x[..., 18:30, 18:30] = 1  # a square of 12 pixels in the middle
    y = augment(x, Augmentation(zoom=(2.0, 2.0)))
    assert y[0, 0, 24, 24] == 1
    assert (y > 0.5).sum().item() == pytest.approx(24 * 24, rel=0.05)


def test_bicubic_resampling_keeps_more_of_the_detail_and_the_range() -> None:
    x = faces()
    kept = {}
    for resampling in ("bilinear", "bicubic"):
        torch.manual_seed(0)
        turned = augment(x, Augmentation(rotation=10, shift=0.1, resampling=resampling))  # type: ignore[arg-type]
        assert 0 <= turned.min() <= turned.max() <= 1
        kept[resampling] = turned.diff(dim=-1).abs().mean().item()
    assert kept["bilinear"] < 0.9 * kept["bicubic"]


def test_shift_moves_by_at_most_its_share_of_the_size() -> None:
    x = torch.zeros(200, 1, 48, 48)
    x[..., 24, 24] = 1
    torch.manual_seed(0)
    y = augment(x, Augmentation(shift=0.25))
    at = y.flatten(1).argmax(1)
    rows, columns = at // 48 - 24, at % 48 - 24
    for offset in (rows, columns):
        assert offset.abs().max() <= 13
        assert offset.max() > 6
        assert offset.min() < -6


def test_rotation_by_a_quarter_turn_is_a_transposed_and_mirrored_face() -> None:
    x = faces(50)
    torch.manual_seed(0)
    angles = []
    for a, b in zip(augment(x, Augmentation(rotation=180)), x, strict=True):
        turns = [torch.rot90(b, k, (1, 2)) for k in range(4)]
        angles.append(min((a - t).abs()[:, 16:32, 16:32].mean().item() for t in turns))
    # Some of fifty random angles come near one of the four exact turns.
    assert min(angles) < 0.1


def test_fill_decides_what_comes_in_at_the_edges() -> None:
    x = torch.ones(16, 1, 48, 48)
    torch.manual_seed(0)
    assert augment(x, Augmentation(shift=0.3, fill="nearest")).min() == pytest.approx(1)
    torch.manual_seed(0)
    assert augment(x, Augmentation(shift=0.3, fill="zeros")).min() == 0


def test_brightness_shifts_and_contrast_stretches_each_face_by_itself() -> None:
    x = torch.full((64, 1, 48, 48), 0.5)
    torch.manual_seed(0)
    levels = augment(x, Augmentation(brightness=0.2)).mean((1, 2, 3))
    assert levels.min() >= 0.3 - 1e-5
    assert levels.max() <= 0.7 + 1e-5
    assert levels.std() > 0.05
    x = 0.4 + 0.2 * faces(64)
    spread = augment(x, Augmentation(contrast=0.3)).std((1, 2, 3)) / x.std((1, 2, 3))
    assert spread.min() >= 0.69
    assert spread.max() <= 1.31
    assert spread.std() > 0.05


def test_erasing_covers_one_rectangle_of_the_asked_area_on_the_asked_share_of_faces() -> None:
    x = torch.full((400, 1, 48, 48), 2.0)  # no noise value is 2
    torch.manual_seed(0)
    covered = (augment(x, Augmentation(erase=0.5, erase_area=(0.1, 0.2))) != 2)[:, 0]
    shares = covered.float().mean((1, 2))
    touched = shares > 0
    assert 0.4 < touched.float().mean() < 0.6
    assert shares[touched].median() == pytest.approx(0.15, abs=0.03)
    for mask in covered[touched][:20]:
        rows, columns = mask.any(1), mask.any(0)
        assert mask.sum() == rows.sum() * columns.sum()


@settings(max_examples=30, deadline=None)
@given(
    rotation=st.floats(0, 180),
    shift=st.floats(0, 1),
    shear=st.floats(0, 60),
    low=st.floats(0.1, 1),
    high=st.floats(1, 10),
    light=st.floats(0, 1),
    channels=st.sampled_from([1, 3]),
    fill=st.sampled_from(["zeros", "nearest"]),
    resampling=st.sampled_from(["bilinear", "bicubic"]),
)
def test_any_setting_keeps_shape_and_range(
    rotation: float, shift: float, shear: float, low: float, high: float, light: float,
    channels: int, fill: str, resampling: str,
) -> None:  # fmt: skip
    how = Augmentation(
        flip=0.5, rotation=rotation, shift=shift, zoom=(low, high), shear=shear,
        fill=fill, brightness=light, contrast=light, erase=0.5,  # type: ignore[arg-type]
        resampling=resampling,  # type: ignore[arg-type]
    )  # fmt: skip
    y = augment(faces(4, channels), how)
    assert y.shape == (4, channels, 48, 48)
    assert y.isfinite().all()
    assert y.min() >= 0
    assert y.max() <= 1 + 1e-6


def test_the_same_seed_gives_the_same_faces() -> None:
    how = Augmentation(
        flip=0.5, rotation=10, shift=0.1, zoom=(0.9, 1.1), shear=5, brightness=0.2, contrast=0.2,
        erase=0.5,
    )  # fmt: skip
    torch.manual_seed(3)
    first = augment(faces(), how)
    torch.manual_seed(3)
    assert torch.equal(augment(faces(), how), first)
    assert not torch.equal(augment(faces(), how), first)


def test_blur_takes_detail_away_and_leaves_the_mean_of_flat_faces() -> None:
    torch.manual_seed(0)
    x = faces()
    y = augment(x, Augmentation(blur=1.5))
    assert (y.flatten(1).std(1) < x.flatten(1).std(1) + 1e-5).all()
    kept = y.flatten(1).std(1) / x.flatten(1).std(1)
    assert kept.max() - kept.min() > 0.1  # each face by its own blur
    flat = torch.full((4, 3, 48, 48), 0.3)
    assert torch.allclose(augment(flat, Augmentation(blur=1.5)), flat, atol=1e-5)


def test_gamma_bends_the_light_and_leaves_black_and_white() -> None:
    torch.manual_seed(0)
    x = torch.linspace(0, 1, 48).expand(8, 1, 48, 48)
    y = augment(x, Augmentation(gamma=1))
    assert (y[..., 1:] >= y[..., :-1]).all()
    assert torch.allclose(y[..., -1], x[..., -1])
    assert y[..., 0].max() < 0.02
    middle = y[:, 0, 0, 24]
    assert 0.25 <= middle.min() < 0.4 < 0.6 < middle.max() <= 0.73


def test_noise_differs_from_face_to_face_and_stays_in_range() -> None:
    torch.manual_seed(0)
    y = augment(torch.full((32, 1, 48, 48), 0.5), Augmentation(noise=0.1))
    deviations = y.flatten(1).std(1)
    assert 0 < deviations.min() < 0.02 < 0.08 < deviations.max() < 0.11
    bright = augment(torch.ones(4, 1, 48, 48), Augmentation(noise=0.5))
    assert 0 <= bright.min() <= bright.max() <= 1
