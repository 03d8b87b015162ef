"""Token classification: a tag for each word (CoNLL, lists of tokens and tags, or texts with marked spans)."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.label_sets import listed, missing
from tools.data.spans import are_spans, span, tagged
from tools.errors import BadData
from tools.finetune.examples import items, mean_tokens, part, read
from tools.finetune.task import Facts, Outcome, Run

if TYPE_CHECKING:
    import pandas

Sentence = tuple[list[str], list[str]]  # words, tags
MAX_LENGTH = 256
IGNORED = -100


class TokenClassification:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "token-classification"
    default_base = "minilm"
    methods = ("full", "lora", "dora", "adalora", "qlora")
    needs_label = True

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """As many tags as words, and more than one kind of tag."""
        assert label_column is not None
        rows, uneven = sentences(table, text_column, label_column)
        if uneven > len(rows):
            raise BadData(
                f"In {uneven:,} rows {label_column} does not fit {text_column}.",
                'Give one tag for each word (as JSON: ["O", "B-PER"]), or spans that lie within the text.',
            )
        counts = Counter(tag for _, tags in rows for tag in tags)
        if counts and all(tag.lstrip("-").isdigit() for tag in counts):
            raise BadData(
                f"The tags in column {label_column} are numbers, which do not say what is an entity.",
                "Write their names, O for words that belong to none: O, B-PER, I-PER.",
                param="label_column",
            )
        if len(rows) < 4 or len(counts) < 2:
            raise BadData(
                f"There are {len(rows)} sentences with {len(counts)} kinds of tags.",
                "Give at least 4 sentences and 2 kinds of tags.",
            )
        warnings = (
            [f"{uneven:,} rows are left out: another number of tags than words, or spans beyond the text."]
            if uneven
            else []
        )
        tokens = mean_tokens([" ".join(words) for words, _ in rows])
        return Facts(len(rows), dict(counts.most_common()), tokens, warnings)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Sentences with their different tags."""
        assert label_column is not None
        found, _ = sentences(table, text_column, label_column)
        return [(" ".join(words), tuple(dict.fromkeys(tags))) for words, tags in found]

    def train(self, run: Run) -> Outcome:
        """Train, and measure whole entities."""
        from tools.finetune.tagging import train

        columns = run.plan["text_column"], run.plan["label_column"]
        rows, _ = sentences(read(run.spec.data, columns), *columns)
        test = sentences(read(run.spec.test_data, columns), *columns)[0] if run.spec.test_data else None
        return train(run, part(rows, test, run.spec.seed, lambda row: " ".join(row[0])))

    def load(self, folder: Path, device: str | None = None) -> Any:
        """Finds entities in texts."""
        from tools.finetune.machine import best_device
        from tools.finetune.tagging import Tagger

        info = json.loads((folder / "assistant.json").read_text())
        return Tagger(folder, info["labels"], info["max_length"], best_device(device))


def sentences(table: "pandas.DataFrame", text_column: str, label_column: str) -> tuple[list[Sentence], int]:
    """Words and tags of each row, and the number of rows where they do not match; spans of a text become tags."""
    found, uneven = [], 0
    tagged_cells = [listed(cell) if isinstance(cell, str) else cell for cell in table[label_column]]
    read = _marked if are_spans(tagged_cells) else _paired
    cells = tagged_cells if read is _marked else table[label_column]
    for words, tags in zip(table[text_column], cells, strict=True):
        row = read(words, tags)
        if row and row[0] and len(row[0]) == len(row[1]):
            found.append(row)
        elif row is None or row[0] or row[1]:
            uneven += 1
    return found, uneven


def _paired(words: Any, tags: Any) -> Sentence | None:
    """Words and their tags; None where a cell cannot be read as a list."""
    both = items(words), items(tags)
    return (
        None if both[0] is None or both[1] is None else ([str(w) for w in both[0]], [str(t) for t in both[1]])
    )


def _marked(text: Any, cell: Any) -> Sentence | None:
    """A text with spans; of a text without any list of them it is not known that it holds none."""
    if missing(text) or cell is None:
        return None
    return tagged(str(text), [each for each in map(span, cell) if each])


def entities(tags: list[str]) -> Iterator[tuple[str, int, int]]:
    """Entities in a row of tags: kind, first word, word after the last. BIO, BIOES and plain tags are understood."""
    kind, start = "", 0
    for number, tag in enumerate([*tags, "O"]):
        mark, _, name = tag.partition("-") if re.match(r"[BIESLU]-", tag) else ("I", "", tag)
        name = "" if tag == "O" else name
        if kind and (name != kind or mark in ("B", "S", "U")):
            yield kind, start, number
            kind = ""
        if name and not kind:
            kind, start = name, number
        if kind and mark in ("E", "L"):
            yield kind, start, number + 1
            kind = ""


def kind_of(tag: str) -> str:
    """What kind of entity a tag belongs to; ``O`` where to none."""
    return tag[2:] if re.match(r"[BIESLU]-", tag) else tag


def measures(truth: list[list[str]], guesses: list[list[str]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Accuracy of tags; precision, recall and F1 of whole entities, over all and by kind."""
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for tags, guess in zip(truth, guesses, strict=True):
        real, seen = set(entities(tags)), set(entities(guess))
        wanted.update(kind for kind, *_ in real)
        found.update(kind for kind, *_ in seen)
        right.update(kind for kind, *_ in real & seen)
    pairs = [
        (a, b) for tags, guess in zip(truth, guesses, strict=True) for a, b in zip(tags, guess, strict=True)
    ]
    accuracy = sum(a == b for a, b in pairs) / max(1, len(pairs))
    whole = _f1(right.total(), found.total(), wanted.total())
    kinds = {k: _f1(right[k], found[k], wanted[k]) | {"support": wanted[k]} for k in sorted(wanted | found)}
    return {"accuracy": round(accuracy, 4), **whole, "rows": len(truth)}, kinds


def _f1(right: int, found: int, wanted: int) -> dict[str, float]:
    precision, recall = right / max(1, found), right / max(1, wanted)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def word_baseline(train: list[Sentence], test: list[Sentence]) -> list[list[str]]:
    """The most frequent tag of each word in training; of all words for unknown ones."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for words, tags in train:
        for word, tag in zip(words, tags, strict=True):
            seen[word][tag] += 1
    usual = sum(seen.values(), Counter()).most_common(1)[0][0]
    return [[seen[w].most_common(1)[0][0] if w in seen else usual for w in words] for words, _ in test]


TASK = TokenClassification()
