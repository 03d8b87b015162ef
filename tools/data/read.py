"""Read tables of every kind the product accepts: CSV and TSV, JSON and JSONL, Excel, Parquet, CoNLL, text, images.

>>> info, rows = open_table(Path("tickets.csv"))     # sniffed; rows come one by one
>>> frame = read_table(Path("tickets.csv"))          # all in memory, missing cells are None
"""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.columns import check_column
from tools.data.formats import Row, rows_of
from tools.data.sniff import DELIMITERS, TableInfo, sniff
from tools.errors import BadData
from tools.memory import held

if TYPE_CHECKING:
    import pandas


def open_table(path: Path) -> tuple[TableInfo, Iterator[Row]]:
    """Sniff a file and start reading it.

    Args:
        path: the file (or a folder of images).

    Returns:
        What the file is, and its rows as lists of cells in the order of ``info.columns``. The info's warnings and
        skipped rows are complete once the rows are used up.

    Raises:
        BadData: it is no table, is empty, or breaks off.
    """
    info = sniff(path)
    return info, _checked(path, info)


def _checked(path: Path, info: TableInfo) -> Iterator[Row]:
    """The rows, refused where there are none; ragged ones are reported at the end."""
    found = 0
    for found, row in enumerate(rows_of(path, info), 1):  # noqa: B007
        yield row
    if not found and info.kind == "images":
        hint = "Put them into one folder a label, such as cats/1.jpg and dogs/1.jpg."
        if info.skipped:
            raise BadData(f"{path.name} holds pictures that lie in no folder.", hint)
        raise BadData(f"{path.name} holds no pictures.", hint)
    if not found and info.skipped:
        raise BadData(
            f"No row of {path.name} fits its header of {len(info.columns)} columns.",
            "Check the delimiter, and put quotation marks around cells that contain it.",
        )
    if not found:
        raise BadData(f"{path.name} has a header but no rows.", "Add at least one row.")
    if info.skipped:
        info.warnings.append(_ragged(info, found))


def _ragged(info: TableInfo, found: int) -> str:
    """What to tell people about rows that were left out."""
    lines = ", ".join(str(line) for line in info.skipped_lines)
    more = " and more" if info.skipped > len(info.skipped_lines) else ""
    one = info.skipped == 1
    where = f"{'line' if one else 'lines'} {lines}{more}"
    if info.kind != "csv":
        what = "entry could not be read and is" if one else "entries could not be read and are"
        return f"{info.skipped:,} {what} left out ({where})."
    text = (
        f"{info.skipped:,} ragged {'row has' if one else 'rows have'} more or fewer cells than the header's "
        f"{len(info.columns)} and {'is' if one else 'are'} left out ({where})."
    )
    if info.skipped > found / 10 and info.delimiter in DELIMITERS:
        text += f" Put quotation marks around cells that contain {DELIMITERS[info.delimiter]}."
    return text


def iter_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file as dictionaries, one at a time (memory stays bounded).

    Raises:
        BadData: as :func:`open_table`.
    """
    info, rows = open_table(path)
    for row in rows:
        yield dict(zip(info.columns, row, strict=True))


def sample_rows(path: Path, size: int = 2000, within: int = 50_000) -> list[dict[str, Any]]:
    """A spread of rows, enough to guess what the columns are.

    Files are often sorted by label, so the sample is not simply the head: it is every n-th of the first rows.

    Args:
        path: the file.
        size: most rows returned; half as many at least, where there are as many.
        within: rows looked at.
    """
    kept: list[dict[str, Any]] = []
    each = 1
    for number, row in enumerate(islice(iter_rows(path), within)):
        if number % each:
            continue
        kept.append(row)
        if len(kept) > size:
            del kept[1::2]
            each *= 2
    return kept


def read_table(
    path: Path, columns: Sequence[str] | None = None, limit: int | None = None, beside: Sequence[str] = ()
) -> "pandas.DataFrame":
    """A file as a data frame of plain Python values; missing cells are ``None``.

    Args:
        path: the file.
        columns: keep these alone.
        limit: read no more rows than this.
        beside: further columns to keep, where they are there.

    Raises:
        BadData: as :func:`open_table`; or the memory does not hold it.
        BadArgument: a column that does not exist.
    """
    import pandas

    info, rows = open_table(path)
    found: list[Row] = []
    names: list[str] = []
    for row in held(islice(rows, limit), path.name):
        if not found:  # the columns are known from the first row on
            names = info.columns if columns is None else _kept(columns, beside, info.columns)
            places = [info.columns.index(name) for name in names]
        found.append(row if columns is None else [row[place] for place in places])
    frame = pandas.DataFrame(found, columns=names, dtype=object)
    frame.attrs |= {"warnings": list(info.warnings), "kind": info.kind}
    return frame


def _kept(columns: Sequence[str], beside: Sequence[str], known: Sequence[str]) -> list[str]:
    """The columns that are wanted, as the file writes them."""
    wanted = [check_column(name, known) for name in columns]
    return wanted + [name for name in beside if name in known and name not in wanted]


def read_image(path: Path, name: str, limit: int = 64 * 1024 * 1024) -> bytes:
    """The bytes of one image that :func:`open_table` listed.

    Args:
        path: the folder or zip archive.
        name: the value of the ``image`` column.
        limit: refuse larger images, in bytes.

    Raises:
        BadData: there is no such image, it lies outside, or it is too large.
    """
    if path.is_dir():
        file = (path / name).resolve()
        if not file.is_relative_to(path.resolve()) or not file.is_file() or file.stat().st_size > limit:
            raise BadData(f"{name} is not an image of {path.name}.", "Inspect the folder for its images.")
        return file.read_bytes()
    archive = _archive(path, path.stat().st_mtime_ns)
    try:
        if archive.getinfo(name).file_size <= limit:
            return archive.read(name)
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError):
        pass
    raise BadData(f"{name} is not an image of {path.name}.", "Inspect the archive for its images.")


@lru_cache(maxsize=2)
def _archive(path: Path, changed: int) -> zipfile.ZipFile:
    """A zip archive kept open: reading its list of 10,000 images anew for each takes 0.1 s.

    Args:
        path: the archive.
        changed: when it was, so that another file of that name is opened anew.
    """
    return zipfile.ZipFile(path)
