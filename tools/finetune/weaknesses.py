"""Where a classifier is weak: the pairs of labels it confuses most, and the kinds of texts it gets wrong more often."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from knowledge.words import has_cjk, words
from tools.privacy.reports import quoted

MOST = 10  # pairs, and slices, that are listed
EXAMPLES = 3
LEAST = 5  # rows that say something about a slice
CONTAINS = "contains “"  # begins the name of a slice of rows with a word


def weaknesses(texts: Sequence[str], truth: Sequence[str], guesses: Sequence[str]) -> dict[str, Any]:
    """What to look at first, from the rows a classifier was measured on.

    Args:
        texts: n texts.
        truth: n true labels.
        guesses: n predicted labels.

    Returns:
        ``confused``: ``{"label", "predicted", "count", "examples"}``, the most frequent first; ``slices``:
        ``{"slice", "rows", "accuracy"}``, the weakest first.
    """
    return {"confused": confused(texts, truth, guesses), "slices": slices(texts, truth, guesses)}


def confused(texts: Sequence[str], truth: Sequence[str], guesses: Sequence[str]) -> list[dict[str, Any]]:
    """Pairs of a true and another predicted label with examples."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text, label, guess in zip(texts, truth, guesses, strict=True):
        if label != guess:
            found[label, guess].append(quoted(text))
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST]
    return [
        {"label": label, "predicted": guess, "count": len(rows), "examples": rows[:EXAMPLES]}
        for (label, guess), rows in ordered
    ]


def slices(texts: Sequence[str], truth: Sequence[str], guesses: Sequence[str]) -> list[dict[str, Any]]:
    """Kinds of texts that are right less often than all are, by more than chance.

    A slice counts where the whole 95 % interval of its accuracy (Wilson 1927) lies below the accuracy of all rows; of
    so many slices that are looked at, one in forty does by chance, so they are a place to look and no proof.
    """
    right = [label == guess for label, guess in zip(truth, guesses, strict=True)]
    rows: dict[str, list[int]] = defaultdict(list)
    for number, (text, label) in enumerate(zip(texts, truth, strict=True)):
        for name in _kinds(text, label):
            rows[name].append(number)
    overall = sum(right) / max(1, len(right))
    found: list[dict[str, Any]] = []
    for name, members in rows.items():
        hits = sum(right[i] for i in members)
        if LEAST <= len(members) < len(right) and _highest(hits, len(members)) < overall:
            found.append({"slice": name, "rows": len(members), "accuracy": round(hits / len(members), 4)})
    found.sort(key=_rank)
    named = (
        each for each in found if not _of_somebody(each["slice"], [texts[i] for i in rows[each["slice"]]])
    )
    return list(islice(_without_twins(named), MOST))


def _rank(each: dict[str, Any]) -> tuple[float, bool, str]:
    """The surest weakness first; of equal ones, kinds of texts before words."""
    highest = _highest(round(each["accuracy"] * each["rows"]), each["rows"])
    return highest, each["slice"].startswith(CONTAINS), each["slice"]


def _without_twins(found: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """At most three slices with the same figures, words last: they come from the same few texts."""
    seen: Counter[tuple[int, float]] = Counter()
    for each in found:
        figures = each["rows"], each["accuracy"]
        seen[figures] += 1
        if seen[figures] <= EXAMPLES:
            yield each


def _of_somebody(name: str, texts: Sequence[str]) -> bool:
    """Whether the word of a slice is personal in its texts, as a name is: it would stand in reports."""
    from tools.privacy.reports import personal

    word = name.removeprefix(CONTAINS).removesuffix("”")
    return name.startswith(CONTAINS) and any(
        word in text[start:end].lower() for text in texts[:EXAMPLES] for start, end in personal(text)
    )


def _kinds(text: str, label: str) -> Iterator[str]:
    """The slices a row belongs to."""
    yield f"label {label}"
    yield "language Chinese, Japanese or Korean" if has_cjk(text) else _script(text)
    yield _length(text)
    for word in words(text):
        for piece in _pairs(word) if has_cjk(word) else [word]:
            yield f"{CONTAINS}{piece}”"


def _length(text: str) -> str:
    """How long it is, in words; two signs of Chinese count as one."""
    count = sum(len(_pairs(word)) / 2 + 0.5 if has_cjk(word) else 1 for word in text.split())
    for least, most in ((0, 5), (5, 10), (10, 20), (20, 40), (40, 80)):
        if count <= most:
            return f"up to {most} words" if not least else f"{least + 1} to {most} words"
    return "more than 80 words"


def _pairs(word: str) -> list[str]:
    """Neighbouring signs of a Chinese text, each pair once."""
    return list(dict.fromkeys(word[i : i + 2] for i in range(max(1, len(word) - 1))))


def _script(text: str) -> str:
    letters = [sign for sign in text if sign.isalpha()]
    latin = sum(sign < "\u0250" for sign in letters)
    return "language in Latin letters" if 2 * latin >= len(letters) else "language in other letters"


def _highest(hits: int, rows: int) -> float:
    """The upper end of Wilson's 95 % interval of a share."""
    if hits == rows:  # not a rounding error below it
        return 1.0
    z = 1.96
    share = hits / rows
    middle = share + z * z / (2 * rows)
    spread = z * ((share * (1 - share) + z * z / (4 * rows)) / rows) ** 0.5
    return (middle + spread) / (1 + z * z / rows)
