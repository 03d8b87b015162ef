"""The training loop of all tasks: Hugging Face's Trainer with good settings, checkpoints, early stopping, progress.

Imported only where torch is wanted.
"""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainingArguments

from tools.errors import WorkFailed
from tools.finetune import ranks
from tools.finetune.cpu import fast
from tools.finetune.machine import half
from tools.finetune.parted import PartedTrainer
from tools.finetune.parts import CHECKPOINTS, even, note, noted
from tools.finetune.task import Run
from tools.finetune.watcher import Watcher

CHECKPOINTED = 4  # parts of a batch from which activations are computed anew in the backward pass, not kept


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
        trainer: makes the Trainer, where a task needs its own loss.
    """

    model: torch.nn.Module
    train: Sequence[dict[str, Any]]
    validation: Sequence[dict[str, Any]]
    collate: Callable[[list[dict[str, Any]]], Any]
    measure: Callable[[Any], dict[str, float]] | None = None
    group_by_length: bool = True
    after_step: Callable[[int], None] | None = None
    arguments: dict[str, Any] | None = None
    trainer: Callable[..., Trainer] = PartedTrainer


def steps_of(plan: dict[str, Any], rows: int) -> int:
    """Optimizer steps of a run over so many training rows."""
    return max(1, math.ceil(math.ceil(rows / (_share(plan) * ranks.world())) * plan["epochs"]))


def _share(plan: dict[str, Any]) -> int:
    """Rows of each batch that one process takes."""
    return max(1, plan["batch_size"] // ranks.world())


def fit(run: Run, material: Material) -> list[dict[str, float]]:
    """Train, from the last complete checkpoint in ``run.workdir`` if there is one.

    Where the memory is not enough, the same batches are taken in halves, quarters and so on, whose gradients add up;
    from quarters on with gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").
    In a group (``tools.finetune.ranks``) each process takes a part of every batch, and only the first comes back.

    Returns:
        The curve: ``{"step", "loss"}`` and ``{"step", "validation_loss", …}`` entries in order.

    Raises:
        WorkFailed: the loss is no longer a number, or the memory is too small for a single row.
        Cancelled: from the progress callback.
        Released: in all processes of a group but the first.
    """
    share, folder = _share(run.plan), run.workdir / CHECKPOINTS
    parts = even(ranks.agree(lambda: noted(folder)), share)
    while True:
        try:
            return _fit(run, material, folder, parts)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if parts >= share:
                hint = "Choose a smaller base model, or the method head."
                raise WorkFailed("The memory is not enough for this training.", hint) from error
            parts = even(parts + 1, share)
            note(folder, parts)
            if ranks.world() > 1:  # the others are in the middle of a step: the group has to begin anew
                raise
        material.model.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()
        run.report.tell(f"The memory was not enough: going on with batches in {parts} parts")


def out_of_memory(error: RuntimeError) -> bool:
    """Whether memory ran out: on a GPU, or where the system refuses more (torch has no error of its own for that)."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _fit(run: Run, material: Material, folder: Path, parts: int) -> list[dict[str, float]]:
    """One attempt, each batch in so many parts."""
    _check_same(material)
    last = ranks.agree(lambda: last_checkpoint(folder))
    watcher = Watcher(run.report, folder, material.after_step)
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
    with fast(material.model):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    ranks.release()
    watcher.restore_best(material.model)
    return _curve(trainer.state.log_history)


def _can_checkpoint(model: Any) -> bool:
    return bool(getattr(model, "supports_gradient_checkpointing", False))


def _check_same(material: Material) -> None:
    """A group that does not have the same rows would wait for each other in vain."""
    rows = len(material.train), len(material.validation)
    if ranks.agree(lambda: rows) != rows:
        raise WorkFailed("The machines do not read the same data.", "Keep it on a disk that they share.")


def _arguments(run: Run, material: Material, folder: Path, parts: int) -> TrainingArguments:
    """Settings that hold for every task; the plan's numbers; the machine's abilities."""
    plan = run.plan
    gpu = torch.cuda.is_available()
    steps = steps_of(plan, len(material.train))
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": max(1, _share(plan) // parts),
        "gradient_accumulation_steps": parts,
        "per_device_eval_batch_size": max(plan["batch_size"], 16) // parts or 1,
        "num_train_epochs": plan["epochs"],
        "learning_rate": plan["learning_rate"],
        "lr_scheduler_type": "linear",
        "warmup_steps": max(1, round(steps * 0.1)),
        "weight_decay": 0.01,
        "optim": "adamw_torch_fused",
        "bf16": half(gpu) == "bfloat16",
        "fp16": half(gpu) == "float16",
        "use_cpu": not gpu,
        # The next resort where smaller batches are not enough: activations cost one more forward pass, and no memory.
        # Only without re-entrance is anything learned below frozen layers.
        "activation_checkpointing": parts >= CHECKPOINTED and _can_checkpoint(material.model),
        "activation_checkpointing_kwargs": {"use_reentrant": False},
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
        # Language models divide their loss by the tokens of all processes; encoders' losses are means of their own.
        "average_tokens_across_devices": plan.get("task") == "text-generation",
        "accelerator_config": {
            "use_seedable_sampler": ranks.world() == 1
        },  # else one order of rows, told to all
    }
    arguments = TrainingArguments(**(settings | (material.arguments or {})))
    # One process would spread each batch over all GPUs (DataParallel), and take as many batches at once.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


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
