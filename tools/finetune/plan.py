"""What would be trained, and how: decided and checked before anything is started."""

import importlib.util
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tools.errors import BadArgument, BadData, NotFound, Unsupported, did_you_mean
from tools.finetune import recipe, space
from tools.finetune.bases import base_of, unreadable
from tools.finetune.budget import budget_of, check_minutes, cut, lasting, told
from tools.finetune.continual import not_replayed
from tools.finetune.families import fits
from tools.finetune.noticed import told_unused
from tools.finetune.spec import METHODS, FinetuneSpec
from tools.finetune.task import Facts, Task, find_task

if TYPE_CHECKING:
    import pandas

WEIGHT_BYTES = 2  # of a parameter in half precision, the least that can be trained from but for qlora
SAMPLE = 200  # texts


@dataclass(frozen=True)
class _Chosen:
    """What was read from data and columns."""

    task: Task
    text: str
    label: str | None
    facts: Facts
    beside: tuple[str, ...]
    sample: list[str]


def make_plan(spec: FinetuneSpec) -> dict[str, Any]:
    """Decide what is open in a spec and check all of it.

    Args:
        spec: the wish.

    Returns:
        ``task``, ``base``, ``method``, ``text_column``, ``label_column``, ``beside`` (further columns), ``rows``,
        ``labels`` (how many, or None),
        ``epochs``, ``learning_rate``, ``batch_size``, ``estimated_seconds``, ``why``, ``warnings``.

    Raises:
        BadData: the data cannot be trained on.
        BadArgument: an option makes no sense.
        NotFound: no such file, task or base model.
        Unsupported: this machine or base model cannot do that.
        OutOfSpace: the disk is too small.
    """
    _check_numbers(spec)
    chosen = _read(spec)
    base, folder = base_of(spec, chosen.task)
    space.require(spec.cache or spec.data.parent, 50_000_000 + base.parameters * 4 * 8)
    plan = _decide(spec, chosen, base)
    if chosen.task.name not in ("image-classification", "text-generation"):
        plan["warnings"] += unreadable(folder, chosen.sample, plan["base"])
    plan["warnings"] += told_unused(spec, plan["method"])
    plan["warnings"] += not_replayed(spec, folder, chosen.task.name, chosen.facts, plan["base"])
    return plan


def _check_numbers(spec: FinetuneSpec) -> None:
    """Options that are wrong whatever the data is."""
    if spec.method not in METHODS:
        raise BadArgument(
            f"There is no method {spec.method}.", did_you_mean(spec.method, METHODS), param="method"
        )
    if spec.epochs is not None and not 0 < spec.epochs <= 1000:
        raise BadArgument("The number of epochs must be above 0 and at most 1000.", "Try 3.", param="epochs")
    if spec.learning_rate is not None and not 0 < spec.learning_rate < 1:
        raise BadArgument("The learning rate must lie between 0 and 1.", "Try 1e-4.", param="learning_rate")
    if spec.batch_size is not None and not 1 <= spec.batch_size <= 4096:
        raise BadArgument("The batch size must lie between 1 and 4096.", "Try 32.", param="batch_size")
    check_minutes(spec)
    if not 0 <= spec.seed < 2**32:
        raise BadArgument("The seed must be a whole number from 0 to 4294967295.", "Try 42.", param="seed")
    for path in (spec.data, spec.test_data):
        if path is not None and not path.exists():
            raise NotFound(f"There is no file {path.name}.", "Check the name, or upload the file first.")
    if spec.method == "qlora":
        from tools.models.hardware import hardware

        if not hardware().gpu:
            raise Unsupported(
                "qlora needs an NVIDIA GPU, and this machine has none.", "Use lora instead.", param="method"
            )


def _read(spec: FinetuneSpec) -> _Chosen:
    """The columns by a sample, then those columns whole, and what the task says of them."""
    from tools.data.columns import guess_columns
    from tools.data.read import sample_rows
    from tools.finetune.examples import read

    if spec.task:
        find_task(spec.task)
    sample = sample_rows(spec.data)
    guess = guess_columns(sample, spec.task or None, spec.text_column, spec.label_column)
    names = list(sample[0]) if sample else []
    task, text, label = _complete(spec, guess, names)
    beside = task.beside(names, text, label)
    table = read(spec.data, (text, label), beside)
    table.attrs |= {"one_label": spec.one_label, "tested": spec.test_data is not None}
    facts = task.check(table, text, label)
    facts.warnings[:0] = table.attrs.get("warnings", [])
    chosen = _Chosen(task, text, label, facts, beside, [])
    if spec.test_data:
        facts.warnings.extend(_check_test(spec, chosen, table))
    if spec.unlabeled:
        _check_unlabeled(spec, task, text)
    cells = [cell for cell in table[text][:: max(1, len(table) // SAMPLE)] if cell is not None]
    chosen.sample.extend(" ".join(map(str, cell)) if isinstance(cell, list) else str(cell) for cell in cells)
    return chosen


def _complete(spec: FinetuneSpec, guess: Any, names: list[str]) -> tuple[Task, str, str | None]:
    """Task and columns, or an error that says which one to name."""
    columns = ", ".join(names[:12])
    if guess.task is None:
        raise BadData(f"No column of {spec.data.name} holds text.", f"Its columns are {columns}.")
    task = find_task(guess.task)
    if guess.text_column is None:
        raise BadArgument("Which column holds the text?", f"The columns are {columns}.", param="text_column")
    if task.needs_label and guess.label_column is None:
        raise BadArgument(
            "Which column holds the label?", f"The columns are {columns}.", param="label_column"
        )
    if guess.text_column == guess.label_column:
        raise BadArgument(
            f"Column {guess.text_column} cannot be both the text and the label.",
            f"The columns are {columns}.",
            param="label_column",
        )
    return task, guess.text_column, guess.label_column


def _check_test(spec: FinetuneSpec, chosen: _Chosen, table: "pandas.DataFrame") -> list[str]:
    """What is left to learn from and to measure on, once no text is in both files; warnings where it is less.

    Raises:
        BadData: nothing is left, or the two files have nothing to do with each other.
    """
    from tools.finetune.examples import plain, read

    assert spec.test_data is not None
    name, columns = spec.test_data.name, (chosen.text, chosen.label)
    held = chosen.task.rows(read(spec.test_data, columns, chosen.beside), *columns, chosen.facts)
    if not held:
        raise BadData(f"{name} has no row to measure on.", "Give a test file with texts and labels.")
    rows = chosen.task.rows(table, *columns, chosen.facts)
    known = {plain(text) for text, _ in held}
    left = [labels for text, labels in rows if plain(text) not in known]
    shared, hint = (
        len(rows) - len(left),
        "Give another test file, or none: then a part of the data is held out.",
    )
    learned, wanted = (
        {label for labels in each for label in labels} for each in (left, [each for _, each in held])
    )
    if not left or (chosen.facts.labels and len(learned) < 2):
        raise BadData(
            f"{shared:,} of {len(rows):,} rows stand in {name} too: too few are left to train on.", hint
        )
    if wanted and not wanted & learned:
        raise BadData(
            f"{name} has none of the labels to be learned.", f"Those are {', '.join(sorted(learned)[:8])}."
        )
    said = [f"{shared:,} training rows stand in {name} too and are left out."] if shared else []
    if strange := sorted(wanted - learned):
        count = sum(bool(set(labels) - learned) for _, labels in held)
        said.append(
            f"{count:,} rows of {name} have labels that are not learned, and count as wrong: {', '.join(strange[:5])}."
        )
    return said


def _check_unlabeled(spec: FinetuneSpec, task: Task, text: str) -> None:
    """The file of unlabelled texts has the text column, and the task can use it."""
    from tools.finetune.examples import read, texts

    assert spec.unlabeled is not None
    if task.name != "text-classification":
        raise Unsupported(
            f"{task.name} cannot learn from unlabelled rows.",
            "Leave the file out, or train a text classifier.",
            param="unlabeled",
        )
    if not texts(read(spec.unlabeled, (text,)), text):
        raise BadData(f"{spec.unlabeled.name} has no text in column {text}.", "Give a file with texts.")


SEARCHED = ("full", "lora", "dora", "adalora", "qlora")  # methods with a learning rate


def _four_bits(task: Task) -> list[str]:
    """What qlora takes, and where it brings nothing.

    Raises:
        Unsupported: the package that holds weights in 4 bits is not installed.
    """
    if task.name != "text-generation":
        return [
            f"qlora holds the weights of text generators in 4 bits; for {task.name} it is the same as lora."
        ]
    if importlib.util.find_spec("bitsandbytes") is None:
        raise Unsupported(
            "qlora needs bitsandbytes, which is not installed.",
            "Install it (pip install 'startup-assistant[gpu]'), or use lora.",
            param="method",
        )
    return []


def _decide(spec: FinetuneSpec, chosen: _Chosen, base: recipe.Base) -> dict[str, Any]:
    """The numbers."""
    task, facts = chosen.task, chosen.facts
    size = spec.batch_size or recipe.batch_size(task.name, facts.rows, facts.tokens)
    warm = recipe.starts_warm(task.name, base)

    limit = budget_of(spec, task)

    def usual(method: str) -> float:
        return spec.epochs or recipe.epochs(task.name, method, facts.rows, size, warm)

    def passes(method: str) -> float:
        lasts = partial(recipe.seconds, method, base, facts, task=task.name)
        return spec.epochs or limit.passes(usual(method), lasts)

    def needed(method: str) -> int:
        return recipe.memory(method, base, task.name, facts.rows * facts.tokens)

    estimates = {m: recipe.seconds(m, base, facts, passes(m), task.name) for m in task.methods}
    method, why = spec.method, "The method was chosen by you."
    if method == "auto" and not fits(task.name, base.kind):
        method, why = "head", f"transformers has no classifier for {base.kind}: one is put on its vectors."
    elif method == "auto":
        method, why = recipe.choose_method(task.name, task.methods, facts, estimates, warm, limit.seconds)
        if method == "full" and "lora" in task.methods and needed("lora") <= space.free() < needed("full"):
            method, why = (
                "lora",
                "An adapter is trained, as the memory does not hold the training of all weights.",
            )
    if method not in task.methods:
        hint = f"It knows {', '.join(task.methods)}."
        raise BadArgument(f"{task.name} cannot be trained by {method}.", hint, param="method")
    if method == "qlora":
        facts.warnings.extend(_four_bits(task))
    if facts.several and (method == "few-shot" or spec.unlabeled):
        raise Unsupported(
            f"Column {chosen.label} holds several labels a row, which "
            f"{'few-shot' if method == 'few-shot' else 'learning from unlabelled texts'} cannot use.",
            "Use full, lora or head, without unlabelled texts.",
            param="method" if method == "few-shot" else "unlabeled",
        )
    if spec.search and spec.method == "auto" and method not in SEARCHED:
        method = next((each for each in task.methods if each in SEARCHED), method)
        why = f"{method} is taken, as a search needs a learning rate to try."
    if spec.search and spec.unlabeled:
        raise BadArgument(
            "A search does not go together with unlabelled texts.",
            "Search first, then use them.",
            param="search",
        )
    if spec.search and method in ("head", "few-shot"):
        raise BadArgument(
            f"The method {method} has no learning rate to search for.", "Use full or lora.", param="search"
        )
    seconds = lasting(spec, estimates[method])
    return {
        "task": task.name,
        "base": spec.base or task.default_base,
        "method": method,
        "text_column": chosen.text,
        "label_column": chosen.label,
        "beside": list(chosen.beside),
        "rows": facts.rows,
        "labels": len(facts.labels) or None,
        "several_labels": facts.several,
        "epochs": passes(method),
        "learning_rate": spec.learning_rate or recipe.learning_rate(task.name, method, base),
        "batch_size": size,
        "estimated_seconds": round(seconds, 1),
        "why": why + cut(passes(method), usual(method)),
        "warnings": facts.warnings
        + told(spec, seconds, passes(method), facts.rows)
        + space.memory_told(
            needed(method),
            base.parameters * (1 if recipe.four_bits(method, task.name) else WEIGHT_BYTES),
        ),
    }
