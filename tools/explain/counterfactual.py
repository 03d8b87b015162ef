"""What small change turns the label: the fewest words to delete or to replace, found by trying them on the model.

Deletions come first (after Feng et al. 2018 and the minimal contrastive edits of Ross, Marasović and Peters 2021, but
without another model that writes): single words (of long texts the strongest), then ever more of those that spoke most
for the label. Where that does not turn it, words that are typical of the other label take their place. Whatever is
returned did turn the label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tools.explain.attribution import read
from tools.explain.passes import probabilities, several
from tools.explain.words import Word, split_words

SINGLE = (
    40  # so many of the strongest words are left out one by one: what it costs grows with words times length
)
MOST_CHANGES = 6
PAIRED = 8  # of so many of the strongest words all pairs are tried
SWAPPED = 4  # so many of the strongest words are replaced
TYPICAL = 12  # by so many words of the other label


def counterfactual(
    model: Any,
    text: str,
    explanation: Mapping[str, Any],
    typical: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any] | None:
    """The smallest change found that turns the predicted label.

    Args:
        model: a ``tools.finetune.task.Classifier``; nobody else may use it meanwhile. Where it may give several labels
            a text, any other set of them is a turn.
        text: the text; what lies beyond the window moves into it where words are deleted.
        explanation: of it, for the predicted label.
        typical: words that are typical of each label, the most typical first; the words of its name where left out.

    Returns:
        ``{"text", "label", "score", "changes": [{"start", "end", "from", "to"}]}``, where ``to`` is empty for a
        deletion, and ``label`` None where no label is given any more; None where nothing that was tried turns it.
    """
    reading = read(model, text)
    given = _Given(text, text[: 2 * len(reading.text)], split_words(text)[: len(reading.words)])
    values = [token["attribution"] for token in explanation["tokens"][: len(given.words)]]
    ranked = sorted(range(len(values)), key=lambda place: -values[place])
    now = _labels(model, probabilities(model, [reading.text])[0])
    return _deleted(model, given, ranked, now) or _swapped(model, given, ranked, now, typical or {})


@dataclass(frozen=True)
class _Given:
    """A text: the whole, as much of it as a model may read where some words are left out, and the words that it reads
    now.
    """

    text: str
    near: str
    words: list[Word]


def _labels(model: Any, row: Any) -> tuple[int, ...]:
    """The columns of the labels that are given."""
    if not several(model):
        return (int(row.argmax()),)
    return tuple(int(i) for i in row.argsort()[::-1] if row[i] >= model.threshold)


Change = dict[int, str]  # place of a word -> what stands in its place, nothing for a deletion


def _deleted(model: Any, given: _Given, ranked: Sequence[int], now: tuple[int, ...]) -> dict[str, Any] | None:
    if len(ranked) < 2:
        return None
    most = min(MOST_CHANGES, len(ranked) - 1)
    pairs = combinations(ranked[:PAIRED], 2)
    stages: list[list[Change]] = [
        [{place: ""} for place in ranked[:SINGLE]],
        [{first: "", second: ""} for first, second in pairs] if most >= 2 else [],
        [dict.fromkeys(ranked[:count], "") for count in range(3, most + 1)],
    ]
    return _first_that_turns(model, given, stages, now)


def _swapped(
    model: Any,
    given: _Given,
    ranked: Sequence[int],
    now: tuple[int, ...],
    typical: Mapping[str, Sequence[str]],
) -> dict[str, Any] | None:
    row = probabilities(model, [given.near])[0]
    others = [int(i) for i in row.argsort()[::-1] if i not in now][:2]
    words = [w for i in others for w in _typical(str(model.labels[i]), typical)]
    if not words or not ranked:
        return None
    strongest = ranked[:SWAPPED]
    stages: list[list[Change]] = [
        [{place: word} for place in strongest for word in words],
        [
            {**dict.fromkeys(strongest[:count], ""), strongest[0]: word}
            for count in range(2, len(strongest) + 1)
            for word in words
        ],
    ]
    return _first_that_turns(model, given, stages, now)


def _typical(label: str, typical: Mapping[str, Sequence[str]]) -> list[str]:
    found = list(typical.get(label, ()))[:TYPICAL]
    return found or [word for word in label.replace("_", " ").replace("-", " ").split() if word]


def _first_that_turns(
    model: Any, given: _Given, stages: Sequence[Sequence[Change]], now: tuple[int, ...]
) -> dict[str, Any] | None:
    """The surest change of the first stage in which any turns the label; stages go from few changes to more."""
    for stage in stages:
        tried = [(change, _changed(given.near, given.words, change)) for change in stage]
        tried = [(change, text) for change, text in tried if text.strip()]
        if not tried:
            continue
        rows = probabilities(model, [text for _, text in tried])
        turned = [i for i in range(len(tried)) if _labels(model, rows[i]) != now]
        if turned:
            fewest = min(len(tried[i][0]) for i in turned)
            best = max((i for i in turned if len(tried[i][0]) == fewest), key=lambda i: float(rows[i].max()))
            return _found(model, given, tried[best][0], rows[best])
    return None


def _changed(text: str, words: Sequence[Word], change: Change) -> str:
    pieces, at = [], 0
    for place in sorted(change):
        pieces += [text[at : words[place].start], change[place]]
        at = words[place].end
    return " ".join("".join([*pieces, text[at:]]).split())


def _found(model: Any, given: _Given, change: Change, row: Any) -> dict[str, Any]:
    labels = _labels(model, row)
    changes = [
        {
            "start": given.words[place].start,
            "end": given.words[place].end,
            "from": given.words[place].text,
            "to": change[place],
        }
        for place in sorted(change)
    ]
    return {
        "text": _changed(given.text, given.words, change),
        "label": ", ".join(str(model.labels[i]) for i in labels) or None,
        "score": round(float(row.max()), 6),
        "changes": changes,
    }
