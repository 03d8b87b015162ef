"""Row readers, one for each kind of file. Each yields lists of cells in the order of ``info.columns``.

They hold one row at a time, so that a file may be larger than the memory. Missing cells are ``None``.
"""

import csv
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.data.sniff import IMAGE_SUFFIXES, TableInfo
from tools.errors import BadData

Row = list[Any]
MISSING = frozenset({"", "nan", "NaN", "NULL", "null", "#N/A", "N/A", "n/a"})
MAX_CELL = 4 * 1024 * 1024  # characters; a quote that is never closed would swallow the file otherwise
MAX_JSON = 256 * 1024 * 1024  # bytes; a JSON document that is no list must be read whole


MAX_UNPACKED = 2 * 1024**3  # bytes of an Excel file's parts
MAX_RATIO = 200  # of their size to the file's; sheets of equal numbers come to 50


def rows_of(path: Path, info: TableInfo) -> Iterator[Row]:
    """The rows of a file that :func:`tools.data.sniff.sniff` looked at.

    Args:
        path: the file.
        info: what it is; columns, skipped rows and warnings are filled in while reading.

    Raises:
        BadData: the file breaks off or breaks its format.
    """
    readers = {
        "csv": _csv,
        "jsonl": _jsonl,
        "json": _json,
        "parquet": _parquet,
        "xlsx": _xlsx,
        "conll": _conll,
        "text": _text,
        "images": _images,
    }
    return readers[info.kind](path, info)


def cell(value: Any) -> Any:
    """A cell as the program sees it: text without surrounding space, ``None`` where nothing stands there."""
    if isinstance(value, str):
        value = value.strip()
        return None if value in MISSING else value
    return None if value is None or value != value else value


def _csv(path: Path, info: TableInfo) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL)
    width, line, long_cell = len(info.columns), 0, False
    with path.open(encoding=info.encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=info.delimiter)
        header = info.has_header
        try:
            for row in reader:
                start, line = line + 1, reader.line_num
                if not row:
                    continue
                if header:
                    header = False
                    continue
                if line - start > 200 and not long_cell:
                    long_cell = True
                    info.warnings.append(
                        f"One cell runs from line {start} to line {line}: a quotation mark may be missing."
                    )
                if len(row) > width and not any(row[width:]):
                    del row[width:]
                if len(row) != width:
                    info.skip(start)
                    continue
                yield [cell(value) for value in row]
        except csv.Error as error:
            raise BadData(
                f"{path.name} cannot be read from line {line + 1} on: {error}.",
                "A quotation mark is probably opened there and never closed.",
            ) from error


def _jsonl(path: Path, info: TableInfo) -> Iterator[Row]:
    with path.open(encoding=info.encoding, errors="replace") as file:
        yield from _objects(_json_lines(file, info), info)


def _json_lines(file: Any, info: TableInfo) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            value = None
        if isinstance(value, dict):
            yield value
        else:
            info.skip(number)


def _json(path: Path, info: TableInfo) -> Iterator[Row]:
    if path.stat().st_size > MAX_JSON:
        raise BadData(
            f"{path.name} is too large for one JSON document.", "Save it as JSONL: one object a line."
        )
    try:
        document = json.loads(path.read_text(encoding=info.encoding, errors="replace"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadData(f"{path.name} is not valid JSON: {error}.", "Correct it, or save it as CSV.") from error
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = max(lists, key=len, default=[document])
    objects = []
    for number, value in enumerate(document if isinstance(document, list) else [], 1):
        if isinstance(value, str):
            value = {"text": value}
        if isinstance(value, dict):
            objects.append(value)
        else:
            info.skip(number)
    if not objects:
        raise BadData(
            f"{path.name} holds no list of objects.", "A JSON table is a list of objects with the same keys."
        )
    yield from _objects(iter(objects), info)


def _objects(objects: Iterator[dict[str, Any]], info: TableInfo) -> Iterator[Row]:
    """Objects as rows; the columns are the keys of the first thousand."""
    from itertools import chain, islice

    first = list(islice(objects, 1000))
    info.columns = list(dict.fromkeys(str(key) for value in first for key in value))
    for value in chain(first, objects):
        yield [cell(value.get(name)) for name in info.columns]


def _parquet(path: Path, info: TableInfo) -> Iterator[Row]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        info.columns = file.schema_arrow.names
        for batch in file.iter_batches(batch_size=2048):
            for values in batch.to_pylist():
                yield [cell(values[name]) for name in info.columns]
    except (arrow.ArrowException, OSError) as error:
        raise BadData(f"{path.name} is a damaged Parquet file.", "Write or download it again.") from error


def _xlsx(path: Path, info: TableInfo) -> Iterator[Row]:
    import openpyxl

    _check_unpacked(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises KeyError, ValueError and XML errors alike on damaged files
        raise BadData(
            f"{path.name} is a damaged Excel file.", "Save it again, or export it as CSV."
        ) from error
    if len(book.sheetnames) > 1:
        info.warnings.append(
            f"The workbook has {len(book.sheetnames)} sheets; only {book.sheetnames[0]} is read."
        )
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = next((row for row in rows if any(value is not None for value in row)), ())
    width = max((n for n, value in enumerate(header, 1) if value is not None), default=0)
    info.columns = [str(value or f"column_{n}").strip() for n, value in enumerate(header[:width], 1)]
    for row in rows:
        values = [cell(value) for value in row[:width]]
        if any(value is not None for value in values):
            yield values + [None] * (width - len(values))
    book.close()


def _check_unpacked(path: Path) -> None:
    """Refuse an Excel file that was made to fill the memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return  # openpyxl says what is wrong with it
    if size > min(MAX_UNPACKED, MAX_RATIO * max(path.stat().st_size, 50_000)):
        raise BadData(
            f"{path.name} unpacks to {size >> 20} MB.",
            "It looks like a file made to fill the memory; export it as CSV.",
        )


def _conll(path: Path, info: TableInfo) -> Iterator[Row]:
    """Token and tag a line, an empty line between sentences; the first and the last column count.

    Lines of comment ("# id 12  domain=en") stand before a sentence.
    """
    info.columns = ["tokens", "tags"]
    width = _width(path, info.encoding)
    tokens: list[str] = []
    tags: list[str] = []
    with path.open(encoding=info.encoding, errors="replace") as file:
        for number, line in enumerate(file, 1):
            parts = line.split()
            if not parts or parts[0] == "-DOCSTART-":
                if tokens:
                    yield [tokens, tags]
                tokens, tags = [], []
            elif parts[0] == "#" and not tokens and (len(parts) != width or "=" in line):
                continue
            elif len(parts) < 2:
                info.skip(number)
            else:
                tokens.append(parts[0])
                tags.append(parts[-1])
    if tokens:
        yield [tokens, tags]


def _width(path: Path, encoding: str) -> int:
    """Columns of the first line with a token and a tag that is no comment; 0 where there is none."""
    with path.open(encoding=encoding, errors="replace") as file:
        lines = (line.split() for line in file if not line.startswith(("#", "-DOCSTART-")))
        return next((len(parts) for parts in lines if len(parts) > 1), 0)


def _text(path: Path, info: TableInfo) -> Iterator[Row]:
    info.columns = ["text"]
    with path.open(encoding=info.encoding, errors="replace") as file:
        for line in file:
            if line.strip():
                yield [line.strip()]


def _images(path: Path, info: TableInfo) -> Iterator[Row]:
    """Images of a folder or zip; the folder an image lies in is its label."""
    info.columns = ["image", "label"]
    if path.is_dir():
        names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    else:
        with zipfile.ZipFile(path) as archive:
            names = sorted(archive.namelist())
    for number, name in enumerate(names, 1):
        parts = Path(name).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if hidden or not name.lower().endswith(IMAGE_SUFFIXES):
            continue
        if len(parts) < 2 or Path(name).is_absolute():
            info.skip(number)
            continue
        yield [name, parts[-2]]
