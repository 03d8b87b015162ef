"""What watches over a training: progress, checkpoints, the best weights, the end when nothing improves.

Imported only where torch is wanted.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from tools.errors import WorkFailed
from tools.finetune import ranks
from tools.finetune.progress import Reporter

SAVE_EVERY = 60.0  # seconds of work that a killed process may lose
SAVING_SHARE = 0.05  # of the time may be spent on writing checkpoints at the ends of short epochs
PATIENCE = 3  # evaluations without a better one


class Watcher(TrainerCallback):
    """Reports progress, asks for checkpoints, keeps the best weights, stops when nothing improves.

    In a group all processes must save, and stop, at the same step: what depends on clocks and files the first decides.

    Args:
        report: is told about progress.
        folder: for checkpoints and the best weights.
        after_step: see :class:`tools.finetune.fit.Material`.
    """

    def __init__(self, report: Reporter, folder: Path, after_step: Callable[[int], None] | None):
        self.report, self.folder, self.after_step = report, folder, after_step
        self.best_file, self.best_note = folder / "best.safetensors", folder / "best.json"
        self.best: dict[str, float] | None = None
        self.saved_at, self.saving, self.began_saving = time.monotonic(), 0.0, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The clock of checkpoints starts with the work."""
        self.best = ranks.agree(lambda: self._open(state.global_step))
        self.saved_at = time.monotonic()

    def _open(self, step: int) -> dict[str, float] | None:
        """Make the folder, and tell what was best so far; nothing was where the training begins anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if step == 0:
            self.best_note.unlink(missing_ok=True)
        try:
            return json.loads(self.best_note.read_text())
        except (OSError, ValueError):
            return None

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A place where Cancelled can come through between gradient and update."""
        self.report.beat("Training")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """AdaLoRA moves its ranks here."""
        if self.after_step:
            self.after_step(state.global_step + 1)  # the Trainer counts the step afterwards

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Loss of the last steps."""
        loss = kwargs["logs"].get("loss")
        if loss is None:
            return
        if not math.isfinite(loss):
            raise WorkFailed(
                "The training diverged: the loss is no longer a number.", "Use a smaller learning rate."
            )
        self.report.loss = round(loss, 5)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Progress, and a checkpoint once enough work would be lost."""
        self.report.steps = state.max_steps
        if control.should_log and ranks.agree(lambda: time.monotonic() - self.saved_at >= SAVE_EVERY):
            self._ask(control)
        self.report.advance(state.global_step, "Training")

    def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A sign of life while validating."""
        self.report.beat("Validating")

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint an epoch, unless epochs are so short that writing would eat the time."""
        if ranks.agree(lambda: time.monotonic() - self.saved_at >= self.saving / SAVING_SHARE):
            self._ask(control)

    def _ask(self, control: Any) -> None:
        control.should_save = True
        self.began_saving = time.monotonic()

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Remember what writing costs."""
        self.saved_at = time.monotonic()
        self.saving = self.saved_at - self.began_saving

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the weights if they are the best so far; stop if there was no better for a while."""
        metrics, best = kwargs["metrics"], self.best
        loss = ranks.agree(lambda: float(metrics["eval_loss"]))  # the same on all, up to how machines round
        score = ranks.agree(lambda: float(metrics.get("eval_score", -loss)))
        self.report.validation_loss = round(loss, 5)
        # Among few validation rows the score moves in large steps: the loss decides between equals.
        if best is None or (score, -loss) > (best["score"], -best["loss"]):
            self.best = {"score": score, "loss": loss, "step": state.global_step, "epoch": state.epoch}
            if ranks.rank() == 0:
                self._keep(kwargs["model"], self.best)
        elif state.epoch - best["epoch"] >= PATIENCE:
            control.should_training_stop = True
        if self.began_saving > self.saved_at:  # validation came between asking and writing: do not count it
            self.began_saving = time.monotonic()

    def _keep(self, model: torch.nn.Module, note: dict[str, float]) -> None:
        """Weights first, note second, each whole or not at all."""
        from safetensors.torch import save_file

        trained = {name: p.detach().cpu().clone() for name, p in model.named_parameters() if p.requires_grad}
        buffers = {
            name: b.detach().cpu().clone() for name, b in model.named_buffers() if b.is_floating_point()
        }
        partial = self.best_file.with_suffix(".partial")
        save_file({**trained, **buffers}, partial)
        partial.replace(self.best_file)
        self.best_note.write_text(json.dumps(note))

    def restore_best(self, model: torch.nn.Module) -> None:
        """Give the model its best weights back."""
        from safetensors.torch import load_file

        if self.best is not None and self.best_file.exists():
            model.load_state_dict(load_file(self.best_file), strict=False)
