"""How many epochs a span of a message says."""

import re

from assistant.brain import options, values
from assistant.brain.asked import Asked
from assistant.brain.patterns import inside_rate, whole_number
from assistant.brain.reading import Span


def epochs(span: Span, asked: Asked) -> float | int | None:
    """How many epochs; a number of rows or texts, or of an option, is none."""
    rows = _ROWS.match(asked.text, span.end)
    for_rate = asked.context.asks == "rate" and asked.words(span) == asked.text.strip()
    if rows or for_rate or inside_rate(span.start, asked.text) or _in_a_word(span, asked.text):
        return None
    if options.blanked(asked.text)[span.start : span.end] != asked.words(span):
        return None
    whole = whole_number(span.start, asked.text)  # the tagger may have taken a part: 一 of 一百
    return values.number(asked.words(span)) if whole is None else whole


_ROWS = re.compile(
    r"\s*(?:[十百千万]*[来几多]?\s*)?(?:[条行份张]|个?样本)|个(?!\s*(?:轮|周期|ep|训练))"
    r"|\s+(?:of (?:the|my|its|all) )?(?:labell?ed\s+)?(?:rows|lines|examples|samples|texts|tickets|mails)\b",
    re.IGNORECASE,
)


def _in_a_word(span: Span, text: str) -> bool:
    """Whether a span's digits are part of a word that is no number of epochs: "2fast", "fp16", "4bit"."""
    words = [found for found in _WORD.finditer(text) if found.start() < span.end and found.end() > span.start]
    with_digit = [found[0] for found in words if re.search(r"\d", found[0])]
    return bool(with_digit) and not any(_COUNT.fullmatch(word) for word in with_digit)


_WORD = re.compile(r"[A-Za-z0-9_.]+")
_COUNT = re.compile(r"(?:ep\w*?|x)?[\d.]+(?:k|x|ep\w*|e\d+|rounds?|st|nd|rd|th)?\.?", re.IGNORECASE)
