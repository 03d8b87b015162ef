"""Image classification: one label an image, from a zip or folder with one subfolder a label."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.finetune.examples import pairs, part, read
from tools.finetune.task import Facts, Outcome, Run
from tools.finetune.tasks.text_classification import check_labels, gaps

if TYPE_CHECKING:
    import pandas


class ImageClassification:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "image-classification"
    default_base = ""  # none is embedded
    methods = ("full", "lora", "dora", "adalora", "qlora")
    needs_label = True

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """Labels that can be learned."""
        assert label_column is not None
        rows = pairs(table, text_column, label_column, strip=False)
        counts = check_labels(table, label_column, [label for _, label in rows])
        return Facts(len(rows), counts, 200.0, gaps(table, len(rows)))

    def train(self, run: Run) -> Outcome:
        """Train on pixels; measure what was saved."""
        from tools.finetune.vision import train

        columns = run.plan["text_column"], run.plan["label_column"]
        rows = _rows(run.spec.data, *columns)
        test = _rows(run.spec.test_data, *columns) if run.spec.test_data else None
        return train(run, part(rows, test, run.spec.seed, lambda row: "/".join(row[:2]), lambda row: row[2]))

    def load(self, folder: Path, device: str | None = None) -> Any:
        """Classifies image files."""
        from tools.finetune.machine import best_device
        from tools.finetune.vision import ImageClassifier

        info = json.loads((folder / "assistant.json").read_text())
        return ImageClassifier(folder, info["labels"], best_device(device))


def _rows(path: Path, text_column: str, label_column: str) -> list[tuple[str, str, str]]:
    """File, image inside it, label."""
    found = pairs(read(path, (text_column, label_column)), text_column, label_column, strip=False)
    return [(str(path), name, label) for name, label in found]


TASK = ImageClassification()
