"""A small GRU that reads a face over time (Cho et al. 2014), and how it is trained."""

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from ferlite.emotions import EMOTIONS
from ferlite.errors import FerliteError
from ferlite.files import written_whole
from reports.temporal.features import FLOOR, Features
from reports.temporal.measures import answers
from reports.temporal.smoothing import held


@dataclass(frozen=True)
class Settings:
    """A temporal model and its training.

    Attributes:
        inputs: the face network's log-probabilities alone, or what its last layer sees besides.
        memory: a GRU; without, a layer of the same width that knows the present frame alone.
        hidden: width of the GRU.
        dropout: probability of dropping an input, and an output of the GRU.
        lr: of Adam.
        weight_decay: of AdamW.
        batch_size: sequences in a step.
        epochs: at most.
        patience: epochs without better accuracy on the sequences to select on.
        seed: of weights, order and dropout.
    """

    inputs: Literal["probabilities", "penultimate"] = "penultimate"
    memory: bool = True
    hidden: int = 32
    dropout: float = 0.3
    lr: float = 3e-3
    weight_decay: float = 1e-2
    batch_size: int = 20
    epochs: int = 20
    patience: int = 5
    seed: int = 0


class TemporalModel(nn.Module):
    """From the features of each frame, and what the GRU remembers, to the seven emotions.

    The last layer sees the GRU's state and the frame's own features. An unseen frame is all zeros,
    and one more input says whether it was seen.

    Args:
        width: how many features a frame has, the one that says "seen" not counted.
        settings: see there.
    """

    def __init__(self, width: int, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        hidden = settings.hidden
        self.body: nn.Module = (
            nn.GRU(width + 1, hidden, batch_first=True)
            if settings.memory
            else nn.Sequential(nn.Linear(width + 1, hidden), nn.Tanh())
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.classify = nn.Linear(hidden + width + 1, len(EMOTIONS))

    def forward(
        self, x_STF: Tensor, seen_ST: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Logits (S, T, 7) and the state with which to go on.

        Args:
            x_STF: float features as `inputs_of` gives them.
            seen_ST: bool, which of them are of a face.
            state: what was returned for the frames before; None at the start.
        """
        x_STF = (x_STF - self.mean) / self.deviation * seen_ST[..., None]
        x_STF = torch.cat([self.dropout(x_STF), seen_ST[..., None].float()], 2)
        if isinstance(self.body, nn.GRU):
            y_STH, state = self.body(x_STF, state)
        else:
            y_STH = self.body(x_STF)
        return self.classify(torch.cat([self.dropout(y_STH), x_STF], 2)), state

    @torch.no_grad()
    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """Probabilities float32 (S, T, 7); each depends on its frame and earlier ones alone."""
        self.eval()
        logits_STK, _ = self(inputs_of(features, self.settings), torch.tensor(features.seen_ST))
        said_STK: NDArray[np.float32] = logits_STK.softmax(2).numpy()
        # Without memory, nothing is known of a frame without a face but the answer before it.
        return said_STK if self.settings.memory else held(said_STK, features.seen_ST)


def inputs_of(features: Features, settings: Settings) -> Tensor:
    """What a temporal model reads of features: float32 (S, T, F)."""
    log_STK = torch.tensor(features.probabilities_STK).clamp(min=FLOOR).log()
    if settings.inputs == "probabilities":
        return log_STK
    return torch.cat([log_STK, torch.tensor(features.penultimate_STF)], 2)


def train(
    learn: Features, select: Features, settings: Settings
) -> tuple[TemporalModel, list[dict[str, float]]]:
    """Train a temporal model; the epoch that was best on `select` is kept.

    Args:
        learn: what to learn from.
        select: what says which epoch is best.
        settings: the model, and how it is trained.

    Returns:
        The model and, for each epoch, "loss", "accuracy" and "select_accuracy".
    """
    torch.manual_seed(settings.seed)
    x_STF, seen_ST = inputs_of(learn, settings), torch.tensor(learn.seen_ST)
    labels_ST = torch.tensor(learn.labels_ST)
    model = TemporalModel(x_STF.shape[2], settings)
    model.mean.copy_(x_STF[seen_ST].mean(0))
    # A unit that is always off in training must not become large elsewhere.
    model.deviation.copy_(x_STF[seen_ST].std(0).clamp(min=0.05))
    optimizer = torch.optim.AdamW(
        model.parameters(), settings.lr, weight_decay=settings.weight_decay
    )
    history: list[dict[str, float]] = []
    best, best_epoch, weights = -1.0, 0, copy.deepcopy(model.state_dict())
    for epoch in range(settings.epochs):
        losses, right = [], 0
        model.train()
        for part in torch.split(torch.randperm(len(x_STF)), settings.batch_size):
            logits_STK, _ = model(x_STF[part], seen_ST[part])
            loss = functional.cross_entropy(logits_STK.flatten(0, 1), labels_ST[part].flatten())
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            right += int((logits_STK.argmax(2) == labels_ST[part]).sum())
        chosen = float((answers(model.probabilities(select)) == select.labels_ST).mean())
        history.append(
            {
                "loss": round(float(np.mean(losses)), 4),
                "accuracy": round(right / labels_ST.numel(), 4),
                "select_accuracy": round(chosen, 4),
            }
        )
        if chosen > best:
            best, best_epoch, weights = chosen, epoch, copy.deepcopy(model.state_dict())
        if epoch - best_epoch >= settings.patience:
            break
    model.load_state_dict(weights)
    return model.eval(), history


def save(model: TemporalModel, path: Path, **notes: str) -> None:
    """Write a model and its settings as one safetensors file, with notes beside them."""
    settings = json.dumps(asdict(model.settings))
    with written_whole(path) as part:
        save_file(model.state_dict(), part, metadata={**notes, "settings": settings})


def load(path: Path) -> tuple[TemporalModel, Mapping[str, str]]:
    """Read a model that `save` wrote, and its notes.

    Raises:
        FerliteError: there is no such file, or it is no temporal model.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such file")
    try:
        with safe_open(path, "pt") as file:
            notes: dict[str, Any] = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model = TemporalModel(len(tensors["mean"]), Settings(**json.loads(notes.pop("settings"))))
        model.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FerliteError(
            f"{path}: is no temporal model; make one with benchmarks/temporal.py"
        ) from error
    return model.eval(), notes
