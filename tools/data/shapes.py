"""Tasks that show in a table's values or in the names of its columns, as far as the columns that were chosen allow."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.data.column import Column, text_column
from tools.data.spans import are_spans

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
    ("question1", "question2"),
    ("premise", "hypothesis"),
    ("text_a", "text_b"),
    ("q1", "q2"),
    ("source", "target"),
)
CHATS = ("messages", "conversations", "conversation", "chat")
_MARKED = re.compile(r"[BIESLU]-.")  # a tag of the CoNLL kind


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


def shapes(columns: Sequence[Column], text: str | None = None, label: str | None = None) -> Iterator[Guess]:
    """What the table's shape fits, the surest first.

    Args:
        columns: of a sample.
        text: the text column, where it was chosen.
        label: the label column, where it was chosen.
    """
    for guess in _shapes(columns, text, label):
        if text in (None, guess.text_column) and label in (None, guess.label_column):
            yield guess


def _shapes(columns: Sequence[Column], text: str | None, label: str | None) -> Iterator[Guess]:
    named = {column.plain: column for column in columns}
    lists = [column for column in columns if column.lists]
    yield from _conversations([column for column in lists if text in (None, column.name)])
    yield from _spans(columns, lists, text, label)
    yield from _tags(lists, text, label)
    if {"image", "label"} == set(named):
        yield Guess("image-classification", "image", "label", "The file holds images in one folder a label.")
    for first, second in PAIRS:
        if first in named and second in named and named[first].free and named[second].free:
            pair = named[first].name, named[second].name
            yield Guess("embedding", *pair, f"{pair[0]} and {pair[1]} are pairs of texts.")
    yield from _prompts(named)


def _conversations(lists: Sequence[Column]) -> Iterator[Guess]:
    for column in lists:
        first = column.lists[0]
        messages = first and isinstance(first[0], dict) and ("content" in first[0] or "value" in first[0])
        if column.plain in CHATS or (messages and {"role", "from"} & set(first[0])):
            yield Guess("text-generation", column.name, None, f"{column.name} holds conversations.")


def _spans(
    columns: Sequence[Column], lists: Sequence[Column], text: str | None, label: str | None
) -> Iterator[Guess]:
    marked = next((c for c in lists if label in (None, c.name) and are_spans(c.lists)), None)
    of = text or text_column([c for c in columns if c is not marked])
    if marked and of:
        why = f"{marked.name} holds marked spans of {of}."
        yield Guess("token-classification", of, marked.name, why)


def _tags(lists: Sequence[Column], text: str | None, label: str | None) -> Iterator[Guess]:
    """Words with a tag for each; of several columns of tags the one that marks entities."""
    words = [c for c in lists if c.lists[0] and isinstance(c.lists[0][0], str) and c.name != label]
    tokens = next((c for c in words if text in (None, c.name)), None)
    if tokens is None:
        return
    fitting = [c for c in lists if c is not tokens and _same_lengths(tokens, c)]
    tags = max((c for c in fitting if label in (None, c.name)), key=_entities, default=None)
    if tags:
        why = f"{tags.name} holds a tag for each token."
        yield Guess("token-classification", tokens.name, tags.name, why)


def _entities(column: Column) -> tuple[bool, bool]:
    """How much a column of tags looks like one of entities: by its tags, or else by its name."""
    marked = any(isinstance(tag, str) and _MARKED.match(tag) for tags in column.lists for tag in tags)
    syntax = re.search(r"pos|chunk|dep|lemma", column.plain)
    return "ner" in column.plain or (marked and not syntax), not syntax


def _same_lengths(first: Column, second: Column) -> bool:
    return all(len(a) == len(b) for a, b in zip(first.lists, second.lists, strict=False))


def _prompts(named: dict[str, Column]) -> Iterator[Guess]:
    """Instruction data: a prompt column and a column of free replies (not of few repeated labels)."""
    prompt = next((named[name] for name in PROMPTS if name in named), None)
    reply = next((named[name] for name in REPLIES if name in named), None)
    if prompt and reply and (reply.words >= 3 or reply.distinct > len(reply.values) / 2):
        why = f"{prompt.name} and {reply.name} are prompts and replies."
        yield Guess("text-generation", prompt.name, reply.name, why)
