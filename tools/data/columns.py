"""Which column holds the text, which the label, and which task the table fits: guessed, and open to correction."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.data.spans import are_spans
from tools.errors import BadArgument, BadData, did_you_mean

# Known column names, likeliest first.
# fmt: off
TEXT_NAMES = (
    "text", "message", "body", "content", "description", "review", "comment", "question", "sentence",
    "ticket", "query", "utterance", "complaint", "feedback", "document", "tweet", "post", "email",
    "summary", "title", "subject", "文本", "内容", "正文", "问题", "评论", "句子", "消息",
)
LABEL_NAMES = (
    "label", "category", "class", "intent", "sentiment", "target", "topic", "tag", "type", "kind",
    "department", "queue", "rating", "priority", "labels", "categories", "topics", "tags",
    "标签", "类别", "分类", "意图", "情感",
)
# fmt: on
PROMPTS = ("prompt", "instruction", "question", "input", "query", "问题", "指令")
REPLIES = ("completion", "response", "output", "answer", "reply", "chosen", "回答", "输出")
PAIRS = (
    ("anchor", "positive"),
    ("sentence1", "sentence2"),
    ("sentence_a", "sentence_b"),
    ("query", "positive"),
    ("query", "passage"),
    ("query", "document"),
    ("text1", "text2"),
)
CHATS = ("messages", "conversations", "conversation", "chat")


@dataclass(frozen=True)
class Guess:
    """What a table looks like it is for.

    Attributes:
        task: a task's name, or None where nothing fits.
        text_column: the text (tokens, messages, prompt, image or first sentence for the other tasks).
        label_column: the label (tags, reply or second sentence for the other tasks); None where there is none.
        why: one sentence for people.
    """

    task: str | None
    text_column: str | None = None
    label_column: str | None = None
    why: str = ""


@dataclass(frozen=True)
class _Column:
    """What the sample says about one column."""

    name: str
    values: list[Any]

    @property
    def texts(self) -> list[str]:
        return [value for value in self.values if isinstance(value, str)]

    @property
    def words(self) -> float:
        """Words a cell on average; every Chinese character counts as half a word."""
        texts = self.texts[:500]
        if not texts:
            return 0.0
        chinese = sum(len(re.findall(r"[\u4e00-\u9fff]", text)) for text in texts) / 2
        return (sum(len(text.split()) for text in texts) + chinese) / len(texts)

    @property
    def distinct(self) -> int:
        return len({str(value) for value in self.values})

    @property
    def numeric(self) -> bool:
        sample = self.values[:200]
        return bool(sample) and all(_is_number(value) for value in sample)

    @property
    def dated(self) -> bool:
        sample = [str(value) for value in self.values[:50]]
        return bool(sample) and all(
            re.match(r"\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[./]\d\d?[./]\d{4}", v) for v in sample
        )


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and re.fullmatch(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?", value) is not None


def check_column(name: str, columns: Iterable[str], param: str | None = None) -> str:
    """The column as the file writes it (capitals and surrounding space do not matter).

    Args:
        name: the column that is wished for.
        columns: the file's columns.
        param: the argument to blame.

    Raises:
        BadArgument: there is no such column; the hint names the closest.
    """
    known = list(columns)
    if name in known:
        return name
    same = [column for column in known if column.casefold().strip() == name.casefold().strip()]
    if len(same) == 1:
        return same[0]
    hint = did_you_mean(name, known) or f"The file has {len(known)} columns, the first being {known[0]}."
    raise BadArgument(f"There is no column {name}.", hint, param=param)


def guess_columns(
    rows: Sequence[Mapping[str, Any]],
    task: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
) -> Guess:
    """Guess task, text and label column from some rows; what the caller states is kept.

    Args:
        rows: a sample, as ``tools.data.read.sample_rows`` gives it.
        task: the task, where the user chose one.
        text_column: the text column, where the user chose one.
        label_column: the label column, where the user chose one.

    Raises:
        BadData: there are no rows.
        BadArgument: a chosen column does not exist.
    """
    if not rows:
        raise BadData("The table has no rows.", "Add at least one row.")
    names = list(rows[0])
    text = check_column(text_column, names, "text_column") if text_column else None
    label = check_column(label_column, names, "label_column") if label_column else None
    columns = [_Column(name, [row[name] for row in rows if row.get(name) is not None]) for name in names]
    shape = None if text or label else _by_shape(columns)
    if shape and task in (None, shape.task):
        return shape
    text = text or _text_column([column for column in columns if column.name != label])
    if task != "masked-lm":
        label = label or _label_column([column for column in columns if column.name != text])
    return _guess(task, text, label)


def _guess(task: str | None, text: str | None, label: str | None) -> Guess:
    if task is not None:
        return Guess(task, text, label, "The task was chosen by you.")
    if text and label:
        return Guess("text-classification", text, label, f"{text} holds text and {label} repeats few values.")
    if text:
        return Guess("masked-lm", text, None, f"{text} holds text and no column looks like a label.")
    return Guess(None, None, label, "No column holds text.")


def _by_shape(columns: list[_Column]) -> Guess | None:
    """Tasks that show in the values or names themselves."""
    named = {column.name.casefold(): column for column in columns}
    lists = [column for column in columns if column.values and isinstance(column.values[0], list)]
    for column in lists:
        first = column.values[0]
        if column.name.casefold() in CHATS or (
            first and isinstance(first[0], dict) and "content" in first[0]
        ):
            return Guess("text-generation", column.name, None, f"{column.name} holds conversations.")
    marked = next((c for c in lists if are_spans(c.values[:200])), None)
    text = _text_column([c for c in columns if c is not marked]) if marked else None
    if marked and text:
        why = f"{marked.name} holds marked spans of {text}."
        return Guess("token-classification", text, marked.name, why)
    tokens = next((c for c in lists if c.values[0] and isinstance(c.values[0][0], str)), None)
    tags = next((c for c in lists if c is not tokens and tokens and _same_lengths(tokens, c)), None)
    if tokens and tags:
        return Guess(
            "token-classification", tokens.name, tags.name, f"{tags.name} holds a tag for each token."
        )
    if {"image", "label"} == set(named):
        return Guess("image-classification", "image", "label", "The file holds images in one folder a label.")
    for first_name, second_name in PAIRS:
        if first_name in named and second_name in named:
            pair = named[first_name].name, named[second_name].name
            return Guess("embedding", *pair, f"{pair[0]} and {pair[1]} are pairs of texts.")
    return _prompts(named)


def _same_lengths(first: _Column, second: _Column) -> bool:
    pairs = zip(first.values[:50], second.values[:50], strict=False)
    return all(isinstance(b, list) and len(a) == len(b) for a, b in pairs)


def _prompts(named: dict[str, _Column]) -> Guess | None:
    """Instruction data: a prompt column and a column of free replies (not of few repeated labels)."""
    prompt = next((named[name] for name in PROMPTS if name in named), None)
    reply = next((named[name] for name in REPLIES if name in named), None)
    if prompt and reply and (reply.words >= 3 or reply.distinct > len(reply.values) / 2):
        why = f"{prompt.name} and {reply.name} are prompts and replies."
        return Guess("text-generation", prompt.name, reply.name, why)
    return None


def _name_score(name: str, known: Sequence[str]) -> float:
    """1 for a known name, less for a compound of one such as ``ticket_text``; the earlier in the list the better."""
    plain = name.casefold().strip()
    if plain in known:
        return 1.0 - 0.2 * known.index(plain) / len(known)
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold())
    found = [part for part in parts if part in known]
    return 0.6 - 0.2 * known.index(found[-1]) / len(known) if found else 0.0


def _text_column(columns: list[_Column]) -> str | None:
    """The column that reads most like free text."""

    def score(column: _Column) -> float:
        variety = column.distinct / max(1, len(column.values))
        return _name_score(column.name, TEXT_NAMES) * 2 + min(column.words, 12) / 6 + variety * 0.5

    texts = [c for c in columns if c.texts and not c.numeric and not c.dated]
    named_label = {c.name for c in texts if _name_score(c.name, LABEL_NAMES) >= 0.75 and c.words < 4}
    texts = [c for c in texts if c.name not in named_label]
    free = [c for c in texts if c.words >= 1.5 or _name_score(c.name, TEXT_NAMES) >= 0.4]
    return max(free, key=score).name if free else None


def _label_column(columns: list[_Column]) -> str | None:
    """A column with a label's name, or else one that repeats few short values."""
    # An empty column with a label's name is better named and warned about than overlooked.
    named = [
        (_name_score(c.name, LABEL_NAMES) - (0 if c.values else 0.5), c.name) for c in columns if c.words < 8
    ]
    best = max(named, default=(0.0, ""))
    if best[0] > 0:
        return best[1]
    few = [
        c
        for c in columns
        if c.values
        and 2 <= c.distinct <= min(200, len(c.values) / 2)
        and c.words < 6
        and not c.dated
        and not isinstance(c.values[0], list | dict)
    ]
    few.sort(key=lambda c: (c.numeric, c.distinct))
    return few[0].name if few else None
