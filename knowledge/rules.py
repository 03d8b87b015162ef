"""A team's glossary and rules: what they say comes before what passages say.

A file ``NAME.rules`` is a document like any other (listed, cited, published or internal), one entry a line::

    term: Crust Card = loyalty card, stamp card
    define: SLA = The reaction time that we promise in writing.
    if plan = Pro and country = Germany then Delivery takes two working days.
    如果套餐=企业版，则提供专属客服。

A term's other names are understood in questions. A definition answers what a term is. A rule answers a question that
names all its values and asks for what it says, not only for something of the same plan; of several the one with the
most conditions.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from knowledge.records import Passage
from knowledge.store import Store
from knowledge.words import has_cjk, key_terms, like, terms

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
_NOT_EQUAL = ("<", ">", "!", "≤", "≥", "≠")
# Before a condition's name these point at a value that was named before: "on that plan".
_POINTING = "this|that|the|my|our|same|a|this|which|what|your|这个|那个|该|此|我的"
_UNITS = frozenset(
    terms("second minute hour day week month quarter year time percent")
)  # of no meaning by themselves
SAID = 0.5  # cosine from which on a question asks for what a rule says
UNREAD = "It is no term, definition or rule. Write it as in: if plan = Pro then Delivery takes two days."
UNMET = "Its conditions are not understood. Write each as NAME = VALUE: if plan = Pro then Delivery takes two days."
_ASKS_WHAT = re.compile(
    r"^\s*(?:what(?:'s| is| are| does)?|define|meaning of|explain|who is)\b|是什么|什么是|什么意思",
    re.IGNORECASE,
)


_AROUND = " '\"\uff0c,“”「」"


def unread(text: str) -> list[tuple[str, str]]:
    """The lines of a file of rules that say nothing to this program, each with the reason."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [(line[:60], why) for line in lines if (why := _fault(line))]


def _fault(line: str) -> str:
    if rule := _RULE.match(line):
        return "" if _conditions(rule) else UNMET
    return "" if _TERM.match(line) or _DEFINE.match(line) else UNREAD


def _conditions(rule: re.Match[str]) -> dict[str, str]:
    """A rule's conditions, values by their names; none where one is not understood."""
    parts = [re.split(_IS, each, maxsplit=1) for each in _AND.split((rule["if"] or rule["given"]).strip())]
    if any(len(part) < 2 or part[0].strip().endswith(_NOT_EQUAL) for part in parts):
        return {}
    return {name.strip(_AROUND).lower(): value.strip(_AROUND) for name, value in parts}


@dataclass(frozen=True)
class Rule:
    """One line that can answer: ``says`` where all values of ``conditions`` (by their names) are named in a question.

    ``passage``, ``start`` and ``end`` are where the words stand.
    """

    passage: Passage
    conditions: dict[str, str]
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
        self.values: dict[str, set[str]] = {}  # of the conditions of all rules, by their names
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
            self._add(passage, {"": match[1]}, passage.start + at, match.span(2), defines=True)
        elif (match := _RULE.match(line)) and (conditions := _conditions(match)):
            self._add(passage, conditions, passage.start + at, match.span("says"))

    def _add(
        self,
        passage: Passage,
        conditions: dict[str, str],
        at: int,
        said: tuple[int, int],
        defines: bool = False,
    ) -> None:
        start, end = at + said[0], at + said[1]
        says = passage.text[start - passage.start : end - passage.start]
        self.rules.append(Rule(passage, conditions, says, start, end, defines))
        for name, value in conditions.items():
            self.values.setdefault(name, set()).add(value)

    def expand(self, question: str) -> str:
        """A question with the terms that it calls by another name."""
        added = [
            term for other, term in self.synonyms if _named(other, question) and not _named(term, question)
        ]
        return f"{question} ({', '.join(dict.fromkeys(added))})" if added else question

    def answering(
        self, question: str, history: Sequence[str], likeness: Callable[[str, str], float]
    ) -> Rule | None:
        """The rule that answers a question, if there is one.

        Args:
            question: standing alone, expanded.
            history: the user's earlier questions, in which values may have been named.
            likeness: the cosine of the meanings of two texts.
        """
        before = " ".join(history[-3:])
        fitting = [
            (len(rule.conditions), share, rule)
            for rule in self.rules
            if all(
                _named(value, question) or (not rule.defines and self._stands(name, value, question, before))
                for name, value in rule.conditions.items()
            )
            and (share := _share(rule, question, likeness))
        ]
        return max(fitting, key=lambda each: each[:2])[2] if fitting else None

    def _stands(self, name: str, value: str, question: str, before: str) -> bool:
        """Whether an earlier question named a value, and this one none in its place ("with the Team plan")."""
        if not before or not _named(value, before):
            return False
        points = re.sub(rf"(?<![a-z])(?:{_POINTING})\s*{re.escape(name)}", " ", question.lower())
        return not _named(name, points) and not any(_named(each, question) for each in self.values[name])


def _named(value: str, text: str) -> bool:
    wanted, there = terms(value), terms(text)
    return bool(wanted) and any(there[at : at + len(wanted)] == wanted for at in range(len(there)))


def _share(rule: Rule, question: str, likeness: Callable[[str, str], float]) -> float:
    """The share of what is asked that a rule says; 0 where it is too little, or its meaning is another."""
    if rule.defines:
        rest = set(key_terms(question)) - set(terms(rule.conditions[""]))
        return float(bool(_ASKS_WHAT.search(question)) and len(rest) <= 1)
    asked = _without({*rule.conditions, *rule.conditions.values()}, question)
    says, words = set(terms(rule.says)), [each for each in key_terms(asked) if each not in _UNITS]
    share = sum(any(like(word, each) for each in says) for word in words) / len(words) if words else 0.0
    if has_cjk(question + rule.says):  # the embedded encoder knows no Chinese
        return share if share >= 0.5 else 0.0
    return share if share == 1 or (share and likeness(question, rule.says) >= SAID) else 0.0


def _without(names: Collection[str], question: str) -> str:
    """A question without the names and values of a rule's conditions."""
    for name in sorted(names, key=len, reverse=True):
        around = "" if has_cjk(name) else r"\b"
        question = re.sub(rf"{around}{re.escape(name)}{around}", " ", question, flags=re.IGNORECASE)
    return question
