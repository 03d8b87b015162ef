"""Image classification: one label an image, from a zip or folder with one subfolder a label."""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadData
from tools.finetune.examples import pairs, part, read
from tools.finetune.task import Facts, Outcome, Run
from tools.finetune.tasks.text_classification import check_labels, gaps

if TYPE_CHECKING:
    import pandas

LOOKED_AT = 200  # pictures, before the training; then all of them


class ImageClassification:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "image-classification"
    default_base = ""  # none is embedded
    methods = ("full", "lora", "dora", "adalora", "qlora")
    needs_label = True

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """Labels that can be learned, and pictures that can be opened."""
        assert label_column is not None
        path = Path(table.attrs["path"])
        if table.attrs.get("kind") != "images":
            raise BadData(f"{path.name} holds no images.", "Give a zip or a folder with one folder a label.")
        rows = pairs(table, text_column, label_column, strip=False)
        counts = check_labels(table, label_column, [label for _, label in rows])
        some = [name for name, _ in rows[:: max(1, len(rows) // LOOKED_AT)]]
        broken = [name for name in some if _content(path, name) is None]
        if len(broken) > len(some) / 2:
            raise BadData(
                f"{len(broken):,} of {len(some):,} images of {path.name} cannot be opened, {broken[0]} for one.",
                "Save them as PNG or JPEG.",
            )
        warnings = gaps(table, len(rows))
        if broken:
            warnings.append(
                f"{len(broken):,} of {len(some):,} images looked at cannot be opened and are left out ({broken[0]})."
            )
        return Facts(len(rows), counts, 200.0, warnings)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Images by their content, with their labels."""
        assert label_column is not None
        found = pairs(table, text_column, label_column, strip=False)
        contents = ((_content(Path(table.attrs["path"]), name), label) for name, label in found)
        return [(content, (label,)) for content, label in contents if content]

    def train(self, run: Run) -> Outcome:
        """Train on pixels; measure what was saved."""
        from tools.finetune.vision import train

        columns = run.plan["text_column"], run.plan["label_column"]
        rows = _rows(run.spec.data, *columns)
        test = _rows(run.spec.test_data, *columns) if run.spec.test_data else None
        contents = {
            row: content for row in rows + (test or []) if (content := _content(Path(row[0]), row[1]))
        }
        rows = [row for row in rows if row in contents]
        test = None if test is None else [row for row in test if row in contents]
        return train(run, part(rows, test, run.spec.seed, lambda row: contents[row], lambda row: row[2]))

    def load(self, folder: Path, device: str | None = None) -> Any:
        """Classifies image files."""
        from tools.finetune.machine import best_device
        from tools.finetune.vision import ImageClassifier

        info = json.loads((folder / "assistant.json").read_text())
        return ImageClassifier(folder, info["labels"], best_device(device))


def readable(path: Path, name: str) -> bool:
    """Whether an image of a zip or folder can be opened."""
    return _content(path, name) is not None


def _content(path: Path, name: str) -> str | None:
    """What tells a picture from others, whatever it is called; None where it cannot be opened."""
    from PIL import Image, UnidentifiedImageError

    from tools.data.read import read_image

    try:
        data = read_image(path, name)
        with Image.open(io.BytesIO(data)) as image:
            image.verify()
    except (BadData, UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return hashlib.sha256(data).hexdigest()


def _rows(path: Path, text_column: str, label_column: str) -> list[tuple[str, str, str]]:
    """File, image inside it, label."""
    found = pairs(read(path, (text_column, label_column)), text_column, label_column, strip=False)
    return [(str(path), name, label) for name, label in found]


TASK = ImageClassification()
