"""A team's glossary and rules: what they say comes before what passages say.

A file ``NAME.rules`` is a document like any other (listed, cited, published or internal), one entry a line::

    term: Crust Card = loyalty card, stamp card
    define: SLA = The reaction time that we promise in writing.
    if plan = Pro and country = Germany then Delivery takes two working days.
    如果套餐=企业版，则提供专属客服。

A term's other names are understood in questions. A definition answers what a term is. A rule answers a question that
names all its values and asks for what it says; of several the one with the most conditions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.records import Passage
from knowledge.store import Store
from knowledge.words import key_terms, like, terms

ENDING = ".rules"
_IS = "\\s*[=\uff1d]\\s*"
_TERM = re.compile(rf"^(?:terms?|synonyms?|术语|同义词)\s*[:\uff1a]\s*(.+?){_IS}(.+)$", re.IGNORECASE)
_DEFINE = re.compile(rf"^(?:define|definition|定义)\s*[:\uff1a]\s*(.+?){_IS}(.+)$", re.IGNORECASE)
# Chinese needs no blanks: 则 follows a comma, a blank or a value.
_RULE = re.compile(
    rf"^(?:if\s+(?P<if>.+?)[,\uff0c]?\s+then\s+|"
    rf"(?:如果|若|当)\s*(?P<given>.+?(?:[,\uff0c]\s*|\s)|.+?{_IS}.+?)(?:则|那么|就)[,\uff0c]?\s*)(?P<says>.+)$",
    re.IGNORECASE,
)
_AND = re.compile(rf"\s+(?:and|且|并且)\s+|\s*(?:且|并且)\s*(?=[^=\uff1d]+{_IS})", re.IGNORECASE)
UNREAD = "It is no term, definition or rule. Write it as in: if plan = Pro then Delivery takes two days."
_ASKS_WHAT = re.compile(
    r"^\s*(?:what(?:'s| is| are| does)?|define|meaning of|explain|who is)\b|是什么|什么是|什么意思",
    re.IGNORECASE,
)


_AROUND = " '\"\uff0c,“”「」"


def unread(text: str) -> list[tuple[str, str]]:
    """The lines of a file of rules that say nothing to this program, each with the reason."""
    forms = (_TERM, _DEFINE, _RULE)
    lines = [line for line in text.split("\n") if line.strip()]
    return [(line[:60], UNREAD) for line in lines if not any(form.match(line) for form in forms)]


@dataclass(frozen=True)
class Rule:
    """One line that can answer: ``says`` where all of ``values`` are named in a question.

    ``passage``, ``start`` and ``end`` are where the words stand.
    """

    passage: Passage
    values: tuple[str, ...]
    about: str
    says: str
    start: int
    end: int
    defines: bool = False


class Rules:
    """The entries of all files of rules that a reader may see.

    Args:
        store: where the files are.
        visitor: published ones only.
    """

    def __init__(self, store: Store, visitor: bool = False):
        self.synonyms: list[tuple[str, str]] = []
        self.rules: list[Rule] = []
        ids = store.ids_of(f"*{ENDING}", visitor)
        for passage in store.passages(ids, visitor).values():
            at = 0
            for line in passage.text.split("\n"):
                self._read(passage, line, at)
                at += len(line) + 1

    def _read(self, passage: Passage, line: str, at: int) -> None:
        if match := _TERM.match(line):
            self.synonyms += [
                (each.strip(), match[1]) for each in re.split(r"[,、\uff0c]", match[2]) if each.strip()
            ]
        elif match := _DEFINE.match(line):
            self._add(passage, (match[1],), match[1], passage.start + at, match.span(2), defines=True)
        elif match := _RULE.match(line):
            about = (match["if"] or match["given"]).strip()
            values = tuple(re.split(_IS, each, maxsplit=1)[-1].strip(_AROUND) for each in _AND.split(about))
            self._add(passage, values, about, passage.start + at, match.span("says"))

    def _add(
        self,
        passage: Passage,
        values: tuple[str, ...],
        about: str,
        at: int,
        said: tuple[int, int],
        defines: bool = False,
    ) -> None:
        start, end = at + said[0], at + said[1]
        says = passage.text[start - passage.start : end - passage.start]
        self.rules.append(Rule(passage, values, about, says, start, end, defines))

    def expand(self, question: str) -> str:
        """A question with the terms that it calls by another name."""
        added = [
            term for other, term in self.synonyms if _named(other, question) and not _named(term, question)
        ]
        return f"{question} ({', '.join(dict.fromkeys(added))})" if added else question

    def answering(self, question: str, history: Sequence[str] = ()) -> Rule | None:
        """The rule that answers a question, if there is one.

        Args:
            question: standing alone, expanded.
            history: the user's earlier questions, in which values may have been named.
        """
        said = " ".join([*history[-3:], question])
        fitting = [
            (len(rule.values), overlap, rule)
            for rule in self.rules
            if all(_named(value, question if rule.defines else said) for value in rule.values)
            and (overlap := _overlap(rule, question)) > 0
        ]
        return max(fitting, key=lambda each: each[:2])[2] if fitting else None


def _named(value: str, text: str) -> bool:
    wanted, there = terms(value), terms(text)
    return bool(wanted) and any(there[at : at + len(wanted)] == wanted for at in range(len(there)))


def _overlap(rule: Rule, question: str) -> float:
    """How much of what is asked a rule speaks of: a share of the question's words that are not its values."""
    values = {term for value in rule.values for term in terms(value)}
    rest = [term for term in key_terms(question) if term not in values]
    if rule.defines:
        return float(bool(_ASKS_WHAT.search(question)) and len(rest) <= 1)
    speaks = set(terms(f"{rule.about} {rule.says}"))
    return sum(any(like(term, each) for each in speaks) for term in rest) / len(rest) if rest else 0.0
