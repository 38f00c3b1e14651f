"""One training run as a Lightning module: loss, augmentation, learning rate, history."""

import time
from collections.abc import Callable
from typing import Any, cast

import lightning
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ferlite.lab.models import system_of
from ferlite.lab.models.face_model import FaceModel
from ferlite.lab.models.sface import copy_slopes, shrink_slopes
from ferlite.lab.models.weights import HEAD
from ferlite.lab.provenance import provenance
from ferlite.lab.recipe import Recipe
from ferlite.lab.train.augment import augment
from ferlite.lab.train.batches import Batch, epoch_seed, hard
from ferlite.lab.train.bn_recalibration import measure_statistics
from ferlite.lab.train.distill import Teachers, distillation_loss
from ferlite.lab.train.features import FeatureGuess, LastFeatures
from ferlite.lab.train.loss import loss_of
from ferlite.lab.train.mix import mixed
from ferlite.lab.train.sam import uphill
from ferlite.lab.train.schedule import Epoch, learning_rate_scale, should_stop

Answers = tuple[Tensor, ...] | None
"""What teachers say of a batch (`Teachers.answers`), and then, where the student learns that, too,
what they see in it (`Teachers.features`); None where nobody teaches."""


def build_model(recipe: Recipe) -> FaceModel:
    """The recipe's system with fresh weights, the same for the same seed."""
    torch.manual_seed(recipe.seed)
    voted = bool(recipe.data.votes_weight)
    arguments = recipe.arguments
    if voted:
        arguments["classes"] *= 2
    network = system_of(recipe.model["system"])(**arguments)
    return FaceModel(network, recipe.model["scale"], voted=voted)


class TrainingModule(lightning.LightningModule):
    """Trains one `FaceModel` by a recipe.

    All randomness of an epoch comes from seed and epoch number, and learning rate and stopping
    from the history of finished epochs; so a run continued from a checkpoint takes the same way
    as one that was never interrupted.

    Attributes:
        recipe: the whole protocol.
        averaged: the exponential moving average of `model`, where the recipe wants one.
        teachers: what the student learns from beside labels; None, at first, for nobody.
        teachers_seen: their files' names and hashes, for the record.
        guess: of what the teachers see, where the recipe wants that learned; `teach` makes it.
        weights_K: what a face of each class counts in the loss; None, at first, for 1.
        clean_NCHW: training faces that statistics are measured on, where the recipe wants that.
        initial_weights: where the weights came from that training starts with, for the record.
        history: the finished epochs.
        provenance: commit, versions and machine that trained, which the one that finishes the run
            and measures it may not be.
    """

    weights_K: Tensor | None

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.model = build_model(recipe).to(memory_format=torch.channels_last)
        if recipe.optimizer.trunk_lr == 0:
            for name, parameter in self.model.network.named_parameters():
                parameter.requires_grad_(name.startswith(HEAD))
        self.averaged: AveragedModel | None = None
        if recipe.training.ema_decay:
            # Without a running start the average would hold on to the first, random weights.
            self.averaged = AveragedModel(
                self.model,
                multi_avg_fn=_moving_average(recipe.training.ema_decay),
                use_buffers=True,
            ).requires_grad_(False)
        self.teachers: Teachers | None = None
        self.teachers_seen: list[dict[str, str]] = []
        self.guess: FeatureGuess | None = None
        self._features = LastFeatures(self.model) if recipe.distillation.feature_weight else None
        self._lesson: tuple[Tensor, Tensor, Answers] | None = None  # of this step, taken once
        self._remembered: dict[tuple[int, int], tuple[Tensor, ...]] = {}
        self._of_frozen: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}
        self.initial_weights: dict[str, str] | None = None
        self.clean_NCHW: Tensor | None = None
        # It follows from the data, so checkpoints need not hold it.
        self.register_buffer("weights_K", None, persistent=False)
        self.history: list[Epoch] = []
        self.provenance = provenance()
        self._unsmoothed = recipe.training.model_copy(update={"label_smoothing": 0.0})
        self._started = self._highest_rate = 0.0
        self._train = torch.zeros(3)
        self._val = torch.zeros(3)

    def teach(self, teachers: Teachers) -> None:
        """Learn from these, from now on."""
        self.teachers = teachers
        if self._features is not None:
            torch.manual_seed(self.recipe.seed)
            self.guess = FeatureGuess(self._features.width, teachers.widths)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The recipe's optimiser; biases and normalisation layers are not decayed."""
        how = self.recipe.optimizer
        learned = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        head = [p for n, p in learned if n.startswith(f"network.{HEAD}")]
        if self.guess is not None:
            head += self.guess.parameters()
        trunk = [p for n, p in learned if not n.startswith(f"network.{HEAD}")]
        # In one part where they learn alike, so that older checkpoints can go on.
        parts = [(trunk, how.trunk_lr), (head, 1.0)] if how.trunk_lr < 1 else [(trunk + head, 1.0)]
        groups: list[dict[str, Any]] = []
        for part, scale in parts:
            decayed = {"params": [p for p in part if p.ndim > 1]}
            others = {"params": [p for p in part if p.ndim <= 1], "weight_decay": 0.0}
            groups += [{**group, "lr_scale": scale} for group in (decayed, others)]
        if how.name == "sgd":
            return torch.optim.SGD(
                groups,
                how.lr,
                how.momentum,
                weight_decay=how.weight_decay,
                nesterov=how.momentum > 0,
            )
        kind = torch.optim.Adam if how.name == "adam" else torch.optim.AdamW
        return kind(groups, how.lr, betas=(how.beta1, 0.999), weight_decay=how.weight_decay)

    def prepared(self, faces_BCHW: Tensor) -> Tensor:
        """Float faces in [0, 1] of the model's size, bilinear; still gray if the data is."""
        x_BCHW = faces_BCHW.float() / 255
        size = self.recipe.model["size"]
        if x_BCHW.shape[-2:] != (size, size):
            x_BCHW = functional.interpolate(x_BCHW, (size, size), mode="bilinear")
        return x_BCHW

    def augmented(self, x_BCHW: Tensor, extra_B: Tensor) -> Tensor:
        """The faces of a batch, changed at random: all, or only the extra draws."""
        changed_BCHW = augment(x_BCHW, self.recipe.augmentation)
        if self.recipe.imbalance.augment == "all":
            return changed_BCHW
        return torch.where(extra_B[:, None, None, None], changed_BCHW, x_BCHW)

    def all_logits(self, x_BCHW: Tensor, model: FaceModel | None = None) -> tuple[Tensor, ...]:
        """Float32 logits (`FaceModel.all_logits`) of float faces in [0, 1].

        Gray is repeated if the model wants colour.
        """
        x_BCHW = x_BCHW.expand(-1, self.recipe.model["channels"], -1, -1)
        x_BCHW = x_BCHW.contiguous(memory_format=torch.channels_last)
        return tuple(logits.float() for logits in (model or self.model).all_logits(x_BCHW))

    def on_fit_start(self) -> None:
        """Bring the teachers to the device; they are no part of this module's own weights."""
        if self.teachers is not None:
            self.teachers.to(self.device)

    def on_train_epoch_start(self) -> None:
        """Seed the epoch, and hold still what is not to move."""
        if self.recipe.training.freeze_bn:
            for layer in self.model.modules():
                if isinstance(layer, _BatchNorm):
                    layer.eval()
        again = self.recipe.repeats_after
        torch.manual_seed(epoch_seed(self.recipe.seed, self.current_epoch, again))
        self._started = time.perf_counter()
        self._train = torch.zeros(3, device=self.device)
        self._highest_rate = 0.0

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the learning rate of this step."""
        steps = max(int(self.trainer.estimated_stepping_batches), 1)
        scale = learning_rate_scale(
            self.recipe.schedule, self.trainer.global_step / steps, self.history
        )
        optimizer = cast(torch.optim.Optimizer, self.optimizers(use_pl_optimizer=False))
        for group in optimizer.param_groups:
            group["lr"] = self.recipe.optimizer.lr * scale * group.get("lr_scale", 1.0)
        self._highest_rate = max(self._highest_rate, optimizer.param_groups[-1]["lr"])
        if self.recipe.training.relu_after:
            self._flatten(self.trainer.global_step)

    def _flatten(self, step: int) -> None:
        """Bring the slopes of PReLUs to the share that is left of them at this step, or to 0."""
        how = self.recipe.training
        steps = how.relu_after * int(self.trainer.num_training_batches)
        before, now = (max(1 - max(n, 0) / steps, 0.0) for n in (step - 1, step))
        if before:
            left = now / before
            shrink_slopes(self.model.network, left, how.relu_blocks, leaky=how.relu_leaky)

    def lesson(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor, Answers]:
        """A batch's changed faces, what labels say of them, and what teachers do."""
        faces_BCHW, labels_B, extra_B = batch
        if self.recipe.data.votes == "probability" and labels_B.ndim == 2:
            labels_B = torch.multinomial(labels_B, 1)[:, 0]
        x_BCHW, labels_B = mixed(
            self.augmented(self.prepared(faces_BCHW), extra_B),
            labels_B,
            self.recipe.model["classes"],
            self.recipe.augmentation,
        )
        return x_BCHW, labels_B, None if self.teachers is None else self.answers(x_BCHW, batch_idx)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of one augmented batch."""
        if self.recipe.training.cached_epochs:
            return self._step_after_trunk(batch, batch_idx)
        first = self._lesson is None
        x_BCHW, labels_B, answers = self._lesson or self.lesson(batch, batch_idx)
        if self.recipe.optimizer.sam_rho:  # the same faces again, uphill
            self._lesson = x_BCHW, labels_B, answers
        logits_BK, *voted = self.all_logits(x_BCHW)
        labels_B, votes_BK = self.opinions(labels_B)
        loss = loss_of(logits_BK, labels_B, self.recipe.training, self.weights_K)
        how = self.recipe.distillation
        if answers is not None and how.alpha:
            taught = distillation_loss(logits_BK, answers[0], how.temperature)
            loss = (1 - how.alpha) * loss + how.alpha * taught
        for voted_BK in voted:  # at most one
            voted_loss = functional.cross_entropy(voted_BK, votes_BK)
            if answers is not None and how.votes_alpha:
                taught = distillation_loss(voted_BK, answers[1], how.temperature)
                voted_loss = (1 - how.votes_alpha) * voted_loss + how.votes_alpha * taught
            loss = loss + voted_loss
        if answers is not None and self.guess is not None and self._features is not None:
            loss = loss + how.feature_weight * self.guess(self._features.seen_BF, answers[-1])
        if first:
            self._train += _tally(loss.detach(), logits_BK, labels_B)
        return loss

    def _step_after_trunk(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of one augmented batch, whose way through the frozen layers is remembered."""
        key = self.current_epoch % self.recipe.training.cached_epochs, batch_idx
        if key not in self._of_frozen:
            x_BCHW, labels_B, _ = self.lesson(batch, batch_idx)
            self._of_frozen[key] = self.through_trunk(x_BCHW), labels_B
        seen, labels_B = self._of_frozen[key]
        logits_BK = cast(Any, self.model.network).after_trunk(seen).float()
        loss = loss_of(logits_BK, labels_B, self.recipe.training, self.weights_K)
        self._train += _tally(loss.detach(), logits_BK, labels_B)
        return loss

    @torch.no_grad()
    def through_trunk(self, x_BCHW: Tensor) -> Tensor:
        """What the frozen layers make of float faces in [0, 1]."""
        x_BCHW = self.model.scaled(x_BCHW.expand(-1, self.recipe.model["channels"], -1, -1))
        x_BCHW = x_BCHW.contiguous(memory_format=torch.channels_last)
        return cast(Tensor, cast(Any, self.model.network).trunk(x_BCHW))

    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Any,
        optimizer_closure: Callable[[], Any] | None = None,
    ) -> None:
        """A step by the gradients where the weights stand, or uphill from there."""
        step = super().optimizer_step
        distance = self.recipe.optimizer.sam_rho
        if not distance or optimizer_closure is None:
            step(epoch, batch_idx, optimizer, optimizer_closure)
            return
        optimizer_closure()

        def uphill_from_here() -> Any:
            with uphill(self.model, distance):
                return optimizer_closure()

        step(epoch, batch_idx, optimizer, uphill_from_here)

    def opinions(self, labels_B: Tensor) -> tuple[Tensor, Tensor]:
        """What labels say and what votes say, which stand side by side where both are learned."""
        if not self.recipe.data.votes_weight:
            return labels_B, labels_B
        own_BK, votes_BK = labels_B.chunk(2, dim=1)
        return own_BK, votes_BK

    def answers(self, x_BCHW: Tensor, batch_idx: int) -> tuple[Tensor, ...]:
        """The teachers' answers to a batch, remembered where a lesson's.

        What is remembered need not be in checkpoints: a run that goes on asks again.
        """
        assert self.teachers is not None
        how = self.recipe.distillation
        lesson = (self.current_epoch % how.cached_epochs, batch_idx) if how.cached_epochs else None
        if lesson is not None and lesson in self._remembered:
            return self._remembered[lesson]
        answers = self.teachers.answers(x_BCHW, how.temperature)
        if how.feature_weight:
            answers = (*answers, self.teachers.features())
        if lesson is not None:
            self._remembered[lesson] = answers
        return answers

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Take the step's weights into the average, and forget the faces."""
        self._lesson = None
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
            if self.recipe.training.relu_after:  # an average of slopes would never be 0
                copy_slopes(self.model, self.averaged.module)

    @property
    def kept(self) -> FaceModel:
        """The network that is validated and kept: the average where there is one."""
        return self.model if self.averaged is None else cast(FaceModel, self.averaged.module)

    def on_validation_epoch_start(self) -> None:
        """Measure what is usual, where the recipe wants that, and start counting."""
        self._val = torch.zeros(3, device=self.device)
        if self.clean_NCHW is None:
            return
        bf16 = self.recipe.training.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            measure_statistics(
                self.kept,
                lambda faces: self.all_logits(self.prepared(faces.to(self.device)), self.kept),
                # One face alone has no variance.
                [
                    b
                    for b in torch.split(self.clean_NCHW, self.recipe.training.batch_size)
                    if len(b) > 1
                ],
            )

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count loss, neither smoothed nor weighted, and hits of one batch."""
        faces_BCHW, labels_B, _ = batch
        if self.recipe.training.cached_epochs:
            key = -1, batch_idx
            if key not in self._of_frozen:
                self._of_frozen[key] = self.through_trunk(self.prepared(faces_BCHW)), labels_B
            logits_BK = cast(Any, self.kept.network).after_trunk(self._of_frozen[key][0]).float()
        else:
            logits_BK = self.all_logits(self.prepared(faces_BCHW), self.kept)[0]
        labels_B, _ = self.opinions(labels_B)
        loss = loss_of(logits_BK, labels_B, self._unsmoothed)
        self._val += _tally(loss, logits_BK, labels_B)

    def on_train_epoch_end(self) -> None:
        """Write the epoch into the history and decide whether to go on."""
        train, val = self._train.tolist(), self._val.tolist()
        self.history.append(
            {
                "epoch": self.current_epoch + 1,
                "train_loss": train[0] / train[2],
                "train_accuracy": train[1] / train[2],
                "val_loss": val[0] / val[2],
                "val_accuracy": val[1] / val[2],
                "learning_rate": self._highest_rate,
                "seconds": time.perf_counter() - self._started,
            }
        )
        if should_stop(self.recipe.stopping, self.history):
            self.trainer.should_stop = True

    def running(self) -> tuple[float, float]:
        """Mean training loss and accuracy so far in this epoch."""
        loss, hits, faces = self._train.tolist()
        return loss / max(faces, 1), hits / max(faces, 1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep recipe and history beside the weights."""
        checkpoint["recipe"] = self.recipe.as_dict()
        checkpoint["history"] = self.history
        checkpoint["provenance"] = self.provenance
        checkpoint["initial_weights"] = self.initial_weights
        checkpoint["teachers"] = self.teachers_seen

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the history up again."""
        self.history = checkpoint["history"]
        self.initial_weights = checkpoint.get("initial_weights")


def _moving_average(most: float) -> Callable[..., None]:
    """As torch's, but holding at most (1 + n) / (10 + n) of the past after n steps."""

    def update(averaged: list[Tensor], current: list[Tensor], steps: Tensor) -> None:
        n = int(steps)
        average = get_ema_multi_avg_fn(min(most, (1 + n) / (10 + n)))  # type: ignore[no-untyped-call]
        average(averaged, current, steps)

    return update


def _tally(loss: Tensor, logits_BK: Tensor, labels_B: Tensor) -> Tensor:
    """Summed loss, hits and faces of a batch, on its device, without waiting for it."""
    faces = labels_B.new_tensor(len(labels_B)).float()
    hits = (logits_BK.argmax(1) == hard(labels_B)).sum().float()
    return torch.stack([loss * faces, hits, faces])
