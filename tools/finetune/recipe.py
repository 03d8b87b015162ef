"""The numbers nobody should have to choose: method, epochs, learning rate, batch size, and how long it will take."""

import math
from dataclasses import dataclass
from typing import Any

from tools.finetune.machine import flops
from tools.finetune.task import Facts

PATIENT_SECONDS = 900  # `auto` keeps to this where there is a quick method to take instead
# Rows a label below which `auto` takes the frozen encoder, unless training starts from a classifier on it. Started so,
# full was better at every size tried (MiniLM, accuracy of head → full; 1,500 held-out messages of 19 wishes: 48 → 57 %
# with 3 rows a label, 66 → 71 with 10, 74 → 81 with 30; 2,000 rows of Banking77's training file: 83.6 → 84.9 with 10).
# Without such a start, on the sample tickets (36 rows a label), it made no difference beyond chance.
FEW_ROWS = 50


@dataclass(frozen=True)
class Base:
    """What ``config.json`` tells of a base model.

    Attributes:
        width: hidden size.
        layers: transformer layers.
        vocabulary: entries of the word embedding.
        kind: transformers' ``model_type``.
    """

    width: int = 768
    layers: int = 12
    vocabulary: int = 30_000
    kind: str = ""

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Base":
        """Read the sizes under the names that model families use for them."""

        def first(names: tuple[str, ...], other: int) -> int:
            found = [config[name] for name in names if isinstance(config.get(name), int)]
            return found[0] if found else other

        return cls(
            first(("hidden_size", "dim", "n_embd", "d_model"), 768),
            first(("num_hidden_layers", "n_layers", "n_layer", "num_layers"), 12),
            first(("vocab_size",), 0),
            str(config.get("model_type", "")),
        )

    @property
    def working(self) -> int:
        """Parameters that take part in every token's computation."""
        return 12 * self.layers * self.width**2

    @property
    def parameters(self) -> int:
        """All parameters, roughly."""
        return self.working + self.vocabulary * self.width


def batch_size(task: str, rows: int, tokens: float) -> int:
    """Rows a step: more for much data, fewer for long rows and large vocabularies."""
    if task == "text-generation":
        return 8
    if task == "masked-lm":  # longer texts are cut into pieces
        tokens = min(tokens, 128)
    size = 64 if rows >= 4000 else 32 if rows >= 400 else 16
    return max(4, size // max(1, math.ceil(tokens / 96)))


def starts_warm(task: str, base: Base) -> bool:
    """Whether a classifier starts from one fitted on the frozen encoder (``tools.finetune.averaging``)."""
    return task == "text-classification" and base.kind == "bert"


def rounds(rows: int) -> int:
    """Partners for each text in few-shot training: about 4,000 pairs, at most 8 for a text."""
    return max(1, min(8, 4000 // max(1, rows)))


def epochs(task: str, method: str, rows: int, size: int, warm: bool = False) -> int:
    """Passes over the data: about 1,200 steps for classifiers; few for language models, which forget.

    Args:
        task: the task's name.
        method: ``few-shot`` passes once over its pairs.
        rows: of the data.
        size: rows a step.
        warm: whether the classifier starts from one fitted on the frozen encoder. Measured on Banking77's training
            file (8,003 rows to train, 2,000 to measure, MiniLM): 91.7 % frozen, and after 3, 4, 5, 6 epochs 93.2, 94.0,
            93.6, 93.5 %; with 770 rows, 10 a label, 84.0 % frozen, and after 5, 10, 20 epochs (of 27 steps) 85.9, 85.4,
            84.7 %; with 190 rows of other data 65.9 % frozen, and after 5 and 10 epochs (of 13 steps) 71.3, 72.3 %.
    """
    if method == "few-shot":
        return 1
    if task in ("text-generation", "masked-lm"):
        return 3
    steps = max(1, math.ceil(rows * 0.8 / size))
    if warm:
        return max(3, min(10, round(min(600, max(120, rows / 6)) / steps)))
    most, least = (20, 3) if task != "embedding" else (4, 1)
    return max(least, min(most, round(1200 / steps)))


def learning_rate(task: str, method: str, base: Base) -> float:
    """Narrow models take larger steps; adapters ten times larger ones; language models smaller ones."""
    if method in ("head",):
        return 0.0
    rate = min(1e-3, 3.84e-2 / base.width)  # 1e-4 for MiniLM's 384, 5e-5 for BERT's 768
    if task in ("text-generation", "embedding"):
        rate /= 2
    if method in ("lora", "dora", "qlora"):
        rate = min(2e-3, rate * 8)
    if method == "adalora":  # on 200 tickets 8e-4 stays far behind LoRA, 2e-3 does not
        rate = min(2e-3, rate * 20)
    return float(f"{rate:.1e}")


def seconds(method: str, base: Base, facts: Facts, passes: float, task: str) -> float:
    """Roughly how long a run takes here: the arithmetic, and what loading and measuring cost."""
    tokens = facts.rows * max(8.0, facts.tokens) * 1.1
    reading = 2 * base.working * tokens / flops()
    if method == "head":
        return 6 + reading * 1.2 + facts.rows * len(facts.labels) * base.width / 5e7
    per_token = {"full": 6.0, "lora": 5.0, "dora": 7.0, "adalora": 6.0, "qlora": 6.0, "few-shot": 6.0}[method]
    head = 6 * base.vocabulary * base.width if task in ("text-generation", "masked-lm") else 0
    read = passes * 2 * rounds(facts.rows) if method == "few-shot" else passes  # both texts of each pair
    training = (per_token * base.working + head) * tokens * read / flops()
    return 12 + training * 1.15 + reading


def four_bits(method: str, task: str) -> bool:
    """Whether the base's weights are held in 4 bits: for other tasks than writing, qlora is lora."""
    return method == "qlora" and task == "text-generation"


# Bytes a parameter while it is trained: weight, gradient and two optimizer moments; or the weight and activations.
TRAINED_BYTES, FROZEN_BYTES, FOUR_BITS, SPARE_BYTES = 16, 6, 2, 1_000_000_000
TOKEN_BYTES = 50  # of a text in memory: its characters, and a number of Python for each token


def memory(method: str, base: Base, task: str, tokens: float = 0) -> int:
    """Bytes that a training needs, roughly: for the model, and for the texts (pictures are read one by one).

    Args:
        method: how it is trained.
        base: the base model.
        task: the task's name.
        tokens: of all rows.
    """
    each = {"full": TRAINED_BYTES, "few-shot": TRAINED_BYTES}.get(method, FROZEN_BYTES)
    if four_bits(method, task):
        each = FOUR_BITS
    texts = 0 if task == "image-classification" else tokens * TOKEN_BYTES
    return base.parameters * each + round(texts) + SPARE_BYTES


def choose_method(
    task: str,
    methods: tuple[str, ...],
    facts: Facts,
    estimates: dict[str, float],
    warm: bool = False,
    most: float | None = None,
) -> tuple[str, str]:
    """The method that ``auto`` stands for, and why.

    Args:
        task: the task's name.
        methods: what the task knows.
        facts: of the data.
        estimates: seconds of each method.
        warm: whether training starts from a classifier on the frozen encoder.
        most: seconds that it may take; :data:`PATIENT_SECONDS` where left out.
    """
    if "head" not in methods:
        return methods[0], f"{methods[0]} is the usual choice for {task}."
    each = facts.rows / max(1, len(facts.labels))
    minutes = f"about {max(1, round(estimates['full'] / 60))} min"
    if each < FEW_ROWS and not warm:
        return (
            "head",
            f"{each:.0f} rows a label: below {FEW_ROWS}, a classifier on the frozen encoder is taken (about "
            f"{max(1, round(estimates['head']))} s); full trains all weights ({minutes}).",
        )
    if estimates["full"] <= (PATIENT_SECONDS if most is None else most):
        return (
            "full",
            f"Training all weights takes {minutes} here ({each:.0f} rows a label); a classifier on the frozen encoder "
            "is the first result, and what it is compared with.",
        )
    return (
        "head",
        f"Training all weights would take {minutes} here; a classifier on the frozen encoder is quick.",
    )
