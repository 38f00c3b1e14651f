"""What a person sees during training: one bar over the whole run, one line per finished epoch."""

from typing import Any

import lightning
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.utils.data import DataLoader

from ferlite.lab.train.module import TrainingModule
from ferlite.lab.train.schedule import best_epoch


class TrainingProgress(lightning.Callback):
    """Loss, accuracy and time left on a terminal; plain lines where there is none."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=18),  # the whole line fits into 80 columns
            TextColumn("{task.fields[so_far]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.task = self.bar.add_task("train", total=None, epoch=0, epochs=0, so_far="")

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Show the bar."""
        self.bar.update(
            self.task,
            total=int(trainer.estimated_stepping_batches),
            completed=trainer.global_step,
            epochs=trainer.max_epochs,
        )
        loader, held_out = trainer.train_dataloader, trainer.val_dataloaders
        assert loader is not None
        assert isinstance(held_out, DataLoader)
        faces, shown = len(loader.dataset), len(loader.sampler)
        repeats = f", {shown:,} an epoch with repeats" if shown != faces else ""
        self.console.print(
            f"learning from {faces:,} faces{repeats}; {len(held_out.dataset):,} held out; "  # type: ignore[arg-type]
            f"up to {trainer.max_epochs} epochs",
            highlight=False,
            soft_wrap=True,
        )
        self.bar.start()

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Move the bar; asks the device for the numbers only now and then."""
        assert isinstance(pl_module, TrainingModule)
        if self.bar.disable or batch_idx % 20:
            return
        loss, accuracy = pl_module.running()
        self.bar.update(
            self.task,
            completed=trainer.global_step,
            epoch=trainer.current_epoch + 1,
            so_far=f"loss {loss:.3f}  accuracy {accuracy:.1%}",
        )

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Print the epoch before."""
        self._print(pl_module)

    def on_train_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Print the last epoch and take the bar away."""
        self._print(pl_module)
        self.bar.stop()

    def on_exception(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        exception: BaseException,
    ) -> None:
        """Give the terminal back."""
        self.bar.stop()

    def _print(self, pl_module: lightning.LightningModule) -> None:
        assert isinstance(pl_module, TrainingModule)
        if not pl_module.history:
            return
        epoch = pl_module.history[-1]
        best = (
            best_epoch(pl_module.recipe.stopping, pl_module.history) == len(pl_module.history) - 1
        )
        self.console.print(
            f"epoch {epoch['epoch']:3d}  train {epoch['train_loss']:.4f} "
            f"{epoch['train_accuracy']:.2%}  validation {epoch['val_loss']:.4f} "
            f"{epoch['val_accuracy']:.2%}  lr {epoch['learning_rate']:.2e}  "
            f"{epoch['seconds']:.0f} s{'  best' if best else ''}",
            highlight=False,
            soft_wrap=True,
        )
