"""Questions made from the documents themselves, for a retriever to learn from: extractive, no model writes them.

A heading becomes a question of what stands below it, a table's row one of a cell's value, a sentence the words somebody
might ask with who remembers only some of them. The answer's own value is never among them. The same seed and passage
give the same questions, whatever else the base holds. Chinese is left out: the embedded encoder does not know it.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.kinds import holds
from knowledge.records import Passage
from knowledge.sentences import sentences
from knowledge.words import STOP, has_cjk, key_words

ROWS, SENTENCES = 2, 3  # questions of a passage, at most
FEWEST, MOST = 3, 6  # words of its own that a sentence's question keeps
_HEADING = (
    "{}", "what about {}?", "what should I know about {}?", "how does it work with {}?", "anything on {}?",
    "where do I find something about {}?",
)  # fmt: skip
_CELL = (
    "what is the {column} of {row}?",
    "{row} {column}",
    "{column} for {row}?",
    "which {column} does {row} have?",
)
_LEADS = {
    "money": ("how much", "what does it cost:", "price of"),
    "time": ("when", "how long", "by when"),
    "person": ("who", "whom do I ask about"),
    "number": ("how many", "how much"),
    "": ("", "what about", "can I", "do you", "is there"),
}
_VALUE = re.compile(r"\d")


@dataclass(frozen=True)
class Question:
    """A question, the passage that answers it, and what it was made from: heading, row or sentence."""

    text: str
    passage: Passage
    origin: str


def made_up(passages: Iterable[Passage], seed: int = 0) -> list[Question]:
    """Questions that the passages answer, in their order.

    Args:
        passages: of any documents; a heading with several passages makes none, as any of them may be meant.
        seed: of the choice of words.
    """
    known = [each for each in passages if not has_cjk(each.context + each.text)]
    below = Counter((each.source, each.context) for each in known)
    found: list[Question] = []
    for each in known:
        dice = random.Random(f"{seed} {each.source} {each.start}")
        if below[each.source, each.context] == 1:
            found += _of_heading(each, dice)
        found += _of_lines(each, dice)
    meant: dict[str, set[str]] = {}
    for question in found:
        meant.setdefault(same(question.text), set()).add(question.passage.text)
    return [each for each in found if len(meant[same(each.text)]) == 1]


def same(question: str) -> str:
    """A question without its capitals, ending and extra spaces, by which repetitions are told."""
    return " ".join(question.casefold().strip(" ?.!:").split())


def _of_heading(passage: Passage, dice: random.Random) -> list[Question]:
    path = passage.context.split(" > ")
    heading = path[-1]
    if len(path) < 2 or not 1 <= len(heading.split()) <= 8 or _VALUE.search(heading):
        return []
    return [Question(dice.choice(_HEADING).format(heading.lower()), passage, "heading")]


def _of_lines(passage: Passage, dice: random.Random) -> list[Question]:
    """Questions of the passage's table rows and of its sentences."""
    pieces = [passage.text[start:end] for start, end in sentences(passage.text)]
    rows = [each for each in pieces if " · " in each]
    others = [each for each in pieces if " · " not in each and 5 <= len(each.split()) <= 45]
    asked = [(_of_row(each, dice), "row") for each in _some(rows, ROWS, dice)]
    asked += [(_of_sentence(each, dice), "sentence") for each in _some(others, SENTENCES, dice)]
    return [Question(text, passage, origin) for text, origin in asked if text]


def _some(pieces: list[str], most: int, dice: random.Random) -> list[str]:
    return dice.sample(pieces, min(most, len(pieces)))


def _of_row(row: str, dice: random.Random) -> str:
    """``Plan: Pro · Price: €22`` asked for its price; empty where it has no named cell beside its first."""
    first, *cells = row.split(" · ")
    named = [cell.partition(": ")[0] for cell in cells if ": " in cell]
    subject = first.partition(": ")[2] or first
    if not named or len(subject.split()) > 8:
        return ""
    return dice.choice(_CELL).format(column=dice.choice(named).lower().replace("_", " "), row=subject)


def _of_sentence(sentence: str, dice: random.Random) -> str:
    """Some of a sentence's telling words, in their order, as somebody asks for the value it holds."""
    told = [word for word in key_words(sentence).values() if not _VALUE.search(word) and word not in STOP]
    if len(told) < FEWEST:
        return ""
    kind = next((kind for kind in ("money", "time", "person", "number") if holds(kind, sentence)), "")
    kept = sorted(dice.sample(range(len(told)), min(dice.randint(FEWEST, MOST), len(told))))
    return " ".join([dice.choice(_LEADS[kind]), *(told[place] for place in kept)]).strip() + "?"
