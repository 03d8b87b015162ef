"""Image classification: one label an image, from a zip or folder with one subfolder a label."""

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.errors import BadData
from tools.finetune.examples import pairs, part, read
from tools.finetune.noticed import told_clashes, told_uneven
from tools.finetune.task import Facts, Outcome, Run
from tools.finetune.tasks.text_classification import check_labels, gaps

if TYPE_CHECKING:
    import pandas

Picture = tuple[str, str, str]  # file, image inside it, label
LOOKED_AT = 100  # pictures, before the training; then all of them
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
)  # Pillow, of damaged pictures
LARGEST = 50_000_000  # pixels of a picture
COARSE = (64, 64)  # pixels that suffice to find out whether a picture can be decoded


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
        warnings = gaps(table, len(rows)) + told_uneven(counts)
        if broken:
            warnings.append(_told(broken, len(some), " looked at" if len(some) < len(rows) else ""))
        return Facts(len(rows), counts, 200.0, warnings)

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Images by their bytes, with their labels: to decode all of them takes long."""
        assert label_column is not None
        found = pairs(table, text_column, label_column, strip=False)
        return [(_hash(_bytes(Path(table.attrs["path"]), name)), (label,)) for name, label in found]

    def train(self, run: Run) -> Outcome:
        """Train on pixels; measure what was saved."""
        from tools.finetune.vision import train

        columns = run.plan["text_column"], run.plan["label_column"]
        rows = _rows(run.spec.data, *columns)
        test = _rows(run.spec.test_data, *columns) if run.spec.test_data else None
        contents, broken = _opened(run, rows + (test or []))
        rows = [row for row in rows if row in contents]
        test = None if test is None else [row for row in test if row in contents]
        parts = part(rows, test, run.spec.seed, lambda row: contents[row], lambda row: row[2])
        clashes = told_clashes((content, row[2]) for row, content in contents.items())
        outcome = train(run, parts)
        return replace(outcome, warnings=outcome.warnings + broken + clashes)

    def load(self, folder: Path, device: str | None = None) -> Any:
        """Classifies image files."""
        from tools.finetune.machine import best_device
        from tools.finetune.vision import ImageClassifier

        info = json.loads((folder / "assistant.json").read_text())
        return ImageClassifier(folder, info["labels"], best_device(device))


def _opened(run: Run, rows: list[Picture]) -> tuple[dict[Picture, str], list[str]]:
    """The contents of the pictures that can be opened, and a warning about the others."""
    run.report.phase("Looking at the pictures", len(rows))
    contents, broken = {}, []
    for number, row in enumerate(rows, 1):
        content = _content(Path(row[0]), row[1])
        if content is None:
            broken.append(row[1])
        else:
            contents[row] = content
        run.report.advance(number)
    if not broken:
        return contents, []
    said = _told(broken, len(rows))
    return contents, [] if said in run.plan["warnings"] else [said]


def _told(broken: list[str], rows: int, looked: str = "") -> str:
    return f"{len(broken):,} of {rows:,} images{looked} cannot be opened and are left out ({broken[0]})."


def readable(path: Path, name: str) -> bool:
    """Whether an image of a zip or folder can be opened."""
    return _content(path, name) is not None


def _content(path: Path, name: str) -> str | None:
    """What tells a picture from others, whatever it is called; None where it cannot be opened.

    It is decoded, as one that breaks off has a whole beginning; a JPEG no finer than need be.
    """
    from PIL import Image

    data = _bytes(path, name)
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > LARGEST:
                return None
            image.draft("RGB", COARSE)
            image.load()
    except (Image.DecompressionBombError, *UNREADABLE):
        return None
    return _hash(data)


def _bytes(path: Path, name: str) -> bytes:
    """A picture as it is stored; nothing where that cannot be read."""
    from tools.data.read import read_image

    try:
        return read_image(path, name)
    except (BadData, OSError):
        return b""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _rows(path: Path, text_column: str, label_column: str) -> list[Picture]:
    """The pictures of a file."""
    found = pairs(read(path, (text_column, label_column)), text_column, label_column, strip=False)
    return [(str(path), name, label) for name, label in found]


TASK = ImageClassification()
