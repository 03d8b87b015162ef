"""Rows of a table in a text: the line above them says what their cells are."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tools.privacy.entity import Entity
from tools.privacy.fields import NAMES, Fields
from tools.privacy.recognizer import Recognizer
from tools.privacy.recognizers.people import ordinary

HEAD = re.compile(r"(?m)^[^\n,;|\t]{0,30}(?:[,;|\t][^\n,;|\t]{0,30}){1,40}$")
RULE = re.compile(r"[-:|\s]+")  # the line between head and body in Markdown
SIGNS = ",;\t|"
CELL = {
    sign: re.compile(rf'[ ]*"((?:[^"]|"")*)"[ ]*(?:{re.escape(sign)}|$)|([^{re.escape(sign)}]*)(?:{re.escape(sign)}|$)')
    for sign in SIGNS
}  # fmt: skip
Spans = list[tuple[int, int]]


class Table(NamedTuple):
    """A table in a text: where its head begins and ends, where its body ends, what its cells are divided by."""

    start: int
    end: int
    last: int
    sign: str


class Tables(Recognizer):
    """Cells of a column whose name promises something personal."""

    TYPES = tuple(kind for kind, _ in NAMES)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for table in tables(text):
            names = [text[start:end] for start, end in cells(text, table.start, table.end, table.sign)]
            fields = Fields(names)
            body = list(rows(text, table, len(names)))
            doubtful = table.sign == "," and len(body) == 1  # two lines of prose have commas, too
            for row in body:
                for name, (start, end) in zip(names, row, strict=False):
                    value = text[start:end]
                    kind = fields.kind(name, value)
                    if kind is None or (doubtful and prose(kind, value)):
                        continue
                    if kind != "PERSON" or not ordinary(re.findall(r"[^\W\d_]+", value)):
                        yield Entity(kind, start, end, 0.9)


def tables(text: str) -> Iterator[Table]:
    """The tables whose head names personal fields; their bodies go on as long as lines are divided like the head."""
    at = 0
    while "\n" in text and (match := HEAD.search(text, at)):
        start, end = match.span()
        sign = max(SIGNS, key=match.group().count)
        at = end + 1
        names = [text[first:last] for first, last in cells(text, start, end, sign)]
        if len(names) > 1 and Fields(names).personal:
            while sign in text[at : (text.find("\n", at) + 1 or len(text) + 1)]:
                at = text.find("\n", at) + 1 or len(text) + 1
            yield Table(start, end, min(at, len(text)), sign)


def prose(kind: str, value: str) -> bool:
    """Whether a cell is rather part of a sentence than an address or a date."""
    if kind not in ("LOCATION", "DATE_TIME") or (kind == "LOCATION" and re.search(r"\d", value)):
        return False
    words = value.split()
    return len(words) > 3 and sum(word[0].islower() for word in words) * 2 > len(words)


def rows(text: str, table: Table, width: int) -> Iterator[Spans]:
    """The cells of each line of a table's body that is as wide as the head; the text's last line may be unfinished."""
    at = table.end + 1
    while at < table.last:
        end = text.find("\n", at, table.last)
        end = table.last if end < 0 else end
        row = cells(text, at, end, table.sign)
        whole = len(row) == width or (end == len(text) and len(row) < width)
        if whole and not RULE.fullmatch(text, at, end):
            yield row
        at = end + 1


def head_of(text: str, at: int) -> str:
    """The head, with its line's end, of the table in whose body a place is; empty where it is in none."""
    for table in tables(text):
        if table.end < at <= table.last:
            return text[table.start : table.end + 1]
    return ""


def cells(text: str, start: int, end: int, sign: str) -> Spans:
    """Where the cells of a line stand, without quotes and the spaces around them."""
    if sign == "|":
        start += len(text[start:end]) - len(text[start:end].lstrip(" |"))
        end = start + len(text[start:end].rstrip(" |"))
    found: Spans = []
    line = text[start:end]
    for match in CELL[sign].finditer(line):
        if match.start() == len(line) and found and line[-1] != sign:
            break  # nothing after the last cell
        first, last = match.span(match.lastindex or 2)
        inside = line[first:last]
        first += len(inside) - len(inside.lstrip())
        found.append((start + first, start + first + len(inside.strip())))
    return found
