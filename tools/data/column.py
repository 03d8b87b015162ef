"""What a sample says about one column, and which of several reads most like a text or a label."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.data.label_sets import listed

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
LOOKED_AT = 50  # cells in which lists are looked for


@dataclass(frozen=True)
class Column:
    """One column of a sample: its name and the cells that are not missing."""

    name: str
    values: list[Any]

    @property
    def plain(self) -> str:
        """The name without capitals and space around it."""
        return self.name.casefold().strip()

    @property
    def texts(self) -> list[str]:
        """The cells that are text."""
        return [value for value in self.values if isinstance(value, str)]

    @cached_property
    def lists(self) -> list[list[Any]]:
        """The first cells as lists, also where they were written as text; empty where one is none."""
        found = [listed(value) for value in self.values[:LOOKED_AT]]
        return [] if any(each is None for each in found) else [each for each in found if each is not None]

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
        """How many different cells there are."""
        return len({str(value) for value in self.values})

    @property
    def numeric(self) -> bool:
        """Whether the cells are numbers."""
        sample = self.values[:200]
        return bool(sample) and all(_is_number(value) for value in sample)

    @property
    def dated(self) -> bool:
        """Whether the cells are dates."""
        sample = [str(value) for value in self.values[:50]]
        return bool(sample) and all(
            re.match(r"\d{4}[-/]\d\d?[-/]\d\d?|\d\d?[./]\d\d?[./]\d{4}", v) for v in sample
        )

    @property
    def free(self) -> bool:
        """Whether it holds text of several words, or of few that hardly come again."""
        several = self.words >= 1.5 or self.distinct > len(self.values) / 2
        return bool(self.texts) and several and not (self.numeric or self.dated or self.lists)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and re.fullmatch(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?", value) is not None


def _name_score(name: str, known: Sequence[str]) -> float:
    """1 for a known name, less for a compound of one such as ``ticket_text``; the earlier in the list the better."""
    plain = name.casefold().strip()
    if plain in known:
        return 1.0 - 0.2 * known.index(plain) / len(known)
    parts = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold())
    found = [part for part in parts if part in known]
    return 0.6 - 0.2 * known.index(found[-1]) / len(known) if found else 0.0


def text_column(columns: Sequence[Column]) -> str | None:
    """The name of the column that reads most like free text; None where none does."""

    def score(column: Column) -> float:
        variety = column.distinct / max(1, len(column.values))
        return _name_score(column.name, TEXT_NAMES) * 2 + min(column.words, 12) / 6 + variety * 0.5

    texts = [c for c in columns if c.texts and not c.numeric and not c.dated]
    named_label = {c.name for c in texts if _name_score(c.name, LABEL_NAMES) >= 0.75 and c.words < 4}
    texts = [c for c in texts if c.name not in named_label]
    free = [c for c in texts if c.words >= 1.5 or _name_score(c.name, TEXT_NAMES) >= 0.4]
    return max(free, key=score).name if free else None


def label_column(columns: Sequence[Column]) -> str | None:
    """The name of a column with a label's name, or else of one that repeats few short values; None where none does."""
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
