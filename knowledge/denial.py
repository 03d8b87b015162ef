"""Whether a sentence denies: how many negations it has, and whether a text has as many (odd or even)."""

# ruff: noqa: E501 - patterns read best in one line

import re
from functools import lru_cache

from knowledge.sentences import sentences
from knowledge.words import key_terms, terms

# What says that something costs nothing, or names a most, denies nothing.
_FREE = re.compile(
    r"\bfree of charge\b|\b(?:do(?:es)?(?: not|n['’]t) cost anything|costs? nothing|(?:at |for )?no (?:extra |additional )?(?:cost|charge|fee)s?|without (?:extra |additional )?(?:cost|charge)s?)\b|免费|不收费"
    r"|\b(?:cannot|can['’]t|not|no|never)(?: be)?(?: \w+)? (?:more|larger|longer|higher|later|bigger|greater|older|less|earlier|younger) than\b|\bnot (?:only|just)\b|不超过|不少于|不晚于",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\b(?:not|no|never|nobody|none|neither|without|cannot|nothing|nowhere|except(?:ion|ions)?|exclud\w+|unable|unavailable|closed|free of|forbidden|prohibited|refus\w+|non)\b|\w{2,}n['’]t\b"
    r"|不|没有|无法|无需|除外|未|勿|禁止|休息",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;；，]\s*|,\s+|\s(?=(?:but|while|whereas|except|unless)\s)")


@lru_cache(maxsize=20_000)
def denials(text: str) -> int:
    """How many negations a text has."""
    return len(_DENIAL.findall(_FREE.sub(" free ", text)))


def affirmed(text: str) -> str:
    """A text without its negations."""
    return _DENIAL.sub(" ", text)


def denied(sentence: str, text: str) -> bool:
    """Whether a text denies what a sentence affirms, or the other way round.

    Told by each sentence of the text that has a word of the sentence that no other has; the whole and such a clause of it
    must both say so.
    """
    wanted = frozenset(key_terms(sentence))
    for part in _own([text[start:end] for start, end in sentences(text)], wanted):
        clauses = _own([each for each in _CLAUSE.split(part) if each.strip()], wanted)
        if _odd(part, sentence) and any(_odd(each, sentence) for each in clauses or [part]):
            return True
    return False


def _own(parts: list[str], wanted: frozenset[str]) -> list[str]:
    """The parts of a text that have a wanted word which no other has; the first where none has."""
    words = [wanted.intersection(terms(part)) for part in parts]
    own = [
        part
        for place, part in enumerate(parts)
        if words[place].difference(*words[:place], *words[place + 1 :])
    ]
    return own or parts[:1]


def _odd(text: str, sentence: str) -> bool:
    return denials(text) % 2 != denials(sentence) % 2
