"""Learning from larger networks: their answers to the very faces that the student sees."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.train.features import LastFeatures


@dataclass(frozen=True)
class Teacher:
    """A trained network, and the size and colours that it wants."""

    model: FaceModel
    size: int
    channels: int


class Teachers:
    """Trained networks that answer together.

    Args:
        teachers: at least one.
        mirrored: whether each sees every face's mirror image, too.
    """

    def __init__(self, teachers: Sequence[Teacher], *, mirrored: bool = False) -> None:
        self._teachers = teachers
        self._mirrored = mirrored
        self._features = [LastFeatures(teacher.model) for teacher in teachers]

    def to(self, device: torch.device) -> None:
        """Move them to where the faces are."""
        for teacher in self._teachers:
            teacher.model.to(device)

    @property
    def voted(self) -> bool:
        """Whether any of them answers as people vote, too."""
        return any(teacher.model.voted for teacher in self._teachers)

    @property
    def widths(self) -> list[int]:
        """How many features the last layer of each is given."""
        return [features.width for features in self._features]

    def features(self) -> Tensor:
        """What their last layers were given for the faces they last answered to, side by side.

        Float (B, sum of widths); of the faces, not of their mirror images.
        """
        return torch.cat([features.seen_BF for features in self._features], 1)

    @torch.no_grad()
    def answers(self, x_BCHW: Tensor, temperature: float) -> tuple[Tensor, ...]:
        """Mean of their probabilities (B, K), float32, for gray float faces in [0, 1].

        First as the labels would have it, from all of them; then, if any is `voted`, as people
        would vote, from those that are.
        """
        every: tuple[list[Tensor], ...] = ([], [])
        views = (x_BCHW.flip(-1), x_BCHW) if self._mirrored else (x_BCHW,)
        for teacher, x in itertools.product(self._teachers, views):
            size = (teacher.size, teacher.size)
            if x.shape[-2:] != size:
                x = functional.interpolate(x, size, mode="bilinear", antialias=True)
            x = x.expand(-1, teacher.channels, -1, -1)
            x = x.contiguous(memory_format=torch.channels_last)
            for own, logits in zip(every, teacher.model.all_logits(x), strict=False):
                own.append(torch.softmax(logits.float() / temperature, 1))
        return tuple(torch.stack(own).mean(0) for own in every if own)


def distillation_loss(logits_BK: Tensor, answers_BK: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of the student against the teachers' answers, both at one temperature.

    Times the temperature squared, so that its gradients stay as large as those of the labels
    (Hinton et al. 2015).

    >>> distillation_loss(torch.zeros(2, 7), torch.full((2, 7), 1 / 7), 1.0)
    tensor(1.9459)
    """
    log_student_BK = functional.log_softmax(logits_BK / temperature, 1)
    return -(answers_BK * log_student_BK).sum(1).mean() * temperature**2
