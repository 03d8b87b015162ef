"""Invented sections of documents, and questions to which one of their sentences is the answer, or none is.

The banks (``banks/*.txt``) hold topics: a line ``# heading | another heading``, an optional line
``@ kind: thing, thing`` with things that facts can be about, facts ``way to say it ~ another way => question |
question``, and ``? question | question``: questions of the topic that none of its facts answers. What stands in braces
is filled in anew each time.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from knowledge.recipe.values import CITIES, KINDS

BANKS = Path(__file__).parent / "banks"
_SLOT = re.compile(r"\{(\w+)\}")
_TITLES = (
    "Handbook", "FAQ", "Help", "Terms 2026", "Price list", "Welcome", "Guide", "Notes", "Policy", "Information",
    "Manual", "Overview", "Rules", "Newsletter", "Memo", "Leaflet", "Wiki", "Summary",
)  # fmt: skip
# What limits a fact in a document, and a question.
_LIMITS = (
    ("Students:", "for students", "I'm a student", "as a student"),
    ("Children under twelve:", "for children", "for my little son", "for an eight-year-old"),
    ("Over 65:", "for pensioners", "for my grandmother", "for seniors"),
    ("On Sundays:", "on Sundays", "on a Sunday", "at the weekend"),
    ("Public holidays:", "on public holidays", "on Boxing Day", "on a bank holiday"),
    ("November to February:", "in winter", "in January"),
    ("June to August:", "in summer", "in July", "during summer"),
    ("Business customers:", "for companies", "for our firm", "if I order for my company"),
    ("New customers:", "for new customers", "as a first-time buyer", "if I've never bought from you"),
    ("Members:", "for members", "with a membership", "as a member"),
    ("Groups of ten or more:", "for groups", "for our group of twenty", "if we are many"),
    ("Interns:", "for interns", "as an intern", "for trainees"),
    ("Managers:", "for managers", "as a team lead", "for a head of department"),
    ("Part-time staff:", "for part-time staff", "if I work half days", "on a part-time contract"),
    ("Between 22:00 and 6:00:", "at night", "in the middle of the night"),
    ("Version 1:", "with the old version", "with the previous release"),
)  # fmt: skip
_OPENINGS = (
    "hi, ", "hello, ", "hey ", "quick question: ", "sorry, ", "one more thing: ", "tell me: ", "please tell me, ",
    "I was wondering: ", "and ", "so ", "good morning, ", "do you know ",
)  # fmt: skip
SPOKEN = 3  # things of a section that it says something of


@dataclass(frozen=True)
class Fact:
    """Ways to state it, and ways to ask for it."""

    said: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass
class Topic:
    """What a section of a document is about."""

    headings: tuple[str, ...]
    kind: str = ""
    things: tuple[str, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    unanswered: tuple[str, ...] = ()

    def about(self, fact: Fact) -> bool:
        """True for a fact of one of the things."""
        return bool(self.kind) and f"{{{self.kind}}}" in fact.said[0]


@dataclass
class Section:
    """A section's sentences below its headings, and questions, each with the places of the sentences that answer it."""

    texts: list[str]
    questions: list[tuple[str, tuple[int, ...]]]


@cache
def topics() -> tuple[Topic, ...]:
    """All topics of the banks."""
    found: list[Topic] = []
    for path in sorted(BANKS.glob("*.txt")):
        for line in filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())):
            mark, rest = line[0], line[2:]
            if mark == "#":
                found.append(Topic(_parts(rest, "|")))
            elif mark == "@":
                found[-1].kind, _, things = rest.partition(": ")
                found[-1].things = _parts(things, ",")
            elif mark == "?":
                found[-1].unanswered += _parts(rest, "|")
            else:
                said, _, asked = line.partition(" => ")
                found[-1].facts.append(Fact(_parts(said, "~"), _parts(asked, "|")))
    return tuple(found)


def _parts(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())


def sections(seed: int, rounds: int) -> Iterator[Section]:
    """Each topic told by several invented companies, with values of their own.

    Args:
        seed: of the dice.
        rounds: how many companies.
    """
    dice = random.Random(seed)
    for _ in range(rounds):
        for topic in topics():
            yield _section(topic, dice)


def _section(topic: Topic, dice: random.Random) -> Section:
    context, style = _context(topic, dice), dice.randrange(3)
    things = list(
        dict.fromkeys(fill(thing, dice, {}) for thing in dice.sample(topic.things, len(topic.things)))
    )
    spoken, silent = things[:SPOKEN], things[SPOKEN:]
    texts: list[str] = []
    told: list[tuple[Fact, str, int, list[int]]] = []  # what is said of which thing, in which case, and where
    for fact in topic.facts:
        limits = dice.sample(range(len(_LIMITS)), 2) if dice.random() < 0.25 else [-1]
        for thing in spoken if topic.about(fact) else [""]:
            way = fact.said[min(style, len(fact.said) - 1)] if dice.random() < 0.7 else dice.choice(fact.said)
            for limit in limits[: 1 + (not thing)]:
                said = fill(way, dice, {topic.kind: thing} if thing else {})
                texts.append(f"{context}: {_LIMITS[limit][0]} {said}" if limit >= 0 else f"{context}: {said}")
                told.append((fact, thing, limit, [len(texts) - 1]))
    questions = [_ask(topic, *each, dice) for each in told]
    questions += [
        _ask(topic, fact, thing, limit, [], dice) for fact, thing, limit in _untold(topic, told, silent, dice)
    ]
    for asked in dice.sample(topic.unanswered, min(4, len(topic.unanswered))):
        given = {topic.kind: dice.choice(things)} if things else {}
        questions.append((noisy(fill(asked, dice, given), dice), ()))
    return Section(texts, questions)


def _untold(
    topic: Topic, told: list[tuple[Fact, str, int, list[int]]], silent: list[str], dice: random.Random
) -> Iterator[tuple[Fact, str, int]]:
    """Facts of things that the section does not speak of, and in cases that it does not speak of."""
    for fact in topic.facts:
        if topic.about(fact) and silent:
            yield fact, dice.choice(silent), -1
    for fact, thing, _, _ in dice.sample(told, min(3, len(told))):
        known = {limit for other, _, limit, _ in told if other is fact}
        yield fact, thing, dice.choice([place for place in range(len(_LIMITS)) if place not in known])


def _ask(
    topic: Topic, fact: Fact, thing: str, limit: int, places: list[int], dice: random.Random
) -> tuple[str, tuple[int, ...]]:
    question = fill(dice.choice(fact.asked), dice, {topic.kind: thing} if thing else {})
    if limit >= 0:
        question = f"{question} {dice.choice(_LIMITS[limit][1:])}"
    return noisy(question, dice), tuple(places)


def _context(topic: Topic, dice: random.Random) -> str:
    title = dice.choice(_TITLES)
    if dice.random() < 0.5:
        title = (
            f"{title}, {dice.choice(CITIES)}"
            if dice.random() < 0.3
            else f"{topic.headings[0]} {title.lower()}"
        )
    return title if dice.random() < 0.25 else f"{title} > {dice.choice(topic.headings)}"


def fill(text: str, dice: random.Random, given: dict[str, str]) -> str:
    """A text with its slots filled.

    Args:
        text: with ``{kind}`` in it.
        dice: chooses the values.
        given: values that are fixed.
    """
    return _SLOT.sub(lambda slot: given.get(slot[1]) or KINDS[slot[1]](dice), text)


def noisy(question: str, dice: random.Random) -> str:
    """A question as somebody in a hurry types it, or with all its signs."""
    if dice.random() < 0.1:
        question = dice.choice(_OPENINGS) + question
    if dice.random() < 0.07:
        at = dice.randrange(len(question))
        question = question[:at] + question[at + 1 :]
    if dice.random() < 0.3:
        question = question[:1].upper() + question[1:]
    return question + ("?" if dice.random() < 0.4 and not question.endswith("?") else "")
