"""Models of language measured on new texts and conversations: how well they predict tokens, and what they answer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.loading import loaded
from tools.errors import BadData, WorkFailed
from tools.memory import SPARE, free_memory
from tools.models.placement import numbers, weights
from tools.serving.beside import Beside
from tools.serving.engines.kept import TORCH
from tools.serving.measured import Measured
from tools.serving.measured_rows import drawn, known, named, table_of
from tools.serving.predictor import Predictor, load

if TYPE_CHECKING:
    import numpy
    import pandas

MOST_TEXTS = 20_000  # that a masked language model is measured on, and rows of 128 tokens that they make
MOST_TALKS = 2_000  # conversations


class Shared:
    """A model that others use meanwhile: each batch, and each answer, has its turn."""

    def __init__(self, predictor: Predictor):
        self._model, self._lock = predictor.model.model, predictor.lock

    def __call__(self, **batch: Any) -> Any:
        """What the model gives for a batch."""
        with self._lock:
            return self._model(**batch)

    def generate(self, **options: Any) -> Any:
        """What it writes."""
        with self._lock:
            return self._model.generate(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def fillers(predictor: Predictor, info: dict[str, Any], data: Path, beside: Beside) -> Measured:
    """Loss, perplexity and accuracy of a masked-lm model, at masks that depend on the seed of its training alone.

    Args:
        predictor: the model.
        info: what the registry knows of it.
        data: the file.
        beside: its base.

    Raises:
        BadData: the file holds no text.
    """
    from tools.finetune.examples import texts
    from tools.finetune.language import by_frequency, losses, perplexity, read_counts
    from tools.finetune.tasks.masked_lm import blocks, masks, plain_base

    table, (column, _) = table_of(predictor, info, data)
    given = texts(table, column)
    if not given:
        raise BadData(f"Column {column} of {data.name} holds no texts.", "Fill them in.")
    warnings = _gaps(table, len(given), "{:,} rows without a text are left out.")
    here, seed = predictor.here, int(known(predictor, info).get("seed") or 0)
    tokenizer = here.model.tokenizer
    given, cut = drawn(given, MOST_TEXTS, seed)
    rows, more = drawn(blocks(given, tokenizer), MOST_TEXTS, seed)

    def at_masks(model: Any, message: str) -> "numpy.ndarray":
        return losses(model, rows, masks(tokenizer, seed), _told(beside, message, rows), shift=0)

    def base(folder: Path) -> "numpy.ndarray | None":
        model, complete = plain_base(folder)
        return at_masks(model.to(here.model.device), "Measuring its base") if complete else None

    found = at_masks(Shared(here), "Measuring the model")
    other, gone = beside.measured(base)
    counts, guessed = read_counts(predictor.folder), None
    if counts is not None:
        guessed = by_frequency(counts, rows, masks(tokenizer, seed), 0, tokenizer.all_special_ids)
    evaluation = _evaluation(found, {"word_frequencies": guessed, "base_model": other})
    return Measured(named((column, None)), perplexity(found), evaluation, warnings + (cut or more) + gone)


def writers(predictor: Predictor, info: dict[str, Any], data: Path, beside: Beside) -> Measured:
    """Loss, perplexity and accuracy of a text-generation model on answers alone, and some answers of its own.

    Args:
        predictor: the model, on whatever engine; transformers computes these figures, from the same weights.
        info: what the registry knows of it.
        data: the file.
        beside: its base.

    Raises:
        BadData: the file holds no question with an answer that can be read.
        WorkFailed: the memory does not hold the model once more.
    """
    from transformers import AutoModelForCausalLM

    from tools.finetune.conversations import Collate, conversations, told_strange, usable
    from tools.finetune.language import by_frequency, losses, perplexity, read_counts
    from tools.finetune.prompting import chat_tokenizer
    from tools.finetune.samples import samples
    from tools.finetune.tasks.text_generation import MAX_LENGTH

    table, columns = table_of(predictor, info, data)
    every, facts = conversations(table, *columns), known(predictor, info)
    if not every:
        raise BadData(
            f"No row of {data.name} holds a question and an answer.",
            "Give a column of conversations (lists of role and content), or a prompt and a reply column.",
        )
    lost = "{:,} rows are left out: no question with an answer was found in them."
    warnings = _gaps(table, len(every), lost)
    given, cut = drawn(every, MOST_TALKS, int(facts.get("seed") or 0))
    tokenizer, length = chat_tokenizer(predictor.folder), int(facts.get("max_length") or MAX_LENGTH)
    rows, talks, strange = usable(tokenizer, given, length)
    if not rows:
        raise BadData(f"No answer begins within the first {length} tokens.", "Shorten the prompts.")
    warnings += cut + told_strange(strange)
    if late := len(given) - len(rows) - strange:
        warnings.append(f"{late:,} conversations are left out: their answers begin beyond {length} tokens.")
    if over := sum(len(row["input_ids"]) >= length for row in rows):
        warnings.append(
            f"{over:,} conversations are longer than {length} tokens: what lies beyond is not measured."
        )
    collate = Collate(tokenizer.pad_token_id)

    def on_answers(model: Any, message: str) -> "numpy.ndarray":
        return losses(model, rows, collate, _told(beside, message, rows), shift=1)

    def base(folder: Path) -> "numpy.ndarray":
        _check_room(numbers(folder) * kind.itemsize, beside.name)
        model: Any = loaded(AutoModelForCausalLM, str(folder), use_safetensors=True, dtype=kind)
        return on_answers(model.to(device), "Measuring its base")

    model: Any = Shared(_here(predictor))
    kind, device = model.dtype, model.device
    found = on_answers(model, "Measuring the model")
    beside.report.tell("Writing some answers")
    examples = samples(model, tokenizer, talks, length)
    del model  # before its base comes into the memory
    other, gone = beside.measured(base)
    counts = read_counts(predictor.folder)
    guessed = None if counts is None else by_frequency(counts, rows, collate, shift=1)
    evaluation = _evaluation(found, {"base_model": other, "word_frequencies": guessed})
    return Measured(named(columns), perplexity(found), evaluation | {"examples": examples}, warnings + gone)


def _here(predictor: Predictor) -> Predictor:
    """The model as transformers has it: engines tell no probabilities of a text that is given."""
    from tools.finetune.tasks.text_generation import LoadedGenerator

    found = predictor.here
    if isinstance(found.model, LoadedGenerator):
        return found
    _check_room(weights(predictor.folder), predictor.name)
    return load(predictor.folder, engine=TORCH)


def _check_room(size: int, name: str) -> None:
    """Refuse weights of so many bytes where the memory does not hold them.

    Raises:
        WorkFailed: it does not.
    """
    from tools.finetune.machine import best_device

    needed, free = size + SPARE, free_memory()
    if best_device() == "cpu" and needed > free:
        raise WorkFailed(
            f"Measuring {name} takes {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free.",
            "Try again when less is running, or on a larger machine.",
        )


def _gaps(table: "pandas.DataFrame", used: int, words: str) -> list[str]:
    """What the file itself says of its rows, and how many are not used."""
    said = [words.format(len(table) - used)] if used < len(table) else []
    return [*table.attrs.get("warnings", []), *said]


def _told(beside: Beside, message: str, rows: Sequence[Any]) -> Callable[[int], None]:
    beside.report.phase(message, len(rows))
    return beside.report.advance


def _evaluation(found: "numpy.ndarray", others: dict[str, "numpy.ndarray | None"]) -> dict[str, Any]:
    """What stands beside a model's measures: those of others on the same tokens, and how sure its own are."""
    from tools.finetune.language import perplexity
    from tools.finetune.metrics import resampled

    baseline = {name: perplexity(each) for name, each in others.items() if each is not None}
    return {"baseline": baseline, "intervals": resampled(found, perplexity)}
