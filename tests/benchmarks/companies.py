"""Invented companies' mixed documents, and what people ask about them.

A company is two text files in ``data/companies``: ``NAME.txt`` holds its documents one after the other, each below a
line ``=== file name``; ``NAME.questions.txt`` holds a question a line, ``question => source => says``. ``source`` is a
pattern of the right file's name, ``says`` what a right answer says (``a;b`` both, ``a|b`` either); ``=> -`` marks a
question that the documents do not answer. Office files and PDFs are made here from plain text: ``#`` starts a heading
or a slide, ``##`` a sheet, ``-`` an item, and cells are set apart by ``|``.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "companies"
DEVELOPED_ON = (
    "vets",
    "fleet",
    "hotel",
    "insurer",
    "campus",
    "clinic",
    "drones",
    "seeds",
    "payroll",
)  # their misses were looked at, and the answerer's models are fitted on them
HELD_OUT = (
    "bakery",
    "storage",
    "theatre",
    "pianos",
)  # written before the work that they judge, never looked into


def documents(company: str) -> Iterator[tuple[str, str]]:
    """File names and their source text."""
    for part in (DATA / f"{company}.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, text = part.partition("\n")
        yield name.strip(), text


def questions(company: str) -> list[dict[str, Any]]:
    """The questions in the form of ``knowledge_quality``; ``source`` is None where there is no answer."""
    cases = []
    for line in (DATA / f"{company}.questions.txt").read_text(encoding="utf-8").splitlines():
        question, source, *says = line.split(" => ")
        known = source.strip() != "-"
        cases.append(
            {
                "question": question,
                "source": source.strip() if known else None,
                "says": says[0].split(";") if says else [],
            }
        )
    return cases


def write(company: str, folder: Path) -> Path:
    """Write a company's documents, each in its own format."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents(company):
        make = _MAKERS.get(Path(name).suffix)
        (folder / name).write_bytes(make(text) if make else text.encode("utf-8"))
    return folder


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _docx(text: str) -> bytes:
    import docx

    document, table = docx.Document(), None
    for line in _lines(text):
        if "|" in line and (table is None or len(_cells(line)) == len(table.columns)):
            table = table if table is not None else document.add_table(rows=0, cols=len(_cells(line)))
            row = table.add_row()
            for cell, value in zip(row.cells, _cells(line), strict=True):
                cell.text = value
            continue
        table = None
        if line.startswith("#"):
            marks = len(line) - len(line.lstrip("#"))
            document.add_heading(line.lstrip("# "), marks - 1)
        else:
            document.add_paragraph(line)
    return _saved(document)


def _xlsx(text: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for line in _lines(text):
        if line.startswith("##"):
            book.create_sheet(line.lstrip("# "))
        else:
            book.worksheets[-1].append([int(cell) if cell.isdigit() else cell for cell in _cells(line)])
    return _saved(book)


def _saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _pptx(text: str) -> bytes:
    """Slides with a title and items; what of the format our loader and others read, no layout."""
    import zipfile
    from xml.sax.saxutils import escape

    slides: list[tuple[str, list[str]]] = []
    for line in _lines(text):
        if line.startswith("#"):
            slides.append((line.lstrip("# "), []))
        else:
            slides[-1][1].append(line.lstrip("- "))
    spaces = (
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for number, (title, items) in enumerate(slides, start=1):
            shapes = _shape('<p:ph type="title"/>', [escape(title)])
            shapes += _shape('<p:ph idx="1"/>', list(map(escape, items)))
            slide = f"<p:sld {spaces}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
            archive.writestr(f"ppt/slides/slide{number}.xml", slide)
    return file.getvalue()


def _shape(place: str, paragraphs: list[str]) -> str:
    body = "".join(f"<a:p><a:r><a:t>{each}</a:t></a:r></a:p>" for each in paragraphs)
    return f"<p:sp><p:nvSpPr><p:nvPr>{place}</p:nvPr></p:nvSpPr><p:txBody>{body}</p:txBody></p:sp>"


def _pdf(text: str) -> bytes:
    from tests.knowledge.corpus import pdf_pages

    return pdf_pages(_wrapped(text))


def _wrapped(text: str) -> list[tuple[str, int]]:
    """Lines with their font size, as a word processor would break them."""
    import textwrap

    found: list[tuple[str, int]] = []
    for line in text.splitlines():
        if line.startswith("#"):
            found.append((line.lstrip("# "), 16))
        else:
            found += [(each, 11) for each in textwrap.wrap(line, 88)] or [("", 11)]
    return found


_MAKERS: dict[str, Callable[[str], bytes]] = {".docx": _docx, ".xlsx": _xlsx, ".pptx": _pptx, ".pdf": _pdf}
