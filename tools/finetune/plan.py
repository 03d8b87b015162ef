"""What would be trained, and how: decided and checked before anything is started."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, BadData, NotFound, Unsupported, did_you_mean
from tools.finetune import recipe, space
from tools.finetune.spec import METHODS, FinetuneSpec
from tools.finetune.task import Facts, Task, find_task

WEIGHT_BYTES = 2  # of a parameter in half precision, the least that can be trained from
CAUSAL_ONLY = ("gpt2", "gptj", "gpt_neo", "gpt_neox", "llama", "mistral", "mixtral", "opt", "bloom", "falcon")
CAUSAL_TOO = ("phi", "phi3", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "smollm3", "granite", "olmo")
ENCODERS = (
    "bert",
    "distilbert",
    "roberta",
    "xlm-roberta",
    "electra",
    "albert",
    "mpnet",
    "deberta",
    "deberta-v2",
)
ENCODERS_TOO = (
    "camembert",
    "modernbert",
    "nomic_bert",
    "convbert",
    "roformer",
    "xlm",
    "longformer",
    "big_bird",
)


@dataclass(frozen=True)
class _Chosen:
    """What was read from data and columns."""

    task: Task
    text: str
    label: str | None
    facts: Facts


def make_plan(spec: FinetuneSpec) -> dict[str, Any]:
    """Decide what is open in a spec and check all of it.

    Args:
        spec: the wish.

    Returns:
        ``task``, ``base``, ``method``, ``text_column``, ``label_column``, ``rows``, ``labels`` (how many, or None),
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
    base = _base(spec, chosen.task)
    space.require(spec.cache or spec.data.parent, 50_000_000 + base.parameters * 4 * 8)
    return _decide(spec, chosen, base)


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
    task, text, label = _complete(spec, guess, list(sample[0]) if sample else [])
    table = read(spec.data, (text, label))
    facts = task.check(table, text, label)
    facts.warnings[:0] = table.attrs.get("warnings", [])
    if spec.test_data:
        _check_test(spec, task, text, label)
    if spec.unlabeled:
        _check_unlabeled(spec, task, text)
    return _Chosen(task, text, label, facts)


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
    return task, guess.text_column, guess.label_column


def _check_test(spec: FinetuneSpec, task: Task, text: str, label: str | None) -> None:
    """The test file has the same columns and at least one usable row."""
    from tools.finetune.examples import read

    assert spec.test_data is not None
    table = read(spec.test_data, (text, label))
    usable = table.dropna()
    if usable.empty:
        raise BadData(
            f"{spec.test_data.name} has no row to measure on.", "Give a test file with texts and labels."
        )


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


def _base(spec: FinetuneSpec, task: Task) -> recipe.Base:
    """The base model's sizes; refuses one that is made for something else."""
    folder = base_folder(spec, task, convert=False)
    if folder is None:
        return recipe.Base(576, 30, 49_152, "llama")  # smollm2, not unpacked yet
    if not isinstance(folder, Path):
        return recipe.Base()
    if not folder.is_dir():
        raise NotFound(f"There is no base model {spec.base or folder}.", "Use minilm, smollm2, or a folder.")
    try:
        config = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise BadArgument(
            f"{folder.name} is no model folder: it has no config.json.", "Choose another."
        ) from error
    base = recipe.Base.of(config)
    _check_kind(spec.base or task.default_base, base.kind, "image_size" in config, task)
    return base


def _check_kind(name: str, kind: str, sees: bool, task: Task) -> None:
    """A base model of another world."""
    encoder, causal = kind in ENCODERS + ENCODERS_TOO, kind in CAUSAL_ONLY + CAUSAL_TOO
    wrong = {
        "text-generation": encoder or sees,
        "masked-lm": causal or sees,
        "image-classification": encoder or causal,
    }.get(task.name, sees)
    if wrong:
        fits = "a vision model such as a ViT" if task.name == "image-classification" else task.default_base
        raise Unsupported(
            f"Base model {name} ({kind}) cannot be trained for {task.name}.", f"Use {fits}.", param="base"
        )


def base_folder(
    spec: FinetuneSpec, task: Task, convert: bool, cache: Path | None = None
) -> Path | str | None:
    """Where the base model lies: as the caller resolved it, or looked up.

    Args:
        spec: its ``base`` and ``base_path``.
        task: gives the default.
        convert: unpack or download what is not there yet; without it, None stands for an unpacked smollm2.
        cache: for converted models where the spec names none.

    Raises:
        BadArgument: the task has no default base model.
    """
    from tools.models.embedded import embedded_name, fetch_base, minilm_folder, resolve_base, smollm2_folder

    name = spec.base or task.default_base
    if spec.base_path is not None:
        folder = Path(spec.base_path)
        return folder if folder.is_dir() or not convert else fetch_base(spec.base_path, cache or Path())
    if not name:
        raise BadArgument(
            f"{task.name} needs a base model.", "Give a folder or a Hugging Face id.", param="base"
        )
    known = embedded_name(name)
    if known == "minilm":
        return minilm_folder()
    place = spec.cache or cache
    if known == "smollm2":
        return smollm2_folder(place) if convert and place else None
    return fetch_base(name, place or Path()) if convert else resolve_base(name, place or Path())


SEARCHED = ("full", "lora", "dora", "adalora", "qlora")  # methods with a learning rate


def _lasting(spec: FinetuneSpec, seconds: float) -> float:
    """How long the whole takes: with unlabelled texts it is trained twice, a search has its time."""
    once = seconds * (3 if spec.unlabeled else 1)
    return max(once, 60 * spec.search) if spec.search else once


def _decide(spec: FinetuneSpec, chosen: _Chosen, base: recipe.Base) -> dict[str, Any]:
    """The numbers."""
    task, facts = chosen.task, chosen.facts
    size = spec.batch_size or recipe.batch_size(task.name, facts.rows, facts.tokens)
    warm = recipe.starts_warm(task.name, base)

    def passes(method: str) -> float:
        return spec.epochs or recipe.epochs(task.name, method, facts.rows, size, warm)

    estimates = {m: recipe.seconds(m, base, facts, passes(m), task.name) for m in task.methods}
    method, why = spec.method, "The method was chosen by you."
    if method == "auto":
        method, why = recipe.choose_method(task.name, task.methods, facts, estimates, warm)
    if method not in task.methods:
        hint = f"It knows {', '.join(task.methods)}."
        raise BadArgument(f"{task.name} cannot be trained by {method}.", hint, param="method")
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
    return {
        "task": task.name,
        "base": spec.base or task.default_base,
        "method": method,
        "text_column": chosen.text,
        "label_column": chosen.label,
        "rows": facts.rows,
        "labels": len(facts.labels) or None,
        "several_labels": facts.several,
        "epochs": passes(method),
        "learning_rate": spec.learning_rate or recipe.learning_rate(task.name, method, base),
        "batch_size": size,
        "estimated_seconds": round(_lasting(spec, estimates[method]), 1),
        "why": why,
        "warnings": facts.warnings
        + space.memory_told(recipe.memory(method, base), base.parameters * WEIGHT_BYTES),
    }
