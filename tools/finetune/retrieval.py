"""How well vectors find what belongs together: each text looks for its partner among the partners of all."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tools.privacy.reports import quoted

if TYPE_CHECKING:
    import numpy

Triple = tuple[str, str, str]  # a text, one that belongs to it, and the group both are in
TOGETHER = 512  # texts that look for their partners at once
SHOWN = 10  # of those that were missed worst


class Encoder(Protocol):
    """Makes unit vectors."""

    def embed(self, texts: Sequence[str], told: Callable[[int], None] | None = None) -> "numpy.ndarray":
        """Float32 [n, width]; ``told`` is called with the number of texts done."""
        ...


class Search(NamedTuple):
    """What the texts found.

    Attributes:
        rows: the n texts that looked for their partners.
        places: int [n], at which place each found it; the first is 1.
        wrong: int [n], the row whose partner came nearest of those that do not belong to it.
    """

    rows: list[Triple]
    places: "numpy.ndarray"
    wrong: "numpy.ndarray"


def searched(
    encoder: Encoder, rows: Sequence[Triple], told: Callable[[int], None] = lambda done: None
) -> Search:
    """Let each held-out text look for its partner among all partners.

    Args:
        encoder: makes the vectors.
        rows: the texts with their partners; a text that is its own partner finds itself, and is left out.
        told: called after each piece of work with the number of texts that were read; there are two a row.
    """
    import numpy

    rows = [row for row in rows if row[0] != row[1]]
    if not rows:
        return Search(rows, numpy.zeros(0, dtype=int), numpy.zeros(0, dtype=int))
    first = encoder.embed([row[0] for row in rows], told)
    second = encoder.embed([row[1] for row in rows], lambda done: told(len(rows) + done))
    numbers: dict[str, int] = {}
    texts, partners, groups = (
        numpy.array([numbers.setdefault(row[column], len(numbers)) for row in rows]) for column in range(3)
    )
    places, wrong = [], []
    for start in range(0, len(rows), TOGETHER):
        some = slice(start, start + TOGETHER)
        scores = first[some] @ second.T
        other = partners != texts[some, None]
        same = groups == groups[some, None]
        best = numpy.where(same & other, scores, -numpy.inf).max(axis=1, keepdims=True)
        scores = numpy.where(~same & other, scores, -numpy.inf)
        places.append(1 + (~(scores <= best)).sum(axis=1))  # vectors of what is no number find nothing
        wrong.append(scores.argmax(axis=1))
        told(2 * len(rows))
    return Search(rows, numpy.concatenate(places), numpy.concatenate(wrong))


def retrieval(places: "numpy.ndarray") -> dict[str, float]:
    """How well partners are found.

    Args:
        places: of :class:`Search`.

    Returns:
        ``accuracy@1``, ``accuracy@5`` (with one partner a text the same as recall), ``mrr`` (mean reciprocal rank) and
        ``rows``, which stands alone where it is 0.
    """
    if not len(places):
        return {"rows": 0}
    means = (places == 1).mean(), (places <= 5).mean(), (1 / places).mean()
    named = zip(("accuracy@1", "accuracy@5", "mrr"), means, strict=True)
    return {**{name: round(float(mean), 4) for name, mean in named}, "rows": len(places)}


def misses(found: Search) -> list[dict[str, Any]]:
    """The texts whose partners came last: each with its partner, what came nearest instead, and the partner's place."""
    order = sorted(range(len(found.rows)), key=lambda at: -found.places[at])[:SHOWN]
    return [
        {
            "text": quoted(found.rows[at][0]),
            "partner": quoted(found.rows[at][1]),
            "nearest": quoted(found.rows[found.wrong[at]][1]),
            "place": int(found.places[at]),
        }
        for at in order
        if found.places[at] > 1
    ]


def correlation(pairs: "numpy.ndarray") -> dict[str, float]:
    """Whether likeness goes with people's scores: Spearman's rank correlation, as in the STS tasks.

    Args:
        pairs: float [n, 2], the cosine of each pair of texts and its score.

    Returns:
        ``spearman``, which is 0 where one side does not vary, and ``rows``.
    """
    import numpy
    from scipy.stats import spearmanr

    varies = len(pairs) > 1 and (numpy.ptp(pairs, axis=0) > 0).all()
    value = float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic) if varies else 0.0
    return {"spearman": round(value, 4), "rows": len(pairs)}
