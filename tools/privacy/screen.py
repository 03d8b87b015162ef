"""What an assistant shall not say to visitors: sentences with certain words, or that a classifier objects to.

It stands where the redactor stands, so that whatever passes the one passes the other: answers as they are streamed, and
conversations as they are kept.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, NotFound
from tools.privacy.entity import Entity
from tools.privacy.operators import LEFT_OUT
from tools.privacy.redactor import Redactor, replaced
from tools.privacy.segments import segments

LONGEST = 1_000  # lines of a list
REMEMBERED = 4_096  # sentences


class Screen:
    """A redactor that leaves out whole sentences, too.

    Args:
        redactor: finds personal data; ``personal`` afterwards.
        refuses: whether a sentence shall not be said.
    """

    def __init__(self, redactor: Redactor, refuses: Callable[[str], bool]):
        self.personal = redactor
        self._refuses = lru_cache(REMEMBERED)(refuses)

    def find(self, text: str, *args: Any, **options: Any) -> list[Entity]:
        """Personal data alone; see :meth:`tools.privacy.redactor.Redactor.find`."""
        return self.personal.find(text, *args, **options)

    def sayable(self, names: Iterable[str]) -> list[str]:
        """See :meth:`tools.privacy.redactor.Redactor.sayable`."""
        return self.personal.sayable(names)

    def gated(self, text: str, allow: Iterable[str] = ()) -> list[Entity]:
        """What does not leave: sentences that are refused, and personal data in the others."""
        out = self._refused(text)
        personal = self.personal.gated(text, allow)
        rest = [e for e in personal if not any(e.start < o.end and o.start < e.end for o in out)]
        return sorted([*out, *rest], key=lambda entity: entity.start)

    def leave_out(self, text: str, *places: int) -> tuple[str, list[int]]:
        """A text without the sentences that are refused, personal data aside; and where places of it are then."""
        out, mark = self._refused(text), len(f"<{LEFT_OUT}>")
        moved = [at + sum(mark - (min(o.end, at) - o.start) for o in out if o.start < at) for at in places]
        return replaced(text, out), moved

    def _refused(self, text: str) -> list[Entity]:
        spans = _trimmed(text)
        return [Entity(LEFT_OUT, start, end, 1.0) for start, end in spans if self._refuses(text[start:end])]

    def gate(self, text: str, allow: Iterable[str] = ()) -> tuple[str, list[Entity]]:
        """A text as it may leave, and what was taken out."""
        found = self.gated(text, allow)
        return replaced(text, found), found


def _trimmed(text: str) -> Iterable[tuple[int, int]]:
    """Sentences without the space around them."""
    for start, end in segments(text):
        piece = text[start:end]
        begin = start + len(piece) - len(piece.lstrip())
        if piece.strip():
            yield begin, start + len(piece.rstrip())


def listed(path: Path) -> Callable[[str], bool]:
    """A rule from a file with a word or phrase a line; a line between slashes is a regular expression, ``#`` a comment.

    Raises:
        NotFound: there is no such file.
        BadArgument: a line is no regular expression, or there are too many.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            f"The list {path} cannot be read.", "Give a text file with a word or phrase a line."
        ) from error
    wanted = [line for line in lines if line and not line.startswith("#")]
    if len(wanted) > LONGEST:
        raise BadArgument(f"{path.name} has {len(wanted):,} lines; {LONGEST:,} at most.", "Shorten it.")
    rules = [_rule(line, path.name) for line in wanted]
    return lambda sentence: any(rule.search(sentence) for rule in rules)


def _rule(line: str, name: str) -> re.Pattern[str]:
    given = len(line) > 2 and line[0] == line[-1] == "/"
    # Letters of scripts without spaces have no word's edge between them.
    edge = r"\b" if line.isascii() else ""
    try:
        return re.compile(line[1:-1] if given else f"{edge}{re.escape(line)}{edge}", re.IGNORECASE)
    except re.error as error:
        raise BadArgument(
            f"{name}: {line} is no regular expression ({error}).", "Correct the line."
        ) from error


def classified(
    predict: Callable[[list[str]], list[dict[str, Any]]], labels: Iterable[str]
) -> Callable[[str], bool]:
    """A rule from a text classifier: sentences that get one of these labels are refused.

    Args:
        predict: texts to predictions, see :meth:`tools.serving.predictor.Predictor.predict`.
        labels: the labels.
    """
    refused = frozenset(labels)
    return lambda sentence: predict([sentence])[0]["label"] in refused
