"""Find personal data in texts and hide it."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from tools.errors import BadArgument
from tools.privacy.engine import Engine
from tools.privacy.entity import WORDS, Entity, resolve
from tools.privacy.fields import Fields
from tools.privacy.ner import EMBEDDED, Found
from tools.privacy.operators import LEFT_OUT, PLACEHOLDER, Operators, check
from tools.privacy.remembering import Remembering

NAMELIKE = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]|\d{2}|[^\W\d_\u0000-\u024f]")
NOT_LEFT = re.compile(r"(?i)[\W_]*(?:fax|office|mobile|cell|home|work|phone|tel)?[\W_]*")  # beside a number
FILE = re.compile(
    r"(?i)[.](?:csv|tsv|jsonl?|xlsx?|ods|parquet|txt|md|pdf|docx?|pptx?|html?|zip|png|jpe?g|webp)$"
)
LANGUAGES = ("auto", "en", "zh")


class Redactor:
    """Finds and hides personal data; loads what it needs at first use. Safe to share between threads.

    Args:
        allow: names to leave alone, whatever they look like.
        salt: key of the ``hash`` operator; random where none is given.
        ner: the model that finds names, see ``tools.privacy.ner_models``.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        salt: bytes | None = None,
        ner: str | Callable[[str], Found] = EMBEDDED,
    ):
        self._allow = frozenset(allow)
        self.salt = salt
        self._engine = Engine(ner)
        self._gated = Remembering(lambda text: self._engine.analyze(text, gated=True))
        self._quoted = Remembering(self.find)

    def find(self, text: str, language: str = "auto", allow: Iterable[str] = ()) -> list[Entity]:
        """All personal data in a text, place names included; spans in order, none overlapping.

        Args:
            text: any text.
            language: ``en``, ``zh`` or ``auto``.
            allow: further names to leave alone.

        Raises:
            BadArgument: no such language.
        """
        _check_language(language)
        return self._whole(text, self._engine.analyze(text, language), allow)

    def find_quoted(self, text: str) -> list[Entity]:
        """The same for a passage, which is quoted again and again."""
        return self._quoted(text)

    def find_in(self, fields: Fields, name: str, value: str) -> list[Entity]:
        """All personal data in a field of a record or a cell of a table, whose name may say that all of it is personal.

        Args:
            fields: the record's.
            name: of this field.
            value: what it holds.
        """
        kind = None if PLACEHOLDER.fullmatch(value.strip()) else fields.kind(name, value)
        return [Entity(kind, 0, len(value), 1.0)] if kind else self.find(value)

    def find_many(self, texts: Iterable[str], language: str = "auto") -> Iterator[list[Entity]]:
        """All personal data in each of many texts: what :meth:`find` says, several times as fast.

        Args:
            texts: the texts, read as they are wanted.
            language: see :meth:`find`.

        Raises:
            BadArgument: no such language.
        """
        _check_language(language)
        ahead, asked = itertools.tee(texts)
        for text, found in zip(asked, self._engine.analyze_many(ahead, language), strict=True):
            yield self._whole(text, found, ())

    def gated(self, text: str, allow: Iterable[str] = ()) -> list[Entity]:
        """What the chat gate takes out of a text: the same without mere place names."""
        return self._resolved(text, self._gated(text), allow)

    def sayable(self, names: Iterable[str]) -> list[str]:
        """Those of the names of files and models that may stay in a text: "mails.csv", not "Ann Bell" or a number.

        Args:
            names: chosen by anybody who uploads or trains something.
        """
        return [name for name in names if FILE.search(name) or not self._somebody(name)]

    def _somebody(self, name: str) -> bool:
        """Is it somebody's address or number, or what people are called?"""
        whole = (0, len(name))
        return not any(map(str.isalpha, name)) or any(
            each.entity_type not in WORDS or (each.start, each.end) == whole for each in self._gated(name)
        )

    def gate(self, text: str, allow: Iterable[str] = ()) -> tuple[str, list[Entity]]:
        """A chat message without personal data, and what was taken out.

        Args:
            text: the message.
            allow: names to leave alone (files, models).
        """
        found = self.gated(text, allow)
        return replaced(text, found), found

    def redact(
        self,
        text: str,
        language: str = "auto",
        operator: str = "replace",
        types: Iterable[str] | None = None,
    ) -> dict[str, Any]:
        """A text with its personal data hidden.

        Args:
            text: any text.
            language: ``en``, ``zh`` or ``auto``.
            operator: ``replace`` (by the type), ``mask``, ``hash``, ``pseudonym`` or ``surrogate``.
            types: only these entity types; all where None.

        Returns:
            ``{"text", "entities": [{"entity_type", "start", "end", "score"}]}``; offsets refer to the input.

        Raises:
            BadArgument: no such language or operator.
        """
        check(operator)
        wanted = None if types is None else set(types)
        found = [e for e in self.find(text, language) if wanted is None or e.entity_type in wanted]
        hidden = replaced(text, found, operator, Operators(self.salt))
        return {"text": hidden, "entities": [entity.as_dict() for entity in found]}

    def count(self, texts: Iterable[str]) -> dict[str, int]:
        """How often each type of personal data occurs in many short texts (cells of a table), most frequent first."""
        counts: Counter[str] = Counter()
        different = Counter(text for text in texts if text)
        each = self._engine.analyze_many(different, gated=True)
        for (text, times), found in zip(different.items(), each, strict=True):
            for entity in self._resolved(text, found, ()):
                counts[entity.entity_type] += times
        return dict(counts.most_common())

    def count_cells(self, cells: Iterable[tuple[str, str]]) -> dict[str, int]:
        """The same for cells that are told with the names of their columns."""
        cells = list(cells)
        fields = Fields(dict.fromkeys(name for name, _ in cells))
        kinds = [fields.kind(name, value) for name, value in cells]
        counts = Counter(filter(None, kinds))
        rest = (value for (_, value), kind in zip(cells, kinds, strict=True) if not kind)
        return dict((counts + Counter(self.count(rest))).most_common())

    def _whole(self, text: str, found: list[Entity], allow: Iterable[str]) -> list[Entity]:
        from tools.privacy.again import again  # leads to Presidio, which the engine has imported its own way

        return self._resolved(text, [*found, *again(text, found)], allow)

    def _resolved(self, text: str, found: list[Entity], allow: Iterable[str]) -> list[Entity]:
        if not found:
            return []
        protected = self._placeholders(text, found)
        protected += _occurrences(text, self._allow.union(allow), found)
        whole = {(entity.start, entity.end) for entity in found}
        return _joined(entity for entity in resolve(found, protected) if _worth(text, entity, whole))

    def _placeholders(self, text: str, found: list[Entity]) -> list[tuple[int, int]]:
        """Where something was taken out before: ``<PERSON>``, not ``<JOHN_SMITH>``."""
        written = list(PLACEHOLDER.finditer(text))
        if not written:
            return []
        ours = self._engine.types().union((LEFT_OUT,), (each.entity_type for each in found))
        return [match.span() for match in written if match.group(1) in ours]


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise BadArgument(f"There is no language {language!r} here.", f"Use one of {', '.join(LANGUAGES)}.")


class Placeholders(Protocol):
    """What writes something in the place of a value: :class:`Operators`, or a vault."""

    def apply(self, operator: str, entity_type: str, value: str) -> str:
        """What to write in place of a value."""
        ...


def replaced(
    text: str, found: Iterable[Entity], operator: str = "replace", operators: Placeholders | None = None
) -> str:
    """A text with the found spans replaced.

    Args:
        text: the text.
        found: spans in order, none overlapping.
        operator: see :meth:`Redactor.redact`.
        operators: the memory for hashes and pseudonyms; a fresh one where None.
    """
    operators = operators or Operators()
    parts, at = [], 0
    for entity in found:
        value = text[entity.start : entity.end]
        parts += [text[at : entity.start], operators.apply(operator, entity.entity_type, value)]
        at = entity.end
    return "".join([*parts, text[at:]])


def _occurrences(text: str, names: Iterable[str], found: list[Entity]) -> Iterator[tuple[int, int]]:
    folded = text.casefold()
    for name in names:
        if len(name) < 2 or name.casefold() not in folded:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            start, end = match.span()
            # An allowed name inside a longer number, address or key does not make that one public.
            if not any(
                e.start <= start and end <= e.end and e.end - e.start > end - start
                for e in found
                if e.score > 0.8
            ):
                yield start, end


def _joined(found: Iterable[Entity]) -> list[Entity]:
    """Parts of one address that touch each other as one entity."""
    joined: list[Entity] = []
    for entity in found:
        last = joined[-1] if joined else None
        if (
            last
            and (last.entity_type, last.end) == (entity.entity_type, entity.start)
            and entity.entity_type in WORDS
        ):
            joined[-1] = Entity(last.entity_type, last.start, entity.end, max(last.score, entity.score))
        else:
            joined.append(entity)
    return joined


def _worth(text: str, entity: Entity, whole: set[tuple[int, int]]) -> bool:
    """Does a span hold anything? What is left of a guess when its number was taken has to look like a name."""
    left = text[entity.start : entity.end]
    if entity.entity_type in WORDS and (entity.start, entity.end) not in whole:
        return bool(NAMELIKE.search(left)) and not NOT_LEFT.fullmatch(left)
    return any(letter.isalnum() for letter in left)
