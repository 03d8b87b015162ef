"""Fill a tool's arguments from what was understood of the message, the conversation and the workspace."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from assistant.brain import options, values
from assistant.brain.asked import Asked
from assistant.brain.counted import epochs
from assistant.brain.labels import ARGUMENTS, NONE
from assistant.brain.mentions import LONGEST
from assistant.brain.patterns import (
    METHODS,
    NO_COLUMN,
    clear_values,
    corrects,
    goes_on,
    listed_method,
    ruled_out,
    strict_task,
)
from assistant.brain.reading import Span
from assistant.brain.things import datasets, explained, jobs, models, sources, texts
from assistant.brain.things.names import nth, told_apart

Filled = dict[str, Any]
OFFERING = (
    "finetune_model",
    "deploy_model",
    "undeploy_model",
    "add_knowledge",
    "remove_knowledge",
    "recommend_model",
)


def arguments(tool: str, asked: Asked) -> Filled:
    """The arguments of a tool call as far as they are known, with those that go without saying.

    Args:
        tool: the tool's name.
        asked: what they are read from.

    Returns:
        Only the arguments that have a value; required ones may be missing.
    """
    return _present(_FILLERS[tool](asked))


def said(tool: str, asked: Asked) -> Filled:
    """The arguments that the message itself holds; nothing is taken from the conversation unless it is pointed at.

    Args:
        tool: the tool's name.
        asked: what they are read from.
    """
    spoken = {ARGUMENTS.get(span.slot, span.slot) for span in asked.reading.spans}
    spoken |= {*training_values(asked), *options.files(asked)}
    if asked.mentions.of("model"):
        spoken |= {"model", "models"}
    if "model" in spoken:
        spoken.add("models")
    if spoken & {"dataset", "source"} or asked.mentions.of("file"):
        spoken |= {"dataset", "source"}
    if asked.mentions.of("job") or jobs.job(asked) != asked.context.job:
        spoken.add("job")
    if told_apart(asked.of_things(), asked.situation.model_names):
        spoken |= {"model", "models"}
    if told_apart(asked.of_things(), asked.situation.file_names):
        spoken |= {"dataset", "source"}
    return {key: value for key, value in arguments(tool, asked).items() if key in spoken}


def offered(asked: Asked) -> Filled:
    """The arguments in what the assistant says: of the training it recommends, or of the action it proposes.

    Args:
        asked: the assistant's message.
    """
    proposes = asked.text.rstrip().endswith(("?", "？")) and asked.reading.tool != NONE
    tool = asked.reading.tool if proposes or asked.reading.tool in OFFERING else asked.context.tool
    if _COULD_TRAIN.search(asked.text):
        tool = "finetune_model"
    asks = ARGUMENTS.get(asked.reading.asks, asked.reading.asks)
    if tool is None:
        return {}
    if tool not in ("finetune_model", "recommend_model"):
        named = said(tool, asked.last_sentence() if proposes else asked)
        return named if asks == "nothing" or len(asked.last_sentence().mentions.found) == 1 else {}
    found = said("finetune_model", asked)
    if asked.context.tool == "inspect_dataset":
        found.pop("task", None)  # what the data fits is no proposal
    if "method" not in found and (method := listed_method(asked.text)):
        found["method"] = method
    bases = [m for m in asked.mentions.found if m.kind == "base"]
    if "base_model" not in found and bases:
        found["base_model"] = bases[0].value
    found.pop(asks, None)  # values to choose from are no proposal
    return found


_COULD_TRAIN = re.compile(
    r"\b(?:(?:I|we) (?:could|can|would|'d|recommend|suggest|propose)|shall I|let me|I'll)\b[^.?!]{0,40}"
    r"\b(?:re)?(?:train|fine-?tun)"
    r"|(?:我可以|可以|建议|要不要|要我)[^。？！]{0,12}(?:训练|微调|再训)",
    re.IGNORECASE,
)


def _present(filled: Mapping[str, Any]) -> Filled:
    return {key: value for key, value in filled.items() if value not in (None, [], "")}


def _finetune(asked: Asked) -> Filled:
    dataset = datasets.dataset(options.without_files(asked))
    return {"dataset": dataset, **training_values(asked), **options.files(asked)}


def training_values(asked: Asked) -> Filled:
    """Everything a message says about how to train, without the dataset.

    The tagger's spans come first; what it has left open is filled where a clear form says it.
    """
    readers: dict[str, Callable[[Span], Any]] = {
        "task": lambda span: strict_task(asked.words(span)),
        "base": lambda span: _base(span, asked),
        "method": lambda span: values.method(asked.words(span)),
        "text_col": lambda span: _column(span, asked),
        "label_col": lambda span: _column(span, asked),
        "epochs": lambda span: epochs(span, asked),
        "rate": lambda span: values.rate(asked.words(span)),
        "name": lambda span: _new_name(span, asked),
    }
    sentence = _sentence(asked)
    found = clear_values(options.blanked(sentence)) | options.numbers(sentence)
    clear = {
        key for key in found if key in ("text_column", "label_column", "epochs", "learning_rate", "name")
    }
    for slot, read in readers.items():
        spans = [span for span in asked.reading.of(slot) if not ruled_out(span.start, asked.text)]
        sure = sorted(spans, key=lambda span: (span.pointer != "value", -span.score))
        sure = sure[::-1] if slot in ("epochs", "rate") and corrects(asked.text) else sure
        value = next((value for span in sure if (value := read(span)) not in (None, "")), None)
        if value is not None and ARGUMENTS.get(slot, slot) not in clear:
            found[ARGUMENTS.get(slot, slot)] = value
    for column in ("text_column", "label_column"):
        if column in found:
            found[column] = _header(found[column], asked)
    for column in ("text_column", "label_column"):
        if column not in clear and found.get(column) in (found.get("name"), found.get("base_model")):
            found.pop(
                "name" if asked.context.asks == column.replace("umn", "") else column, None
            )  # it is not both
    if found.get("text_column") and found.get("text_column") == found.get("label_column"):
        found.pop("text_column" if "label_column" in clear else "label_column")
    if "base_model" not in found and goes_on(sentence):
        found["base_model"] = asked.context.model
    return _present(found)


def _sentence(asked: Asked) -> str:
    """The message with files, addresses and known names blanked, so that nothing in them is read as a value."""
    text = asked.text[:LONGEST]
    for mention in asked.mentions.found:
        if mention.kind in ("file", "url", "job", "base", "hidden"):
            text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def _column(span: Span, asked: Asked) -> str | None:
    """A column's name; what is known to be a file, a model or a method is none."""
    mention = asked.named(span)
    name = values.column(asked.words(span))
    taken = (
        (mention and mention.kind != "quote")
        or name.lower() in (*METHODS, *NO_COLUMN)
        or span.pointer != "value"
        or (not mention and asked.text[span.end : span.end + 1] in ("器", "模"))  # of "classifier", "模型"
        or (len(name) == 1 and not mention and not name.isascii())  # a piece of a Chinese word
    )
    return None if taken else name


def _header(said: str, asked: Asked) -> str:
    """A column as its dataset spells it, where the talk has told it and the message names it whole ("ticket type")."""
    text, short = asked.text.lower(), said.lower()
    columns = asked.context.columns if asked.context.columns and _looked_into(asked) else []
    longer = [
        name
        for name in columns
        if len(name) > len(said) and name.lower().startswith(short) and name.lower() in text
    ]
    same = [name for name in columns if name.lower() == short]
    if same:  # a longer one is meant only where the shorter stands nowhere by itself
        for name in longer:
            text = text.replace(name.lower(), " ")
        if re.search(rf"(?<![a-z0-9_]){re.escape(short)}(?![a-z0-9_])", text) or not longer:
            return said if said in same else same[0]
    return max(longer, key=len, default=said)


def _looked_into(asked: Asked) -> bool:
    """Whether the columns that the talk has told are of the dataset in question."""
    looked_into = asked.context.looked_into
    return looked_into is None or datasets.dataset(asked) in (None, looked_into)


def _new_name(span: Span, asked: Asked) -> str | None:
    """What a new model shall be called; a file, a task or a method is no name, nor are several words."""
    mention, name = asked.named(span), values.bare(asked.words(span))
    other = (
        (mention and mention.kind in ("file", "url", "job"))
        or strict_task(name) == name
        or name.lower() in METHODS
        or values.INTERJECTION.fullmatch(name)
    )
    return None if other or re.search(r"\s", name) else name


def _base(span: Span, asked: Asked) -> str | None:
    """A base model: known by its name, one of the team's own, or an identifier nobody has heard of."""
    if span.pointer != "value":
        return nth(span.pointer, asked.context.listed.get("base", [])) or models.model_of(span, asked)
    mention = asked.named(span)
    if mention and mention.kind in ("file", "url", "job"):
        return None
    return mention.value if mention else values.bare(asked.words(span))


def _recommend(asked: Asked) -> Filled:
    task = next((values.task(asked.words(span)) for span in asked.reading.of("task")), None)
    task = task or strict_task(_sentence(asked))
    pointed = bool(asked.reading.of("dataset") or _PRONOUN.search(asked.text)) or datasets.fresh_file(asked)
    named = datasets.dataset(asked, guess=pointed or task is None)
    return {"task": task, "dataset": named}


def _evaluate(asked: Asked) -> Filled:
    pointed = bool(asked.reading.of("dataset") or asked.reading.of("source")) or datasets.fresh_file(asked)
    again = asked.context.tool == "evaluate_model" and _PRONOUN.search(asked.text)
    before = asked.context.args.get("dataset") if again else None
    return {"model": models.model(asked), "dataset": datasets.dataset(asked, guess=pointed) or before}


_PRONOUN = re.compile(r"\b(?:it|that|this|those|these|them|same|there)\b|它|这|那|同", re.IGNORECASE)


def _with_text(asked: Asked) -> Filled:
    return {
        "model": models.model(asked),
        "text": texts.text(asked) or texts.next_text(asked) or asked.context.text,
    }


def _added(asked: Asked) -> Filled:
    source = sources.source(asked)
    return {"source": source, "visibility": options.visibility(asked.text.replace(str(source or "\0"), ""))}


def _undeploy(asked: Asked) -> Filled:
    served = asked.context.model or models.served(asked.situation) or models.implied_model(asked)
    return {"model": models.said_model(asked) or served}


def _redact(asked: Asked) -> Filled:
    return {"text": texts.text(asked) or _after_colon(asked.text)}


def _after_colon(text: str) -> str | None:
    found = re.search(r"[:：]\s*(\S.+)$", text, re.DOTALL)
    return values.unquoted(found[1]) if found else None


_FILLERS: dict[str, Callable[[Asked], Filled]] = {
    "inspect_dataset": lambda asked: {"dataset": datasets.dataset(asked)},
    "recommend_model": _recommend,
    "finetune_model": _finetune,
    "list_jobs": lambda asked: {},
    "show_job": lambda asked: {"job": jobs.job(asked)},
    "cancel_job": lambda asked: {"job": jobs.job(asked)},
    "resume_job": lambda asked: {"job": jobs.job(asked)},
    "list_models": lambda asked: {},
    "evaluate_model": _evaluate,
    "compare_models": lambda asked: {"models": models.models(asked)},
    "deploy_model": lambda asked: {"model": models.model(asked), "engine": options.engine(asked.text)},
    "undeploy_model": _undeploy,
    "benchmark_model": lambda asked: {"model": models.model(asked)},
    "predict": _with_text,
    "explain_prediction": explained.explanation,
    "search_knowledge": lambda asked: {"query": asked.text.strip()},
    "add_knowledge": _added,
    "remove_knowledge": lambda asked: {"source": sources.source(asked)},
    "redact_text": _redact,
}
