"""How alike two documents are: the share of their word triples that they have in common, estimated from a sketch.

MinHash (Broder 1997, "On the resemblance and containment of documents"), with one hash function and many buckets
(one permutation hashing, Li et al. 2012), so that a sketch takes one pass over the text.
"""

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from knowledge.words import terms

if TYPE_CHECKING:
    import numpy as np

BUCKETS = 128  # the estimate's standard error is below 0.045
ALIKE = 0.85  # from here on two documents are told to be nearly the same
_EMPTY = 0xFFFFFFFF


def sketch(text: str) -> bytes:
    """A text's sketch: the smallest hash of its word triples in each bucket.

    Args:
        text: the document's.
    """
    words = terms(text)
    smallest = [_EMPTY] * BUCKETS
    for at in range(max(len(words) - 2, 1)):
        value = zlib.crc32(" ".join(words[at : at + 3]).encode())
        place = value % BUCKETS
        smallest[place] = min(smallest[place], value)
    return b"".join(value.to_bytes(4, "big") for value in smallest)


def likeness(one: bytes, others: Sequence[bytes]) -> "np.ndarray":
    """The estimated shares of common triples of a sketch with others, 0 to 1.

    Args:
        one: a sketch.
        others: sketches of the same length.
    """
    import numpy as np

    mine = np.frombuffer(one, dtype="u4")
    theirs = np.frombuffer(b"".join(others), dtype="u4").reshape(len(others), len(mine))
    filled = (mine != _EMPTY) | (theirs != _EMPTY)
    return ((theirs == mine) & filled).sum(axis=1) / np.maximum(filled.sum(axis=1), 1)


def nearly_same(source: str, mine: bytes, known: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The document that says nearly the same as a new one, if there is one.

    Args:
        source: the new one's name.
        mine: its sketch.
        known: the documents of the base, with their sketches.
    """
    others = [each for each in known if each["source"] != source and len(each["sketch"]) == len(mine) > 0]
    if not others:
        return []
    shares = likeness(mine, [each["sketch"] for each in others])
    best = int(shares.argmax())
    found = {"source": source, "to": others[best]["source"], "share": round(float(shares[best]), 2)}
    return [found] if shares[best] >= ALIKE else []
