"""The training loop of all tasks: Hugging Face's Trainer with good settings, checkpoints, early stopping, progress.

Imported only where torch is wanted.
"""

import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch  # noqa: TID253
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments  # noqa: TID253

from tools.errors import WorkFailed
from tools.finetune.machine import bf16
from tools.finetune.progress import Reporter
from tools.finetune.task import Run

CHECKPOINTS = "checkpoints"
SAVE_EVERY = 60.0  # seconds of work that a killed process may lose
SAVING_SHARE = 0.05  # of the time may be spent on writing checkpoints at the ends of short epochs
PATIENCE = 3  # evaluations without a better one


@dataclass(frozen=True)
class Material:
    """What a task hands to :func:`fit`.

    Attributes:
        model: trained in place; afterwards it holds its best weights.
        train: rows as dictionaries of lists.
        validation: the same; may be empty.
        collate: rows to a batch of tensors.
        measure: predictions to ``{name: value}``; the first value decides (higher is better). Without one the
            validation loss decides.
        group_by_length: batches of about the same length (needs ``input_ids`` in the rows).
        after_step: called after each optimizer step with the number of steps done, before gradients are cleared.
        arguments: further TrainingArguments.
        trainer: the Trainer class, where a task needs its own loss.
    """

    model: torch.nn.Module
    train: Sequence[dict[str, Any]]
    validation: Sequence[dict[str, Any]]
    collate: Callable[[list[dict[str, Any]]], Any]
    measure: Callable[[Any], dict[str, float]] | None = None
    group_by_length: bool = True
    after_step: Callable[[int], None] | None = None
    arguments: dict[str, Any] | None = None
    trainer: type[Trainer] = Trainer


def steps_of(plan: dict[str, Any], rows: int) -> int:
    """Optimizer steps of a run over so many training rows."""
    return max(1, math.ceil(math.ceil(rows / plan["batch_size"]) * plan["epochs"]))


def fit(run: Run, material: Material) -> list[dict[str, float]]:
    """Train, from the last complete checkpoint in ``run.workdir`` if there is one.

    Where the memory is not enough, the same batches are taken in halves, quarters and so on, whose gradients add up.

    Returns:
        The curve: ``{"step", "loss"}`` and ``{"step", "validation_loss", …}`` entries in order.

    Raises:
        WorkFailed: the loss is no longer a number, or the memory is too small for a single row.
        Cancelled: from the progress callback.
    """
    parts = 1
    while True:
        try:
            return _fit(run, material, parts)
        except RuntimeError as error:
            if not _out_of_memory(error):
                raise
            if parts >= run.plan["batch_size"]:
                hint = "Choose a smaller base model, or the method head."
                raise WorkFailed("The memory is not enough for this training.", hint) from error
        parts = next(
            each for each in range(parts + 1, run.plan["batch_size"] + 1) if not run.plan["batch_size"] % each
        )
        material.model.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()
        run.report.tell(f"The memory was not enough: going on with batches in {parts} parts")


def _out_of_memory(error: RuntimeError) -> bool:
    """Whether memory ran out: on a GPU, or where the system refuses more (torch has no error of its own for that)."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _fit(run: Run, material: Material, parts: int) -> list[dict[str, float]]:
    """One attempt, each batch in so many parts."""
    folder = run.workdir / CHECKPOINTS
    last = last_checkpoint(folder)
    watcher = _Watcher(run.report, folder, material)
    arguments = _arguments(run, material, folder, parts)
    trainer = material.trainer(
        model=material.model,
        args=arguments,
        train_dataset=material.train,
        eval_dataset=material.validation if material.validation else None,
        data_collator=material.collate,
        compute_metrics=material.measure,
        callbacks=[watcher],
    )
    if parts > 1 and run.plan.get("task") != "text-generation":
        # Encoders' losses are means over the part of the batch they see, though they take the argument for more.
        trainer.loss_is_scaled_for_ga = False
    trainer.remove_callback(PrinterCallback)  # standard output belongs to the caller
    run.report.phase("Training", steps_of(run.plan, len(material.train)), _step_of(last))
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    watcher.restore_best(material.model)
    return _curve(trainer.state.log_history)


def _arguments(run: Run, material: Material, folder: Path, parts: int) -> TrainingArguments:
    """Settings that hold for every task; the plan's numbers; the machine's abilities."""
    plan = run.plan
    gpu = torch.cuda.is_available()
    steps = steps_of(plan, len(material.train))
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": max(1, plan["batch_size"] // parts),
        "gradient_accumulation_steps": parts,
        "per_device_eval_batch_size": max(plan["batch_size"], 16) // parts or 1,
        "num_train_epochs": plan["epochs"],
        "learning_rate": plan["learning_rate"],
        "lr_scheduler_type": "linear",
        "warmup_steps": max(1, round(steps * 0.1)),
        "weight_decay": 0.01,
        "optim": "adamw_torch_fused",
        "bf16": torch.cuda.is_bf16_supported() if gpu else bf16(),
        "use_cpu": not gpu,
        "seed": run.spec.seed,
        "logging_steps": max(1, min(10, steps // 300)),
        "logging_nan_inf_filter": False,
        "eval_strategy": "epoch" if material.validation else "no",
        "save_strategy": "no",  # the watcher asks for checkpoints
        "save_total_limit": 2,
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_pin_memory": gpu,
        "train_sampling_strategy": "group_by_length" if material.group_by_length else "random",
    }
    return TrainingArguments(**(settings | (material.arguments or {})))


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; broken ones are removed.

    ``trainer_state.json`` is the last file the Trainer writes, so it tells whole checkpoints from broken ones.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]), reverse=True)
    for path in found:
        try:
            json.loads((path / "trainer_state.json").read_text())
        except (OSError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
            continue
        return path
    return None


def _step_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.split("-")[1]) if checkpoint else 0


def _curve(history: list[dict[str, float]]) -> list[dict[str, float]]:
    """The Trainer's log in our words."""
    curve = []
    for entry in history:
        if "loss" in entry:
            curve.append({"step": entry["step"], "loss": round(entry["loss"], 5)})
        elif "eval_loss" in entry:
            point = {"step": entry["step"], "validation_loss": round(entry["eval_loss"], 5)}
            if "eval_score" in entry:
                point["validation_score"] = round(entry["eval_score"], 5)
            curve.append(point)
    return curve


class _Watcher(TrainerCallback):
    """Reports progress, asks for checkpoints, keeps the best weights, stops when nothing improves."""

    def __init__(self, report: Reporter, folder: Path, material: Material):
        self.report, self.folder, self.material = report, folder, material
        self.best_file, self.best_note = folder / "best.safetensors", folder / "best.json"
        self.saved_at, self.saving, self.began_saving = time.monotonic(), 0.0, 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The clock of checkpoints starts with the work."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if state.global_step == 0:
            self.best_note.unlink(missing_ok=True)
        self.saved_at = time.monotonic()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A place where Cancelled can come through between gradient and update."""
        self.report.beat("Training")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """AdaLoRA moves its ranks here."""
        if self.material.after_step:
            self.material.after_step(state.global_step + 1)  # the Trainer counts the step afterwards

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
        if time.monotonic() - self.saved_at >= SAVE_EVERY:
            self._ask(control)
        self.report.advance(state.global_step, "Training")

    def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A sign of life while validating."""
        self.report.beat("Validating")

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A checkpoint an epoch, unless epochs are so short that writing would eat the time."""
        if time.monotonic() - self.saved_at >= self.saving / SAVING_SHARE:
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
        metrics = kwargs["metrics"]
        self.report.validation_loss = round(metrics["eval_loss"], 5)
        loss = float(metrics["eval_loss"])
        score = float(metrics.get("eval_score", -loss))
        best = self._best()
        # Among few validation rows the score moves in large steps: the loss decides between equals.
        if best is None or (score, -loss) > (best["score"], -best["loss"]):
            note = {"score": score, "loss": loss, "step": state.global_step, "epoch": state.epoch}
            self._keep(kwargs["model"], note)
        elif state.epoch - best["epoch"] >= PATIENCE:
            control.should_training_stop = True
        if self.began_saving > self.saved_at:  # validation came between asking and writing: do not count it
            self.began_saving = time.monotonic()

    def _best(self) -> dict[str, float] | None:
        try:
            return json.loads(self.best_note.read_text())
        except (OSError, ValueError):
            return None

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

        if self._best() is not None and self.best_file.exists():
            model.load_state_dict(load_file(self.best_file), strict=False)
