"""From the tagger's probabilities to spans: the likeliest row of tags that is possible, and whole words at its ends."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.brain.encoding import Encoded
from assistant.brain.labels import POINTERS, TAGS
from assistant.brain.mentions import Mentions
from assistant.brain.reading import Span

if TYPE_CHECKING:
    import numpy as np

DOUBTFUL = -1.0  # log-probability of the tag below which a span is left out
GAP = 12  # characters between two pieces of one text
_CJK = r"\u3400-\u9fff"
# A letter or digit, or a joint (with another letter behind it, where there is more to see).
_JOINS = re.compile(r"[A-Za-z0-9_]|[.\-/](?=[A-Za-z0-9_]|$)")
# A sentence's or a quotation's beginning up to two characters before a span: what the tagger cut off there.
_BEGINNING = re.compile(rf"(?:^|(?<=[:：\n\"“'‘「]))\s*([{_CJK}\w]{{1,2}})$")


def spans(encoded: Encoded, mentions: Mentions, chances: "np.ndarray", pointers: Sequence[int]) -> list[Span]:
    """The spans in a message.

    Args:
        encoded: the message.
        mentions: what it names; a span that touches a mention takes all of it.
        chances: log-probabilities, float ``[tokens, tags]``.
        pointers: the likeliest pointer of each token.

    Returns:
        Spans in order; none lies over another.
    """
    own = [at for at, place in enumerate(encoded.places) if place is not None]
    if not own:
        return []
    tags = best_path(chances[own])
    found: list[Span] = []
    for at, tag in zip(own, tags, strict=True):
        start, end = encoded.places[at] or (0, 0)
        sure = float(chances[at][tag])
        begins, _, slot = TAGS[tag].partition("-")
        if begins == "B":
            found.append(Span(slot, POINTERS[pointers[at]], start, end, sure))
        elif begins == "I":
            last = found[-1]
            found[-1] = replace(last, end=end, score=min(last.score, sure))
    if encoded.cut and found and found[-1].slot == "text":  # what is that long is a text to its end
        found[-1] = replace(found[-1], end=len(mentions.text))
    found = [span for span in found if span.slot == "text" or span.score > DOUBTFUL]
    whole = [_whole(_words(span, mentions.text), mentions) for span in _bridged(found)]
    return _apart(whole)


def best_path(chances: "np.ndarray") -> list[int]:
    """The likeliest row of tags in which every ``I`` goes on with a ``B`` or ``I`` of its slot (Viterbi 1967).

    Args:
        chances: log-probabilities, float ``[tokens, tags]``.
    """
    allowed = _transitions()
    score = chances[0] + _starts()
    back = []
    for row in chances[1:]:
        ways = score[:, None] + allowed
        back.append(ways.argmax(0))
        score = ways.max(0) + row
    path = [int(score.argmax())]
    for came in reversed(back):
        path.append(int(came[path[-1]]))
    return path[::-1]


@cache
def _transitions() -> "np.ndarray":
    """0 where a tag (column) may follow another (row), else minus infinity."""
    import numpy as np

    allowed = np.zeros((len(TAGS), len(TAGS)), dtype="float32")
    for after, tag in enumerate(TAGS):
        if tag.startswith("I-"):
            allowed[:, after] = -np.inf
            allowed[[TAGS.index(f"B-{tag[2:]}"), after], after] = 0
    return allowed


@cache
def _starts() -> Any:
    import numpy as np

    return np.array([-np.inf if tag.startswith("I-") else 0 for tag in TAGS], dtype="float32")


def _bridged(found: list[Span]) -> list[Span]:
    """Texts without holes: pieces of one with little between them belong together."""
    joined: list[Span] = []
    for span in found:
        last = joined[-1] if joined else None
        if last and span.slot == last.slot == "text" and span.start - last.end <= GAP:
            joined[-1] = replace(last, end=span.end, score=min(last.score, span.score))
        else:
            joined.append(span)
    return joined


def _words(span: Span, text: str) -> Span:
    """The span with the whole of the Latin words and identifiers at its ends, which the tokenizer takes apart."""
    start, end = span.start, span.end
    while start > 0 and _JOINS.match(text[start - 1 : start + 1]) and _JOINS.match(text[start]):
        start -= 1
    while end < len(text) and _JOINS.match(text[end - 1]) and _JOINS.match(text[end : end + 2]):
        end += 1
    if span.slot == "text" and span.pointer == "value" and (cut := _BEGINNING.search(text[:start])):
        start = cut.start(1)
    return replace(span, start=start, end=end)


def _whole(span: Span, mentions: Mentions) -> Span:
    """The span with all of the first mention that it touches; a text may hold mentions without being one."""
    if span.slot == "text":
        return span
    for mention in mentions.found:
        if mention.start < span.end and mention.end > span.start:
            return replace(span, start=min(span.start, mention.start), end=max(span.end, mention.end))
    return span


def _apart(found: list[Span]) -> list[Span]:
    """Of spans that lie over each other, the surer one."""
    kept: list[Span] = []
    for span in sorted(found, key=lambda each: -each.score):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda each: each.start)
