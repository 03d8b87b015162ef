"""Which base model and method to begin with: for a task or a dataset, on this machine, best first."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadArgument, BadData

if TYPE_CHECKING:
    from tools.finetune.recipe import Base
    from tools.finetune.task import Facts, Task

READ = 256  # tokens of a text, by most tasks
USUAL_ROWS, USUAL_LABELS = 1000, 8
LONGEST_SECONDS = 4 * 3600
METHODS_TOLD = ("full", "lora", "head", "few-shot", "qlora")


@dataclass(frozen=True)
class Larger:
    """A hub model worth a download: hidden size, layers and vocabulary as in its ``config.json``."""

    model: str
    width: int
    layers: int
    vocabulary: int
    why: str


LARGER = {
    "text-classification": (
        Larger("intfloat/multilingual-e5-small", 384, 12, 250_037, "reads 100 languages, Chinese too"),
        Larger(
            "answerdotai/ModernBERT-base", 768, 22, 50_368, "a larger English encoder, more exact, slower"
        ),
    ),
    "token-classification": (
        Larger("google-bert/bert-base-cased", 768, 12, 28_996, "sees capitals, which names need"),
    ),
    "text-generation": (
        Larger(
            "HuggingFaceTB/SmolLM2-360M-Instruct", 960, 32, 49_152, "writes better than the embedded model"
        ),
        Larger("Qwen/Qwen3-0.6B", 1024, 28, 151_936, "many languages and longer answers"),
    ),
    "embedding": (
        Larger("intfloat/multilingual-e5-small", 384, 12, 250_037, "reads 100 languages, Chinese too"),
    ),
    "masked-lm": (
        Larger(
            "answerdotai/ModernBERT-base", 768, 22, 50_368, "a larger English encoder, more exact, slower"
        ),
    ),
    "image-classification": (
        Larger("WinKawaks/vit-small-patch16-224", 384, 12, 0, "a small vision transformer"),
        Larger("google/vit-base-patch16-224", 768, 12, 0, "the usual vision transformer"),
    ),
}
WHY = {
    "full": "trains all weights: the best quality once there are enough rows",
    "lora": "trains small adapters: nearly as good, with little memory",
    "head": "trains a classifier on the frozen model: a good result in the shortest time",
    "few-shot": "learns from a few rows a label by comparing them",
    "qlora": "trains adapters on a 4-bit model: the largest models on one GPU",
}


def recommend(task: str | None = None, data: Path | None = None) -> dict[str, Any]:
    """Candidates for fine-tuning.

    Args:
        task: the task; guessed from the data where left out.
        data: the data file; without it an ordinary small dataset is assumed.

    Returns:
        ``{"task", "candidates": [{"model", "method", "why", "estimated_seconds", "fits"}]}`` best first, with ``rows``
        and ``labels`` that the times hold for, ``machine`` and ``notes``.

    Raises:
        BadArgument: neither a task nor data.
        BadData: nothing in the data tells what to train.
        NotFound: no such task or file.
    """
    from tools.finetune.task import Facts, find_task
    from tools.models.hardware import hardware

    if not task and data is None:
        raise BadArgument("What shall be trained?", "Name a task or a dataset.", param="task")
    facts, notes, foreign = Facts(USUAL_ROWS, {str(i): 1 for i in range(USUAL_LABELS)}), [], False
    if data is None:
        notes.append(f"The times hold for {USUAL_ROWS:,} short rows; name a dataset for better ones.")
    else:
        task, facts, foreign = _look(task, data)
    if foreign:
        notes.append("Much of the text is not in Latin letters, which the embedded models read badly.")
    chosen = find_task(str(task))
    return {
        "task": chosen.name,
        "candidates": _candidates(chosen, facts, foreign),
        "rows": facts.rows,
        "labels": len(facts.labels) or None,
        "machine": hardware().describe(),
        "notes": notes,
    }


def _look(task: str | None, data: Path) -> tuple[str, "Facts", bool]:
    """Task, facts, and whether the texts are mostly in another script than Latin."""
    from tools.data.columns import guess_columns
    from tools.data.read import iter_rows, sample_rows
    from tools.finetune.examples import mean_tokens
    from tools.finetune.task import Facts

    sample = sample_rows(data)
    guess = guess_columns(sample, task)
    if guess.task is None:
        raise BadData(f"No column of {data.name} tells what to train.", "Name the task.", param="task")
    texts = [str(row.get(guess.text_column or "") or "") for row in sample]
    counts = Counter(
        str(row[guess.label_column]) for row in sample if guess.label_column and row[guess.label_column]
    )
    labels = dict(counts) if guess.task.endswith("classification") else {}
    tokens = mean_tokens(texts, None if guess.task == "masked-lm" else READ)
    letters = [sign for text in texts[:200] for sign in text if sign.isalpha()]
    foreign = sum(sign > "\u024f" for sign in letters) > len(letters) / 4
    return guess.task, Facts(sum(1 for _ in iter_rows(data)), labels, tokens), foreign


def _candidates(task: "Task", facts: "Facts", foreign: bool) -> list[dict[str, Any]]:
    """The embedded model by several methods, the preferred one first, then larger models from the hub."""
    from tools.finetune import recipe

    found = []
    if task.default_base:
        base = _embedded(task.default_base)
        times = {name: _seconds(name, base, facts, task) for name in task.methods}
        warm = recipe.starts_warm(task.name, base)
        preferred, why = recipe.choose_method(task.name, task.methods, facts, times, warm)
        order = [preferred, *(name for name in METHODS_TOLD if name in task.methods and name != preferred)]
        found = [
            _candidate(task, task.default_base, name, base, times[name], WHY[name])
            for name in order
            if name in WHY
        ]
        if found:
            found[0]["why"] = why
    larger = [_larger(each, task, facts) for each in LARGER.get(task.name, ())]
    listed = larger + found if foreign else found + larger
    return sorted(listed, key=lambda candidate: not candidate["fits"])


def _embedded(name: str) -> "Base":
    from tools.finetune.recipe import Base
    from tools.models.embedded import minilm_folder

    if name == "minilm":
        return Base.of(json.loads((minilm_folder() / "config.json").read_text()))
    return Base(576, 30, 49_152, "llama")


def _larger(each: Larger, task: "Task", facts: "Facts") -> dict[str, Any]:
    from tools.finetune.recipe import Base

    base = Base(each.width, each.layers, each.vocabulary)
    method = "lora" if "lora" in task.methods else task.methods[0]
    why = f"{each.why}; is downloaded from the hub"
    return _candidate(task, each.model, method, base, _seconds(method, base, facts, task), why)


def _seconds(method: str, base: "Base", facts: "Facts", task: "Task") -> float:
    from tools.finetune import recipe
    from tools.finetune.budget import Budget

    size = recipe.batch_size(task.name, facts.rows, facts.tokens)
    passes = recipe.epochs(task.name, method, facts.rows, size, recipe.starts_warm(task.name, base))

    def lasts(passes: float) -> float:
        return recipe.seconds(method, base, facts, passes, task.name)

    kept_to = Budget(recipe.PATIENT_SECONDS if method == "full" and "head" in task.methods else None)
    return lasts(kept_to.passes(passes, lasts))


def _candidate(
    task: "Task", model: str, method: str, base: "Base", seconds: float, why: str
) -> dict[str, Any]:
    return {
        "model": model,
        "method": method,
        "why": why,
        "estimated_seconds": round(seconds),
        "fits": _fits(method, base, task, seconds),
    }


def _fits(method: str, base: "Base", task: "Task", seconds: float) -> bool:
    """Whether memory, hardware and an afternoon suffice."""
    from tools.finetune.recipe import memory
    from tools.models.hardware import hardware

    machine = hardware()
    if method == "qlora" and not machine.gpu:
        return False
    room = max(machine.memory, machine.gpu_memory)
    return memory(method, base, task.name) < room and seconds <= LONGEST_SECONDS
