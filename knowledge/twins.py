"""Documents that say nearly the same as another one."""

from typing import Any

from knowledge.sketches import likeness
from knowledge.store import Store

ALIKE = 0.85  # the share of word triples in common from which on two documents are told to be nearly the same
COMPARED = 20  # documents, those with the most in common


def nearly_same(store: Store, source: str, mine: bytes) -> list[dict[str, Any]]:
    """The document that says nearly the same as a new one, if there is one.

    Args:
        store: the documents, the new one among them.
        source: the new one's name.
        mine: its sketch.
    """
    likely = store.alike(mine, COMPARED + 1)
    others = [(name, sketch) for name, sketch in likely if name != source and len(sketch) == len(mine)]
    if not others:
        return []
    shares = likeness(mine, [sketch for _, sketch in others])
    best = int(shares.argmax())
    found = {"source": source, "to": others[best][0], "share": round(float(shares[best]), 2)}
    return [found] if shares[best] >= ALIKE else []
