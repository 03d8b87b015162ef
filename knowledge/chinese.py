"""What makes it doubtful that a Chinese question is answered.

The embedded encoder knows no Chinese, and neither does the verifier, so that single words have to tell: pairs of
characters, as they are indexed.
"""

from typing import TYPE_CHECKING

from knowledge.words import has_cjk, terms

if TYPE_CHECKING:
    from knowledge.confidence import Asked
    from knowledge.units import Unit

KEEP = 0.3  # as in :mod:`knowledge.answer`; there is less to tell sentences apart by


def strange(asked: "Asked", units: "list[Unit]") -> bool:
    """Whether the passage of the best sentence, in Chinese, has no word of a Chinese question: it is no answer to it.

    Args:
        asked: the question.
        units: sentences with their scores, at least one.
    """
    best = max(units, key=lambda unit: unit.score).hit.passage
    if not (has_cjk(asked.text) and has_cjk(best.text)):
        return False
    return set(terms(f"{best.context} {best.text}")).isdisjoint(asked.words)
