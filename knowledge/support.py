"""Does a passage bear out a sentence that a model wrote from it?

First what can be told for certain: every number, sum, time, date and name of the sentence must stand in the passage,
in clauses that belong together ("Basic: €9" and "Pro: €22" do not bear out "Basic costs €22"). Then how alike they are:
the cosine of the encoder's vectors, how well each token of the sentence is matched by one of the passage, and whether
one side denies what the other affirms; a logistic model makes a likelihood of it. Chinese, which the encoder does not
know, is compared by pairs of characters alone.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from knowledge.denial import denied
from knowledge.facts import asserted, currencies, held
from knowledge.remembering import Remembering
from knowledge.sentences import sentences
from knowledge.words import STOP, has_cjk, key_words, terms

WIDEST = 3  # sentences that bear a sentence out together
# Fitted on one half of tests/knowledge/data/support_pairs.txt (logistic regression, classes balanced, L2 penalty 3 on
# standardised values; a denial's weight was -2.975 and is raised, since it outweighs any likeness), SURE chosen there.
WEIGHTS = {"bias": -5.712, "cosine": 4.194, "matched": 5.148, "denied": -4.5}
SURE = 0.55  # likelihood from which a sentence counts as borne out
SURE_ZH = 0.4  # share of pairs of characters in common
_CLAUSE = re.compile(r"[;；，]\s*|,\s+|\s(?=(?:and|but|while|whereas|except|unless)\s)|[。.!?]\s")
_NAME = re.compile(r"(?<=[\w,;)€%] )[A-Z][\w&'’-]*")
_NO_NAME = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may|june|july|august|september|october|"
    r"november|december|[ap]m|eur|usd|gbp|kb|mb|gb|tb|i",
    re.IGNORECASE,
)
_KIND = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Found:
    """What bears a sentence out: characters ``start`` to ``end`` of the passage's document, and how surely."""

    passage: dict[str, Any]
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True)
class Window:
    """Some sentences of a passage that follow each other, ``start`` to ``end`` in its text; ``text`` is theirs."""

    start: int
    end: int
    text: str
    size: int


class Support:
    """Checks sentences against passages.

    Args:
        encoder: makes the vectors.
    """

    def __init__(self, encoder: Remembering):
        self._encoder = encoder

    def find(self, sentence: str, passages: Sequence[dict[str, Any]]) -> list[Found]:
        """What bears a sentence out: the best passage alone, or two that only do so together; empty where none does.

        Args:
            sentence: what is said, without marks.
            passages: shaped as by :func:`knowledge.passages.numbered`.
        """
        best = [self._best(sentence, each) for each in passages]
        alone = [each for each in best if each and each.score >= _sure(sentence)]
        if alone:
            return [max(alone, key=lambda each: each.score)]
        return self._together(sentence, passages)

    def score(self, sentence: str, heading: str, text: str) -> tuple[float, tuple[int, int]]:
        """How likely a text bears a sentence out, and which of its characters do; 0 and nothing where none can."""
        passage = {"heading": heading, "text": text, "source": "", "start": 0}
        found = self._best(sentence, passage)
        return (found.score, (found.start, found.end)) if found else (0.0, (0, 0))

    def features(self, sentence: str, heading: str, window: Window) -> dict[str, float]:
        """What speaks for and against a window bearing a sentence out, in numbers."""
        return {
            "cosine": self._alike(sentence, heading, [window])[0][0],
            "matched": self._matched(sentence, f"{heading}: {window.text}"),
            "denied": float(denied(sentence, window.text)),
        }

    def candidate(self, sentence: str, passage: dict[str, Any]) -> Window | None:
        """The window of a passage that is likest a sentence, of those that hold all it names."""
        heading = str(passage["heading"])
        if not _names(sentence) <= set(terms(f"{heading} {passage['source']} {passage['text']}")):
            return None
        fitting = [each for each in _windows(passage["text"]) if _holds(each.text, heading, sentence)]
        if not fitting:
            return None
        if has_cjk(sentence):
            return max(fitting, key=lambda each: (_common(sentence, f"{heading} {each.text}"), -each.size))
        alike = self._alike(sentence, heading, fitting)
        weighed = zip(alike, fitting, strict=True)
        return max(weighed, key=lambda each: each[0][0] + 0.5 * each[0][1] - 0.05 * each[1].size)[1]

    def _best(self, sentence: str, passage: dict[str, Any]) -> Found | None:
        window = self.candidate(sentence, passage)
        if window is None:
            return None
        heading, base = str(passage["heading"]), passage["start"]
        if has_cjk(sentence):
            same = not denied(sentence, window.text)
            score = _common(sentence, f"{heading} {window.text}") if same else 0.0
        else:
            score = likelihood(self.features(sentence, heading, window))
        return Found(passage, base + window.start, base + window.end, window.text, score)

    def _together(self, sentence: str, passages: Sequence[dict[str, Any]]) -> list[Found]:
        """Two passages that bear a sentence out only together, each by a sentence that holds a value of it."""
        wanted = asserted(sentence)
        if len(passages) < 2 or len(wanted) < 2:
            return []
        halves: list[tuple[dict[str, Any], Window]] = []
        for passage in passages:
            near = [
                each for each in _windows(passage["text"]) if each.size == 1 and _any(each.text, sentence)
            ]
            if near:
                halves.append((passage, max(near, key=lambda each: _common(sentence, each.text))))
        for place, (one, first) in enumerate(halves):
            for other, second in halves[place + 1 :]:
                text = f"{first.text}\n{second.text}"
                heading = f"{one['heading']} {other['heading']}"
                score, span = self.score(sentence, heading, text)
                if score >= _sure(sentence) and span == (0, len(text)):
                    pairs = ((one, first), (other, second))
                    return [
                        Found(p, p["start"] + w.start, p["start"] + w.end, w.text, score) for p, w in pairs
                    ]
        return []

    def _alike(self, sentence: str, heading: str, windows: Sequence[Window]) -> list[tuple[float, float]]:
        """Of each window its cosine to a sentence, below its heading or alone, and the share of words in common."""
        texts = [text for each in windows for text in (f"{heading}: {each.text}", each.text)]
        vectors = self._encoder.encode([sentence, *texts])
        cosines = (vectors[1:] @ vectors[0]).reshape(len(windows), 2).max(axis=1)
        return [
            (float(cosine), _common(sentence, f"{heading} {each.text}"))
            for cosine, each in zip(cosines, windows, strict=True)
        ]

    def _matched(self, sentence: str, text: str) -> float:
        """How well the text's tokens match the sentence's, on average: BERTScore's recall (Zhang et al. 2020)."""
        from torch.nn.functional import normalize

        said, there = (each.hidden for each in self._encoder.encoder.tokens([sentence, text]))
        cosines = normalize(said[1:-1].float(), dim=-1) @ normalize(there[1:-1].float(), dim=-1).T
        return float(cosines.max(dim=1).values.mean())


def likelihood(values: dict[str, float]) -> float:
    """How likely a window bears a sentence out, 0 to 1, by its :meth:`Support.features`."""
    total = sum(WEIGHTS[name] * value for name, value in values.items()) + WEIGHTS["bias"]
    return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def _sure(sentence: str) -> float:
    return SURE_ZH if has_cjk(sentence) else SURE


@lru_cache(maxsize=2_000)
def _windows(text: str) -> tuple[Window, ...]:
    spans = sentences(text)
    found = []
    for size in range(1, WIDEST + 1):
        for first in range(len(spans) - size + 1):
            start, end = spans[first][0], spans[first + size - 1][1]
            found.append(Window(start, end, text[start:end], size))
    return tuple(found)


def _clauses(text: str) -> list[str]:
    return [each for each in _CLAUSE.split(text) if each and each.strip()] or [text]


def _holds(text: str, heading: str, sentence: str) -> bool:
    """Whether a text has all values of a sentence, in clauses that hold no others of their kinds instead."""
    wanted = asserted(sentence)
    if not wanted:
        return True
    mentioned = currencies(text)
    if mentioned and currencies(sentence) - mentioned:
        return False
    spans = [text[start:end] for start, end in sentences(text)]
    fitting = [each for each in spans if len(spans) == 1 or _belongs(each, sentence)]
    if len(fitting) < len(spans):
        return False
    keys = set(held(heading))
    for each in (clause for part in fitting for clause in _parts(part, sentence)):
        keys |= held(each)
    return all(value & keys for value in wanted)


def _parts(part: str, sentence: str) -> Iterator[str]:
    """The clauses of a sentence that belong to what is said; the whole where it has one alone."""
    clauses = _clauses(part)
    return (each for each in clauses if len(clauses) == 1 or _belongs(each, sentence))


def _belongs(text: str, sentence: str) -> bool:
    """Whether a text that names values of the kinds that a sentence names has one of the sentence's own among each."""
    wanted = asserted(sentence)
    for kind in {_kind(key) for value in wanted for key in value} - {"n", "with"}:
        there = {key for key in held(text) if _kind(key) == kind}
        if there and not any(value & there for value in wanted):
            return False
    return True


def _any(text: str, sentence: str) -> bool:
    keys = held(text)
    return any(value & keys for value in asserted(sentence))


def _kind(key: str) -> str:
    found = _KIND.match(key)
    return found[0] if found else ""


def _names(sentence: str) -> set[str]:
    """The index terms of a sentence's names: capitalised words within it."""
    said = [
        each for each in _NAME.findall(sentence) if each.lower() not in STOP and not _NO_NAME.fullmatch(each)
    ]
    return {term for each in said for term in terms(each)}


def _common(sentence: str, text: str) -> float:
    """The share of a sentence's meaningful words that a text has; values apart, which are told by themselves."""
    wanted = {term for term in key_words(sentence) if not term[0].isdigit()}
    there = set(terms(text))
    return len(wanted & there) / len(wanted) if wanted else 1.0
