"""What is easily lost, misplaced or shown against its author's will: merged cells, hidden parts, addresses, signs."""

import io
import time

import pytest

from knowledge.dates import document_date
from knowledge.decode import decode
from knowledge.load.markdown import load as load_markdown
from knowledge.load.markdown import plain
from knowledge.load.pptx import load as slides
from knowledge.loaders import read_document
from tests.knowledge.corpus import zip_of


def html(body: str) -> list[str]:
    return read_document(f"<html><body>{body}</body></html>".encode(), "a.html").text.split("\n")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            "<tr><th>Plan<th>Region<th>Price</tr><tr><td rowspan=2>Pro<td>EU<td>€20</tr><tr><td>US<td>$25</tr>",
            ["Plan: Pro · Region: EU · Price: €20", "Plan: Pro · Region: US · Price: $25"],
        ),
        (
            "<tr><th>Plan<th colspan=2>Price</tr><tr><td>Pro<td>€20<td>$25</tr><tr><td colspan=2>Free<td>0</tr>",
            ["Plan: Pro · Price: €20 · Price: $25", "Plan: Free · Price: 0"],
        ),
        (
            "<tr><th>A<th>B<th>C</tr><tr><td>1<td rowspan=0>2<td>3</tr><tr><td>4<td>5</tr><tr><td>6</tr>",
            ["A: 1 · B: 2 · C: 3", "A: 4 · B: 2 · C: 5", "A: 6 · B: 2"],
        ),
    ],
)
def test_cells_over_several_rows_or_columns_stay_under_their_heading(rows, text):
    assert html(f"<table>{rows}</table>") == text


def test_a_table_cannot_span_itself_out_of_the_memory():
    row = "<tr>" + "<td rowspan=65534 colspan=1000>x</td>" * 50 + "</tr>"
    began = time.perf_counter()
    html(f"<table><tr><th>A</tr>{row * 50}</table>")
    assert time.perf_counter() - began < 5


def workbook(fill) -> bytes:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    fill(book)
    book.save(file)
    return file.getvalue()


def test_merged_cells_of_a_workbook_stand_in_all_their_rows():
    def fill(book):
        for row in (
            ["Plan", "Region", "Price"],
            ["Pro", "EU", "20"],
            [None, "US", "25"],
            ["Free", "EU", "0"],
        ):
            book.active.append(row)
        book.active.merge_cells("A2:A3")

    assert read_document(workbook(fill), "a.xlsx").text.split("\n")[-3:] == [
        "Plan: Pro · Region: EU · Price: 20",
        "Plan: Pro · Region: US · Price: 25",
        "Plan: Free · Region: EU · Price: 0",
    ]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_left_out_and_told(state):
    def fill(book):
        book.active.append(["Price", "20"])
        book.create_sheet("Costs").append(["Margin", "400%"])
        book["Costs"].sheet_state = state

    document = read_document(workbook(fill), "a.xlsx")
    assert "Margin" not in document.text and "20" in document.text
    assert document.left_out == [("Costs", "The sheet is hidden. Show it if readers may see it.")]


def test_a_stray_cell_takes_no_memory():
    def fill(book):
        book.active.append(["Plan", "Price"])
        book.active.append(["Pro", "20"])
        book.active["XFD90000"] = "stray"

    raw, began = workbook(fill), time.perf_counter()
    assert "Plan: Pro · Price: 20" in read_document(raw, "a.xlsx").text
    assert time.perf_counter() - began < 3  # every row as wide as this one would take minutes


def test_more_cells_than_are_read_are_told(monkeypatch):
    monkeypatch.setattr("knowledge.load.xlsx.MOST_CELLS", 10)
    document = read_document(
        workbook(lambda book: [book.active.append(["a", "b", "c"]) for _ in range(5)]), "a.xlsx"
    )
    [(part, _)] = document.left_out
    assert part == "Sheet: rows from 4 on" and document.text.count("a · b · c") == 2


def test_hidden_slides_are_left_out_and_told(tmp_path):
    space = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    words = "<p:sp><p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody></p:sp>"
    path = zip_of(
        tmp_path / "a.pptx",
        {
            "ppt/slides/slide1.xml": f"<p:sld {space}>{words.format('Prices for all')}</p:sld>".encode(),
            "ppt/slides/slide2.xml": f'<p:sld {space} show="0">{words.format("Secret margin")}</p:sld>'.encode(),
        },
    )  # fmt: skip
    found = slides(path.read_bytes(), "a.pptx")
    assert [each.text for each in found.blocks] == ["Prices for all"]
    assert [part for part, _ in found.left_out] == ["slide 2"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Write to <support@acme.com> or <https://acme.com/help>.", "Write to support@acme.com or https://acme.com/help."),
        ("run `git push <remote> main` and set `HOME=<path>`", "run git push <remote> main and set HOME=<path>"),
        ("set HOME=<path> <b>now</b><br/>", "set HOME=<path> now"),
        ("Use [the form](https://acme.com/form?a=1).", "Use the form (https://acme.com/form?a=1)."),
        ("See [acme.com/form](https://www.acme.com/form/) and [this](terms.md).", "See acme.com/form and this."),
        ("`a*b*c` and ``x `y` z``", "a*b*c and x `y` z"),
    ],
)  # fmt: skip
def test_markdown_keeps_addresses_and_placeholders(line, text):
    assert read_document(line.encode(), "a.md").text == text


def test_links_of_pages_keep_where_they_lead():
    found = html(
        '<p>Use <a href="https://acme.com/form">the form</a>, <a href="/terms">terms</a> or '
        '<a href="mailto:help@acme.com?subject=x">write</a>; <a href="https://acme.com/">acme.com</a>.</p>'
    )
    assert found == ["Use the form (https://acme.com/form), terms or write (help@acme.com); acme.com."]


TEXTS = {
    "gb18030": "退款政策：您可以在收到货物后的三十天内退货，我们会在五个工作日内退款。运费由客户承担。",
    "gbk": "公司成立于一九九八年。",
    "big5": "退款政策：您可以在收到貨物後的三十天內退貨，我們會在五個工作日內退款。運費由客戶承擔。",
    "shift_jis": "返品は商品の到着後三十日以内にお願いします。送料はお客様のご負担となります。",
    "euc_jp": "返品は商品の到着後三十日以内にお願いします。送料はお客様のご負担となります。",
    "euc_kr": "상품을 받으신 후 삼십 일 이내에 반품하실 수 있습니다. 배송비는 고객이 부담합니다.",
    "cp1252": "Größere Äpfel kosten übermäßig viel; für Gäste gibt es Ermäßigungen.",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_texts_of_any_encoding_are_read(encoding):
    assert decode(TEXTS[encoding].encode(encoding)) == TEXTS[encoding]


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis"])
@pytest.mark.parametrize("declares", [True, False])
def test_pages_of_any_encoding_are_read(encoding, declares):
    head = f'<head><meta charset="{encoding}"></head>' if declares else ""
    page = f"<html>{head}<body><p>{TEXTS[encoding]}</p></body></html>"
    assert read_document(page.encode(encoding), "a.html").text == TEXTS[encoding]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Prices\n\nValid until 31 December 2026", ""),
        ("Prices\n\nValid from 1 October 2026 until 31 December 2026", "2026-10-01"),
        ("Prices\n\nValid until 31 December 2026, from 1 October 2026 on", "2026-10-01"),
        ("Policy\n\nUpdated 1 May 2025. Next review date: 1 June 2027", "2025-05-01"),
        ("Policy\n\nNext review date: 1 June 2027", ""),
        ("Preise\n\ngültig bis 31.12.2026", ""),
        ("Preise\n\nGültig bis zum 31. Dezember 2026", ""),
        ("价格\n\n有效期至2026年12月31日", ""),
        ("Prices, edition 2025\n\nExpires: 2027", "2025"),
    ],
)
def test_when_something_ends_is_not_its_date(text, date):
    assert document_date("a.md", text.split("\n")[0], text) == date


def test_json_lines_may_hold_any_line_separator():
    raw = '{"plan": "Pro\u2028one"}\n{"plan": "Free"}\r\n'.encode()
    assert "plan: Pro one" in read_document(raw, "a.jsonl").text.replace("\u2028", " ")


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def run(words: str) -> str:
    return f"<w:r><w:t xml:space='preserve'>{words}</w:t></w:r>"


def word(body: str, notes: str = "") -> bytes:
    """A Word document with this XML in its body, a note and an external link ``rLink``."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE as KIND
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml

    document, file = docx.Document(), io.BytesIO()
    root = parse_xml(f"<w:body xmlns:w='{W}' xmlns:r='{R}' xmlns:mc='{MC}'>{body}</w:body>")
    for each in list(root)[::-1]:
        document.element.body.insert(0, each)
    document.part.rels.add_relationship(KIND.HYPERLINK, "https://acme.com/form", "rLink", is_external=True)
    blob = (
        f"<w:footnotes xmlns:w='{W}'><w:footnote w:id='2'><w:p>{run(notes)}</w:p></w:footnote></w:footnotes>"
    )
    part = Part(PackURI("/word/footnotes.xml"), "application/xml", blob.encode(), document.part.package)
    document.part.relate_to(part, KIND.FOOTNOTES)
    document.save(file)
    return file.getvalue()


def boxed(words: str) -> str:
    box = f"<w:txbxContent><w:p>{run(words)}</w:p></w:txbxContent>"
    both = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc><w:p>{each}</w:p></w:tc>' for each in cells)}</w:tr>"


NESTED = f"<w:r><w:txbxContent><w:p>{run('A')}{boxed('B')}</w:p></w:txbxContent></w:r>"
INSERTED = f"<w:ins>{run('25')}</w:ins>"
DELETED = "<w:del><w:r><w:delText>20</w:delText></w:r></w:del>"
LINK = f"<w:hyperlink r:id='rLink'>{run('the form')}</w:hyperlink>"
NOTE = "<w:r><w:footnoteReference w:id='2'/></w:r>"
GRID = "<w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<w:p>{run('costs ')}{INSERTED}{DELETED}</w:p>", "costs 25"),
        (f"<w:sdt><w:sdtContent><w:p>{run('Cover')}</w:p></w:sdtContent></w:sdt>", "Cover"),
        (f"<w:p>{run('Call ')}<w:sdt><w:sdtContent>{run('0117')}</w:sdtContent></w:sdt></w:p>", "Call 0117"),
        (f"<w:p>{run('See ')}{LINK}</w:p>", "See the form (https://acme.com/form)"),
        (f"<w:p>{run('Free')}{NOTE}</w:p>", "Free\n\nNot in May."),
        (f"<w:p>{run('Out')}{boxed('In a box')}</w:p>", "Out\n\nIn a box"),
        (
            f"<w:tbl>{GRID}{row(run('Plan'), run('Price'))}{row(run('Pro'), INSERTED)}</w:tbl>",
            "Plan: Pro · Price: 25",
        ),
        (
            f"<w:tbl>{GRID}{row(run('Plan'), run('Price'))}{row(run('Pro'), run('about') + boxed('22'))}</w:tbl>",
            "Plan: Pro · Price: about\n\n22",
        ),
        (f"<w:p>{run('Out')}{NESTED}</w:p>", "Out\n\nA\n\nB"),
        (
            f"<w:p><w:r><w:ruby><w:rt>{run('kana')}</w:rt><w:rubyBase>{run('KANJI')}</w:rubyBase></w:ruby></w:r>"
            "</w:p>",
            "KANJI",
        ),
        ("<w:p><w:r><w:br w:type='page'/><w:t>Next</w:t><w:ptab/><w:t>7</w:t></w:r></w:p>", "Next 7"),
        (f"<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr>{LINK}</w:p>", "the form"),
    ],
)
def test_word_loses_nothing_that_a_reader_sees(body, text):
    document = read_document(word(body, "Not in May."), "a.docx")
    assert (document.text, document.left_out) == (text, [])


def test_hidden_text_of_word_is_left_out_and_told():
    hidden = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret margin</w:t></w:r>"
    shown = "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>price</w:t></w:r>"
    document = read_document(word(f"<w:p>{hidden}{shown}</w:p>"), "a.docx")
    assert (document.text, [part for part, _ in document.left_out]) == ("price", ["hidden text"])


def test_a_heading_and_a_link_within_the_site_have_no_address():
    page = (
        '<head><link rel="canonical" href="https://www.x.example/a"></head><h1>Docs <a href="https://y.example/d">here</a>'
        '</h1><ul><li><a href="https://x.example/pricing">Pricing</a></ul><p>Use <a href="https://y.example/f">it</a>.</p>'
    )
    assert (
        read_document(page.encode(), "a.html").text == "Docs here\n\nPricing\n\nUse it (https://y.example/f)."
    )
    fetched = page.encode().replace(b"<link", b"<meta")  # nothing in it says where it is from
    assert (
        read_document(fetched, "https://x.example/a.html").text == read_document(page.encode(), "a.html").text
    )
    text = read_document(b"# Docs [here](https://y.example/d)\n\nUse [it](https://y.example/f).", "a.md").text
    assert text == "Docs here\n\nUse it (https://y.example/f)."


@pytest.mark.parametrize(
    "line",
    ["[a](" + "x" * 64000, "<!--" * 16000, "<a " * 16000, "**a " * 16000, "_a " * 16000, "![" * 32000]
    + ["[\\" * 32000, "![a](" * 12800, "".join("`" * n + " " for n in range(1, 450))],
)
def test_a_line_of_mark_up_without_an_end_is_read_in_linear_time(line):
    begun = time.process_time()
    assert plain(line) == line.replace("\\[", "[")  # a sign after a stroke is itself
    assert time.process_time() - begun < 1.5


@pytest.mark.parametrize(
    "line", ["# a" + " " * 20000 + "b", "# a" + "#" * 20000 + "b", "a|b\n" + " " * 20000 + "x"]
)
def test_lines_of_blanks_and_signs_are_read_in_linear_time(line):
    begun = time.process_time()
    read_document(line.encode(), "a.md")
    assert time.process_time() - begun < 0.5


def test_what_closes_a_heading_is_not_of_it():
    blocks = load_markdown(b"# Prices ##\n\n## C#\n\n### #\n\n| a | b |\n|:--|--:|\n| 1 | 2 |", "a.md").blocks
    assert [(each.kind, each.text) for each in blocks][:2] == [("heading", "Prices"), ("heading", "C#")]
    assert blocks[-1].text == "a: 1 · b: 2"


def test_a_sign_that_no_text_has_takes_no_place():
    assert plain("a \0" + "7\0 `code` <!-- not --> b") == "a 7 code  b"
