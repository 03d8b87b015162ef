"""Embedding: vectors that bring together what belongs together, from pairs or triplets of texts or from labels."""

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.label_sets import label_name, missing
from tools.errors import BadData
from tools.finetune.examples import pairs, part, read
from tools.finetune.task import Facts, Outcome, Run

if TYPE_CHECKING:
    import numpy
    import pandas

LEAST_PAIRS = 8
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

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """At least a few pairs, not all the same."""
        assert label_column is not None
        rows = pairs(table, text_column, label_column)
        if len(rows) < LEAST_PAIRS or len({second for _, second in rows}) < 2:
            raise BadData(
                f"There are only {len(rows)} usable pairs in {text_column} and {label_column}.",
                f"Give at least {LEAST_PAIRS} pairs of texts that belong together, or texts with at least two labels.",
            )
        words = sum(len(first.split()) + len(second.split()) for first, second in rows[:2000])
        return Facts(len(rows), {}, words / len(rows[:2000]) * 1.4 + 4)

    def train(self, run: Run) -> Outcome:
        """Train by contrast and measure retrieval before and after."""
        from tools.finetune.contrastive import retrieval, train_encoder
        from tools.finetune.encoder import FrozenEncoder

        columns = run.plan["text_column"], run.plan["label_column"]
        rows = pairs(read(run.spec.data, columns), *columns)
        test = pairs(read(run.spec.test_data, columns), *columns) if run.spec.test_data else None
        wrong = _wrong(run, columns)
        labelled = not wrong and len({second for _, second in rows}) <= len(rows) / 2
        parts = part(
            rows, test, run.spec.seed, lambda row: row[0], (lambda row: row[1]) if labelled else None
        )
        train, validation, held = (_triples(p, labelled, run.spec.seed) for p in _lists(parts))
        run.report.tell("Measuring the untrained encoder")
        baseline = {"frozen_encoder": retrieval(FrozenEncoder(run.base), held)}
        if wrong:
            train, validation = ([row for row in rows if row[:2] in wrong] for rows in (train, validation))
        trained, length, curve = train_encoder(run, train, validation, run.plan["method"], run.staging, wrong)
        _sentence_transformer(run.staging, length)
        run.report.tell("Measuring on the held-out pairs")
        metrics = retrieval(FrozenEncoder(run.staging), held)
        return Outcome(metrics, baseline, trained, {"max_length": length}, {"curve": curve})

    def load(self, folder: Path, device: str | None = None) -> "LoadedEmbedding":
        """A ``tools.finetune.task.Embedder``."""
        return LoadedEmbedding(folder, device)


class LoadedEmbedding:
    """Texts to unit vectors."""

    task = "embedding"

    def __init__(self, folder: Path, device: str | None):
        from tools.finetune.encoder import FrozenEncoder

        self.encoder = FrozenEncoder(folder, device)
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


def _wrong(run: Run, columns: tuple[str, str]) -> dict[tuple[str, str], list[str]]:
    """By pair, the texts that do not belong to it; empty where the file has no such column, or hardly uses it."""
    from tools.data.read import sample_rows

    names = [name for name in sample_rows(run.spec.data, size=1)[0] if name.casefold().strip() in NEGATIVES]
    if not names:
        return {}
    table = read(run.spec.data, (*columns, names[0]))
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for first, second, third in zip(*(table[name] for name in (*columns, names[0])), strict=True):
        if not (missing(first) or missing(second) or missing(third)):
            found[str(first).strip(), label_name(second)].append(str(third).strip())
    return dict(found) if sum(map(len, found.values())) > len(table) / 2 else {}


def _lists(parts: Any) -> list[list[tuple[str, str]]]:
    return [parts.train, parts.validation, parts.test]


def _triples(rows: list[tuple[str, str]], labelled: bool, seed: int) -> list[tuple[str, str, str]]:
    """Pairs with their group: the label, or the second text itself."""
    if not labelled:
        return [(first, second, second) for first, second in rows]
    from tools.finetune.contrastive import partners

    return partners(rows, seed)


def _sentence_transformer(folder: Path, length: int) -> None:
    """The small files that let ``SentenceTransformer(folder)`` load it."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    width = json.loads((folder / "config.json").read_text())["hidden_size"]
    for name in ("1_Pooling", "2_Normalize"):
        (folder / name).mkdir(exist_ok=True)
    pooling = {
        "word_embedding_dimension": width,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_cls_token": False,
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "modules.json").write_text(json.dumps(modules))
    limits = {"max_seq_length": length, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(limits))


TASK = Embedding()
