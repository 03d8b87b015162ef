"""Embedding: vectors that bring together what belongs together, from pairs or triplets of texts or from labels."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.label_sets import label_name, missing
from tools.data.matching import VERDICTS, belonging
from tools.errors import BadData
from tools.finetune.examples import mean_tokens, pairs, part, read
from tools.finetune.noticed import told_cut
from tools.finetune.pooling import pooling_in, pooling_of, write_pooling
from tools.finetune.task import Facts, Outcome, Run

if TYPE_CHECKING:
    import numpy
    import pandas

LEAST_PAIRS = 8
MAX_LENGTH = 256
Pair = tuple[str, str]
LABELLED = "from_labels"  # in a model's metadata: whether it learned from texts with labels, or from pairs
NEGATIVES = (
    "negative",
    "negatives",
    "hard_negative",
    "hard negative",
    "反例",
)  # the third column of triplets


class Embedding:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "embedding"
    default_base = "minilm"
    methods = ("full", "lora", "dora", "adalora", "qlora")
    needs_label = True

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """The wrong texts of triplets, and whether a pair belongs together."""
        own = (text_column, label_column)
        third = [name for name in columns if _plain(name) in NEGATIVES and name not in own]
        verdict = [name for name in columns if _plain(name) in VERDICTS and name not in own]
        return (*third[:1], *verdict[:1])

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """At least a few pairs, not all the same."""
        assert label_column is not None
        rows, warnings = together(table, text_column, label_column)
        if len(rows) < LEAST_PAIRS or len({second for _, second in rows}) < 2:
            verdict = _verdict(table, pairs(table, text_column, label_column), label_column)
            if verdict is not None:
                raise BadData(
                    f"By column {verdict} only {len(rows)} pairs in {text_column} and {label_column} belong together.",
                    f"Give at least {LEAST_PAIRS} that do, or leave the column out if it tells something else.",
                )
            raise BadData(
                f"There are only {len(rows)} usable pairs in {text_column} and {label_column}.",
                f"Give at least {LEAST_PAIRS} pairs of texts that belong together, or texts with at least two labels.",
            )
        sides = [[row[side] for row in rows] for side in (0, 1)]
        warnings += told_cut(list(dict.fromkeys(sides[0] + sides[1])), MAX_LENGTH)
        return Facts(len(rows), {}, sum(mean_tokens(side, MAX_LENGTH) for side in sides), warnings)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """First texts."""
        assert label_column is not None
        return [(first, ()) for first, _ in together(table, text_column, label_column)[0]]

    def train(self, run: Run) -> Outcome:
        """Train by contrast and measure retrieval before and after."""
        from tools.finetune.contrastive import train_encoder
        from tools.finetune.encoder import FrozenEncoder
        from tools.finetune.metrics import resampled
        from tools.finetune.retrieval import misses, retrieval, searched

        columns, beside = (run.plan["text_column"], run.plan["label_column"]), run.plan.get("beside", ())
        table = read(run.spec.data, columns, beside)
        rows, _ = together(table, *columns)
        wrong = wrong_texts(table, columns)
        test = (
            together(read(run.spec.test_data, columns, beside), *columns)[0] if run.spec.test_data else None
        )
        labelled = not wrong and repeats(rows)
        parts = part(
            rows, test, run.spec.seed, lambda row: row[0], (lambda row: row[1]) if labelled else None
        )
        train, validation = (triples(p, labelled, run.spec.seed) for p in (parts.train, parts.validation))
        held = triples(parts.test, labelled, run.spec.seed, parts.train)
        run.report.tell("Measuring the untrained encoder")
        pooling, beat = pooling_in(run.plan, run.base), lambda done: run.report.beat("Measuring")
        before = searched(FrozenEncoder(run.base, pooling=pooling), held, beat)
        if wrong:
            train, validation = ([row for row in rows if row[:2] in wrong] for rows in (train, validation))
        trained, length, curve = train_encoder(
            run, train, validation, run.plan["method"], run.staging, wrong, pooling
        )
        _sentence_transformer(run.staging, length, pooling)
        run.report.tell("Measuring on the held-out pairs")
        after = searched(FrozenEncoder(run.staging, pooling=pooling), held, beat)
        intervals = resampled(after.places, retrieval)
        told = {"curve": curve, "intervals": intervals, "examples": misses(after)}
        baseline = {"frozen_encoder": retrieval(before.places)}
        info = {"max_length": length, LABELLED: labelled}
        return Outcome(retrieval(after.places), baseline, trained, info, told)

    def load(self, folder: Path, device: str | None = None, late: bool = False) -> "LoadedEmbedding":
        """A ``tools.finetune.task.Embedder``; ``late`` where its network may be loaded when first asked for."""
        return LoadedEmbedding(folder, device, late)


class LoadedEmbedding:
    """Texts to unit vectors."""

    task = "embedding"

    def __init__(self, folder: Path, device: str | None, late: bool = False):
        from tools.finetune.encoder import FrozenEncoder

        self.encoder = FrozenEncoder(folder, device, late=late, pooling=pooling_of(folder))
        self.device = self.encoder.device

    def embed(self, texts: list[str]) -> "numpy.ndarray":
        """Unit vectors, float32 [n, dimensions]."""
        return self.encoder.embed(texts)

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """The vector of each text."""
        return [
            {"label": None, "score": None, "scores": {}, "embedding": [round(float(x), 6) for x in row]}
            for row in self.embed(texts)
        ]


def _plain(name: str) -> str:
    return name.casefold().strip()


def repeats(rows: list[Pair]) -> bool:
    """Whether the second of each pair is a label, which comes again and again."""
    return len({second for _, second in rows}) <= len(rows) / 2


def _verdict(table: "pandas.DataFrame", rows: list[Pair], label_column: str) -> str | None:
    """The column that says which pairs belong together, where the rows are pairs and one does."""
    if repeats(rows):
        return None
    return next((name for name in table.columns if _plain(name) in VERDICTS and name != label_column), None)


def together(table: "pandas.DataFrame", text_column: str, label_column: str) -> tuple[list[Pair], list[str]]:
    """The pairs that belong together, and sentences about those that are left out.

    Args:
        table: with those two columns, and perhaps one that says which pairs belong together.
        text_column: the first of each pair.
        label_column: the second, or a label.

    Raises:
        BadData: what that third column means is not clear.
    """
    every = pairs(table, text_column, label_column)
    said: list[str] = []
    column = _verdict(table, every, label_column)
    if column is not None:
        yes, least = belonging(list(table[column]), column)
        if yes is None:
            said.append(
                f"Column {column} is not understood as telling which pairs belong together: all count as such."
            )
        else:
            every = pairs(table[yes], text_column, label_column)
            which = f"below {least}" if least != "no" else "of other texts"
            said.append(f"{yes.count(False):,} pairs {which} by column {column} are left out.")
    rows = [row for row in every if row[0] != row[1]]
    if len(rows) < len(every):
        said.append(f"{len(every) - len(rows):,} pairs hold the same text twice and are left out.")
    return rows, said


def scored(table: "pandas.DataFrame", text_column: str, label_column: str) -> list[tuple[str, str, float]]:
    """Pairs with how much they belong together, where a column tells by numbers; empty where none does.

    Args:
        table: as for :func:`together`.
        text_column: the first of each pair.
        label_column: the second.

    Raises:
        BadData: as :func:`together`.
    """
    column = _verdict(table, pairs(table, text_column, label_column), label_column)
    if column is None or belonging(list(table[column]), column)[1] in ("", "no"):
        return []
    cells = zip(*(table[name] for name in (text_column, label_column, column)), strict=True)
    return [
        (str(first).strip(), label_name(second), float(label_name(score).replace(",", ".")))
        for first, second, score in cells
        if not (missing(first) or missing(second) or missing(score))
    ]


def wrong_texts(table: "pandas.DataFrame", columns: Pair) -> dict[Pair, list[str]]:
    """By pair, the texts that do not belong to it; empty where the file has no such column, or hardly uses it."""
    names = [name for name in table.columns if _plain(name) in NEGATIVES and name not in columns]
    if not names:
        return {}
    found: dict[Pair, list[str]] = defaultdict(list)
    for first, second, third in zip(*(table[name] for name in (*columns, names[0])), strict=True):
        if not (missing(first) or missing(second) or missing(third)):
            found[str(first).strip(), label_name(second)].append(str(third).strip())
    return dict(found) if sum(map(len, found.values())) > len(table) / 2 else {}


def triples(
    rows: list[Pair], labelled: bool, seed: int, more: Sequence[Pair] = ()
) -> list[tuple[str, str, str]]:
    """Pairs with their group: the label, or the second text itself.

    Args:
        rows: the pairs, or texts with labels.
        labelled: which of the two they are.
        seed: of the choice of partners.
        more: texts with labels where those find a partner that have none among themselves.
    """
    if not labelled:
        return [(first, second, second) for first, second in rows]
    from tools.finetune.contrastive import partners

    return partners(rows, seed, more=more)


def _sentence_transformer(folder: Path, length: int, pooling: str) -> None:
    """The small files that let ``SentenceTransformer(folder)`` load it."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    width = json.loads((folder / "config.json").read_text())["hidden_size"]
    (folder / "2_Normalize").mkdir(exist_ok=True)
    write_pooling(folder, pooling, width)
    (folder / "modules.json").write_text(json.dumps(modules))
    limits = {"max_seq_length": length, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(limits))


TASK = Embedding()
