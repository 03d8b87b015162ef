"""Full fine-tuning with our defaults against transformers' Trainer with its own, at the same epochs and rows.

The rows are wishes in English, each with the tool it wants, from the generator of the embedded brain's training. Both
go from texts to a saved and measured model; ours also measures two baselines and writes a report. Ours chooses on a
tenth of the training rows and may stop early; the peer trains on all of them.
"""

import time
from collections.abc import Iterable
from functools import cache

from tests.benchmarks import tickets
from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row

ROWS, TESTED, EPOCHS, SEED = 2_400, 600, 3, 7


def run() -> Iterable[Row]:
    train, test = wishes()
    ours = tickets.full("wishes", train, test, EPOCHS)
    seconds, training, accuracy = plain_trainer(ours.epochs)
    name = f"finetune: full, {len(train)} rows (accuracy {ours.accuracy:.3f}, peer {accuracy:.3f})"
    peer = f"transformers.Trainer's defaults, {ours.epochs:g} epochs"
    yield Row(name, ours.seconds, seconds, peer, unit="s", lower_is_better=True)
    read = ours.epochs * len(train)
    yield Row("finetune: rows a second, training alone", read / ours.training, read / training, peer)


@cache
def wishes() -> tuple[tickets.Rows, tickets.Rows]:
    """Training and test rows: different messages, each once."""
    from assistant.brain.recipe.conversations import conversations

    count = sized(ROWS + TESTED, 300)
    found: dict[str, str] = {}
    for example in conversations(SEED, 10 * count):
        if example.kind == "wish" and not example.history and example.message.isascii():
            found.setdefault(example.message, example.tool)
        if len(found) == count:
            break
    rows, cut = list(found.items()), round(len(found) * ROWS / (ROWS + TESTED))
    return rows[:cut], rows[cut:]


def plain_trainer(epochs: float) -> tuple[float, float, float]:
    """Seconds, those of training alone, and test accuracy of the Trainer as its documentation shows it."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        PrinterCallback,
        Trainer,
        TrainingArguments,
    )

    from tools.models.embedded import minilm_folder

    folder = tickets.folder() / "trainer"
    train, test = wishes()
    labels = sorted({label for _, label in train})
    began = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder())
    model = AutoModelForSequenceClassification.from_pretrained(minilm_folder(), num_labels=len(labels))

    def features(rows: tickets.Rows) -> list[dict]:
        ids = tokenizer([text for text, _ in rows], truncation=True)["input_ids"]
        return [{"input_ids": each, "labels": labels.index(rows[i][1])} for i, each in enumerate(ids)]

    quiet = {"report_to": "none", "disable_tqdm": True}
    arguments = TrainingArguments(output_dir=str(folder), num_train_epochs=epochs, **quiet)
    trainer = Trainer(model, arguments, train_dataset=features(train), processing_class=tokenizer)
    trainer.remove_callback(PrinterCallback)
    steps = time.perf_counter()
    trainer.train()
    training = time.perf_counter() - steps
    trainer.save_model(str(folder))
    found = trainer.predict(features(test))
    seconds = time.perf_counter() - began
    return seconds, training, float((found.predictions.argmax(-1) == found.label_ids).mean())
