"""What a data file really is: its kind, text encoding and delimiter, found from its bytes and not from its name."""

import codecs
import csv
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from tools.data.encoding import find_encoding
from tools.errors import BadData

SAMPLE_BYTES = 256 * 1024
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
ASKING = ("?", "？", ":", "：")
NO_DELIMITER = "\x1f"  # for a table of one column: commas in its texts are no delimiters
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
# First bytes of files that people rename to .csv by mistake, and what to do about each.
SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "a WebP image or a sound file",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file (.xls, .doc)",
    b"SQLite format 3": "a SQLite database",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"ID3": "a sound file",
}


@dataclass
class TableInfo:
    """How a file is read, and what was noticed on the way.

    Attributes:
        kind: csv, jsonl, json, parquet, xlsx, conll, text or images.
        encoding: Python's name of the text encoding (empty for binary kinds).
        delimiter: what stands between cells (csv only).
        columns: the column names in order.
        warnings: plain sentences about the file's form, for people.
        skipped: number of rows left out because they do not fit the header.
        skipped_lines: line numbers of the first of them.
    """

    kind: str
    encoding: str = ""
    delimiter: str = ""
    has_header: bool = True
    columns: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: int = 0
    skipped_lines: list[int] = field(default_factory=list)

    def skip(self, line: int) -> None:
        """Count a row that is left out."""
        self.skipped += 1
        if len(self.skipped_lines) < 5:
            self.skipped_lines.append(line)


def sniff(path: Path) -> TableInfo:
    """Find out what a file is.

    Args:
        path: a file, or a folder of images with one subfolder a label.

    Raises:
        BadData: it is missing, empty, or no table at all (the message says what it looks like).
    """
    if path.is_dir():
        return TableInfo("images")
    head = _head(path)
    if head.startswith(b"PAR1"):
        return TableInfo("parquet")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return TableInfo(_zip_kind(path))
    encoding, warnings = find_encoding(path, head)
    sample = _decode(head, encoding)
    if not sample.strip():
        raise BadData(f"{path.name} is empty.", "Upload a file with a header line and at least one row.")
    kind = _text_kind(path, sample)
    info = TableInfo(kind, encoding, warnings=warnings)
    if kind == "csv":
        _sniff_csv(path, sample, len(head) < SAMPLE_BYTES, info)
    return info


def _head(path: Path) -> bytes:
    """The first bytes, refused where they belong to something that is no table."""
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
    except OSError as error:
        raise BadData(
            f"{path.name} cannot be read: {error.strerror}.", "Check the path and its permissions."
        ) from error
    if not head:
        raise BadData(f"{path.name} is empty.", "Upload a file with a header line and at least one row.")
    what = next((name for magic, name in SIGNATURES.items() if head.startswith(magic)), None)
    if what is None and head.startswith(b"BM") and b"\x00" in head[:64]:
        what = "a BMP image"
    if what:
        raise BadData(
            f"{path.name} looks like {what}, not a table.", "Upload CSV, TSV, JSONL, Excel or Parquet."
        )
    return head


def _zip_kind(path: Path) -> str:
    """xlsx or images: what a zip archive holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise BadData(f"{path.name} is a damaged zip archive.", "Make or download it again.") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(name.lower().endswith(IMAGE_SUFFIXES) for name in names):
        return "images"
    raise BadData(
        f"{path.name} is a zip archive without images or an Excel sheet.",
        "Unpack it and upload the table inside; for images, put one folder a label into the zip.",
    )


def _decode(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def _text_kind(path: Path, sample: str) -> str:
    """Which text format: by the first character, then the name."""
    suffix, start = path.suffix.lower(), sample.lstrip()[:1]
    if suffix in (".jsonl", ".ndjson"):
        return "jsonl"
    if suffix == ".json" or (suffix not in (".csv", ".tsv") and start in "[{"):
        return "json" if start == "[" or not _is_json_lines(sample) else "jsonl"
    if suffix in (".conll", ".bio", ".iob", ".iob2") or (suffix == ".txt" and _is_conll(sample)):
        return "conll"
    return "text" if suffix in (".txt", ".md", ".text") and not _is_table(sample) else "csv"


def _is_json_lines(sample: str) -> bool:
    import json

    lines = sample.splitlines()
    try:
        return isinstance(json.loads(lines[0]), dict) and (len(lines) == 1 or lines[1].lstrip()[:1] == "{")
    except (json.JSONDecodeError, IndexError):
        return False


def _is_conll(sample: str) -> bool:
    """Most lines are a token and a tag such as O, B-PER or I-ORG."""
    lines = [line.split() for line in sample.splitlines()[:200] if line.strip()]
    tagged = [cells for cells in lines if len(cells) >= 2 and (cells[-1] == "O" or cells[-1][1:2] == "-")]
    return len(tagged) > 0.8 * len(lines)


def _is_table(sample: str) -> bool:
    return _best_delimiter(sample.splitlines()[:100])[1] > 0.9


def _sniff_csv(path: Path, sample: str, whole: bool, info: TableInfo) -> None:
    """Find delimiter and header, and say what is unusual."""
    lines = sample.splitlines(keepends=True)
    lines = lines[:200] if whole or len(lines) < 2 else lines[:-1][:200]
    info.delimiter, _ = _best_delimiter(lines)
    expected = "\t" if path.suffix.lower() == ".tsv" else ","
    if not info.delimiter:
        info.delimiter = NO_DELIMITER
    elif info.delimiter != expected:
        info.warnings.append(
            f"Cells are separated by {DELIMITERS[info.delimiter]}, not {DELIMITERS[expected]}."
        )
    rows = [row for row in _parse(lines, info.delimiter) if row]
    info.has_header = _has_header(rows)
    if not info.has_header:
        info.warnings.append(
            "The first line looks like data, so the columns are called column_1, column_2, …"
        )
    info.columns = _names(rows[0], info)


def _parse(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return [line.rstrip("\r\n").split(delimiter) for line in lines]


def _best_delimiter(lines: list[str]) -> tuple[str, float]:
    """The delimiter that cuts most lines into as many cells as the header has; empty where the header has one cell."""
    best, score = "", 0.0
    for delimiter in DELIMITERS:
        rows = [row for row in _parse(lines, delimiter) if row]
        if not rows or len(rows[0]) < 2:
            continue
        fitting = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if fitting > score + 1e-9:
            best, score = delimiter, fitting
    return best, score


def _has_header(rows: list[list[str]]) -> bool:
    """False where the first row reads like the others: a sentence among such, a number, or a value that comes again."""
    first, rest = rows[0], rows[1:]
    for index, cell in enumerate(first):
        value = cell.strip()
        below = [row[index].strip() for row in rest if len(row) == len(first)]
        if value.replace(".", "", 1).isdigit() or (value and below.count(value) >= 2):
            return False
        if (len(value) > 60 or len(value.split()) > 6) and _alike(value, below):
            return False
    return True


def _alike(sentence: str, below: list[str]) -> bool:
    """Whether a sentence is like the cells below it, or stands over them: surveys have whole questions as headers."""
    filled = [cell for cell in below if cell]
    if not filled:
        return True
    asks = sentence.endswith(ASKING) and not sum(cell.endswith(ASKING) for cell in filled) >= len(filled) / 2
    return not asks and sorted(map(len, filled))[len(filled) // 2] >= len(sentence) / 3


def _names(first: list[str], info: TableInfo) -> list[str]:
    """Column names: stripped, never empty, never twice."""
    if not info.has_header:
        return [f"column_{number}" for number in range(1, len(first) + 1)]
    names: list[str] = []
    for number, cell in enumerate(first, 1):
        name = cell.strip().lstrip("\ufeff") or f"column_{number}"
        if name in names:
            info.warnings.append(f"Two columns are called {name}; the second is read as {name}_{number}.")
            name = f"{name}_{number}"
        names.append(name)
    return names
