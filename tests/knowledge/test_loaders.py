"""What the loaders find in files whose text is easily lost: no base, no vectors."""

import io
import time
import zipfile

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from knowledge import ocr
from knowledge.load import table
from knowledge.load.numbers import shown
from knowledge.loaders import read_document
from knowledge.sentences import sentences
from tests.knowledge import corpus
from tests.knowledge.corpus import pdf_pages


def html(body: str) -> str:
    return read_document(f"<html><body>{body}</body></html>".encode(), "a.html").text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('<p style="font-size: 0.9em">Small.</p><p style="font-size:0px">No.</p>', "Small."),
        ("<h3><button>How long?</button></h3><p>A day.</p><button>Buy</button>", "How long?\n\nA day."),
        ("<form><p>Open at eight.</p><input value=x><select><option>UK</select></form>", "Open at eight."),
        ("<ul><li><p>One.</p><li>Two<br>lines.</ul>after", "One.\nTwo lines.\n\nafter"),
        ("<tr><td>Plan<td>Seats<td>Price</tr><tr><td>Pro<td>5<td>€22</tr>", "Plan: Pro · Seats: 5 · Price: €22"),
        ("<tr><td><b>Plan</b><td><b>For</b></tr><tr><td>Pro<td>firms</tr>", "Plan: Pro · For: firms"),
        ("<tr><td>Phone<td>0117</tr><tr><td>Hours<td>8-19</tr>", "Phone · 0117\nHours · 8-19"),
        ("<tr><td><h2>Head</h2><p>One.</p><p>Two.</p></tr>", "Head\n\nOne.\n\nTwo."),
    ],
)  # fmt: skip
def test_pages_keep_what_a_reader_sees(body, text):
    assert html(f"<table>{body}</table>" if body.startswith("<tr>") else body) == text


def test_a_heading_that_unfolds_is_a_heading():
    raw = b"<html><body><h3><button aria-expanded='false'>How long?</button></h3><p>A day.</p></body></html>"
    assert [each.kind for each in read_document(raw, "a.html").spans] == ["heading", "text"]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234567.89, "General", "1234567.89"),
        (0.1 + 0.2, "General", "0.3"),
        (0.2, "0%", "20%"),
        (0.195, "0%", "19.5%"),
        (22.5, '"€"#,##0.00', "€22.50"),
        (22, '#,##0.00\\ "€"', "22 €"),
        (-3, '"$"#,##0_);[Red]\\("$"#,##0\\)', "-$3"),
        (1200, "[$€-407] #,##0.00", "€ 1200"),
        (7.5, "[$-409]0.0", "7.5"),
        (80, '0" km"', "80 km"),
        (5_200_000, '0.0,,"M"', "5200000"),
        (4155550123, "\\(000\\)\\ 000\\-0000", "4155550123"),
        (4155550123, "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "4155550123"),
        (123456789, "000\\-00\\-0000", "123456789"),
    ],
)
def test_numbers_keep_digits_and_units(value, form, text):
    assert shown(value, form) == text


def workbook(rows):
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.active.title = "Prices"
    book.active["B3"].number_format = '"€"#,##0.00'
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b",text\n0,hello there\n1,bye now", "0 \xb7 text: hello there\n1 \xb7 text: bye now"),
        (b"Name,,\nAnn,3,4\nBob,5,6", "Name: Ann \xb7 3 \xb7 4\nName: Bob \xb7 5 \xb7 6"),
        (b"Sales\n,2025,Q1 2026\nNorth,1,2", "Sales\n\nNorth \xb7 2025: 1 \xb7 Q1 2026: 2"),
        (b",Sales,\n,Town,Sold\n,Oslo,2", "Sales\n\nTown: Oslo \xb7 Sold: 2"),
    ],
)
def test_a_header_of_one_name_is_no_title(raw, text):
    assert read_document(raw, "a.csv").text == text


def test_tables_have_their_header_below_a_title_and_tell_what_is_cut(monkeypatch):
    raw = workbook([["Prices of 2026"], ["Plan", "Price"], ["Pro", 22.5], ["Team", 1234567.89]])
    text = "Prices\n\nPrices of 2026\n\nPlan: Pro · Price: €22.50\nPlan: Team · Price: 1234567.89"
    document = read_document(raw, "a.xlsx")
    assert (document.text, document.left_out) == (text, [])
    fetched = read_document(raw, "https://2019.acme.example/prices.xlsx")
    assert (fetched.title, fetched.dated) == ("prices", document.dated)
    assert read_document(b"Open daily.", "https://2019.acme.example/hours.txt").title == "hours.txt"
    formulas = read_document(workbook([["Plan", "Price"], ["Pro", "=2*11"], ["Team", "=A1"]]), "a.xlsx")
    assert formulas.left_out[0][0] == "2 formulas"
    assert (
        read_document(b"Prices\n\nPlan;Price\nPro;22,50", "a.csv").text
        == "Prices\n\nPlan: Pro · Price: 22,50"
    )
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    cut = read_document(b"Plan,Price\nPro,1\nTeam,2", "a.csv")
    assert cut.text == "Plan: Pro · Price: 1"
    assert cut.left_out == [("rows from 3 on", "Only the first 2 rows of a table are read. Split it.")]


def test_merged_cells_of_word_tables_are_read_once():
    import docx

    document = docx.Document()
    cells = document.add_table(2, 3)
    for at, name in enumerate(("Plan", "Price", "Note")):
        cells.cell(0, at).text = name
    cells.cell(1, 0).text = "Pro"
    cells.cell(1, 1).merge(cells.cell(1, 2)).text = "On request"
    file = io.BytesIO()
    document.save(file)
    assert read_document(file.getvalue(), "a.docx").text == "Plan: Pro · Price: On request"


DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
SHOW = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def shape(text: str, kind: str = "") -> str:
    return f"<p:sp><p:ph type='{kind}'/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sp>"


def presentation() -> bytes:
    def links(*targets: str) -> str:
        rows = "".join(f"<Relationship Id='r{at}' Target='{each}'/>" for at, each in enumerate(targets))
        return f"<Relationships>{rows}</Relationships>"

    def page(*shapes: str) -> str:
        return f"<p:sld {DRAWING} {SHOW}>{''.join(shapes)}</p:sld>"

    rows = (("Plan", "Price"), ("Pro", "€22"))
    cells = ["".join(f"<a:tc><a:p><a:t>{cell}</a:t></a:p></a:tc>" for cell in row) for row in rows]
    graphic = (
        f"<p:graphicFrame><a:tbl>{''.join(f'<a:tr>{row}</a:tr>' for row in cells)}</a:tbl></p:graphicFrame>"
    )
    order = (
        f"<p:presentation {SHOW} xmlns:r='{LINKS}'><p:sldId r:id='r1'/><p:sldId r:id='r0'/></p:presentation>"
    )
    parts = {
        "ppt/presentation.xml": order,
        "ppt/_rels/presentation.xml.rels": links("slides/slide1.xml", "slides/slide2.xml"),
        "ppt/slides/slide1.xml": page(shape("Second", "title"), graphic, shape("9", "sldNum")),
        "ppt/slides/slide2.xml": page(shape("First", "title"), shape("One</a:t><a:br/><a:t>two")),
        "ppt/slides/_rels/slide1.xml.rels": links("../notesSlides/notesSlide1.xml"),
        "ppt/notesSlides/notesSlide1.xml": page(shape("Say it slowly.", "body"), shape("9", "sldNum")),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def test_slides_are_read_in_their_order_with_tables_and_without_notes():
    text = "First\n\nOne two\n\nSecond\n\nPlan: Pro · Price: €22"
    document = read_document(presentation(), "a.pptx")
    assert document.text == text
    assert [span.page for span in document.spans] == [1, 1, 2, 2]
    assert [part for part, _ in document.left_out] == ["notes"]
    assert document.pages(0, len(text)) == f"1:0 2:{text.index('Second')}"


def pages(*texts: str) -> bytes:
    lines = [(line, 11) for text in texts for line in text.split("\n")]
    return pdf_pages(lines, height=texts[0].count("\n") + 1)


def test_only_running_heads_and_page_numbers_leave_a_pdf():
    alike = read_document(pages(*(f"Part {at} costs {at * 3} euros" for at in range(1, 5))), "a.pdf").text
    assert all(f"Part {at} costs {at * 3} euros" in alike for at in range(1, 5))
    framed = [f"Acme\nFact {at} stays.\nAcme\nTotal 5\nHandbook {at}" for at in range(1, 5)]
    text = read_document(pages(*framed), "a.pdf").text
    assert text.count("Acme") == 4  # those within the pages
    assert "Handbook" not in text
    assert "Fact 3 stays." in text
    for number in ("Page {} of 4", "- {} -", "Seite {}"):
        numbered = (f"Fact {'i' * at} holds.\n{number.format(at)}" for at in range(1, 5))
        assert "4" not in read_document(pages(*numbered), "a.pdf").text


def placed_pdf(lines: list[list[tuple[int, str]]], monkeypatch) -> bytes:
    """A page whose texts stand where they are told to."""
    shown = [
        b"BT /F1 11 Tf 1 0 0 1 %d %d Tm (%s) Tj ET" % (x, 790 - 16 * at, text.encode("cp1252"))
        for at, line in enumerate(lines)
        for x, text in line
    ]
    monkeypatch.setattr(corpus, "_stream", lambda _: b"\n".join(shown))
    return pdf_pages([("", 11)])


def test_tables_of_a_pdf_are_read_by_row(monkeypatch):
    table = [["Plan", "Price a month", "Seats"], ["Pro", "€22", "5"], ["Team plan", "on request", "no limit"]]
    prose = "These are the prices of all the plans that we have on offer for this year and for the next."
    hours = [["Monday", "8 to 18"], ["Saturday", "9 to 12"], ["Sunday", "closed"]]
    lines = [[(50, prose)], *(list(zip((50, 200, 320), row, strict=True)) for row in table), [(50, prose)]]
    lines += [[(50, day), (300, open_)] for day, open_ in hours]
    text = read_document(placed_pdf(lines, monkeypatch), "a.pdf").text
    rows = "Plan: Pro · Price a month: €22 · Seats: 5\nPlan: Team plan · Price a month: on request · Seats: no limit"
    assert text == f"{prose}\n\n{rows}\n\n{prose}\n\nMonday · 8 to 18\nSaturday · 9 to 12\nSunday · closed"
    column = "words of a column of prose that is long"
    two = [[(50, f"{at} {column}"), (320, f"{at} {column}")] for at in range(5)]
    assert "·" not in read_document(placed_pdf(two, monkeypatch), "a.pdf").text


def test_a_broken_page_is_told_and_the_others_are_read(monkeypatch):
    from pypdf import PageObject

    extract, seen = PageObject.extract_text, []

    def fragile(page, **_):
        seen.append(page)
        if len(seen) % 3 == 2:
            raise KeyError("/Contents")
        return extract(page)

    monkeypatch.setattr(PageObject, "extract_text", fragile)
    document = read_document(pages("One stays.", "Two is lost.", "Three stays."), "a.pdf")
    assert document.text == "One stays.\n\nThree stays."
    assert [part for part, _ in document.left_out] == ["page 2"]


def test_a_short_pdf_is_no_scan_and_a_scanned_page_is_told(monkeypatch):
    assert read_document(pages("Hello there"), "a.pdf").text == "Hello there"
    file = io.BytesIO()
    Image.new("RGB", (300, 60), "white").save(file, "PDF")
    writer = PdfWriter()
    for raw in (pages("A page of text\nand no more."), file.getvalue()):
        for page in PdfReader(io.BytesIO(raw)).pages:
            writer.add_page(page)
    mixed = io.BytesIO()
    writer.write(mixed)
    monkeypatch.setattr(ocr.shutil, "which", lambda _: None)
    ((part, reason),) = read_document(mixed.getvalue(), "a.pdf").left_out
    assert part == "page 2"
    assert "Install tesseract-ocr" in reason
    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "read_picture", lambda _: "What the scan says.")
    assert read_document(mixed.getvalue(), "a.pdf").text.endswith("What the scan says.")


def test_long_texts_without_empty_lines_are_cut_in_linear_time():
    text = "Dr. Ann has a cat. It sleeps. " * 60_000
    began = time.process_time()
    found = sentences(text)
    assert (
        time.process_time() - began < 3
    )  # seconds; it was 7 when each sentence's end was looked for in all the rest
    assert [text[start:end] for start, end in found[:2]] == ["Dr. Ann has a cat.", "It sleeps."]
