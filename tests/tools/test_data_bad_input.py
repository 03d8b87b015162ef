"""Files as people really upload them: each is either read with a warning or refused in plain words."""

import json
import zipfile
from pathlib import Path

import pytest

from tools.data.inspect import inspect_file
from tools.data.read import iter_rows, open_table, read_image, read_table
from tools.errors import BadArgument, BadData

ROWS = [("Where is my parcel? It is late", "shipping"), ("I want my money back, please", "refund")] * 30


def table(rows=ROWS, delimiter=",", header=("text", "label")):
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows]
    return "\n".join(delimiter.join(row) for row in [header, *quoted]) + "\n"


def write(folder: Path, data: bytes | str, name="data.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def warnings_of(path: Path) -> str:
    return "\n".join(inspect_file(path)["warnings"])


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")])
def test_other_delimiters_are_found_and_said(tmp_path, delimiter, word):
    path = write(tmp_path, table(delimiter=delimiter))
    result = inspect_file(path)
    assert [column["name"] for column in result["columns"]] == ["text", "label"]
    assert result["labels"] == {"shipping": 30, "refund": 30}
    assert any(word in warning for warning in result["warnings"])


GERMAN = [
    ("Größe passt nicht, bitte zurück", "rückgabe"),
    ("Wo bleibt mein Päckchen über München?", "versand"),
] * 20
FRENCH = [
    ("Où est ma commande ? Déjà payée à Orléans", "livraison"),
    ("Ménage terminé, remboursé", "été"),
] * 20
CHINESE = [("我的快递还没有到，请帮我查一下", "物流"), ("我想退货，怎么申请退款？", "退款")] * 20
RUSSIAN = [
    ("Где мой заказ? Он опаздывает на неделю", "доставка"),
    ("Верните деньги за товар", "возврат"),
] * 20


@pytest.mark.parametrize(
    ("rows", "encoding", "said"),
    [
        (CHINESE, "gbk", "GBK"),
        (CHINESE, "gb18030", "GBK"),
        (GERMAN, "latin-1", "Latin-1"),
        (FRENCH, "cp1252", "Latin-1"),
        (CHINESE, "utf-8-sig", "BOM"),
        (CHINESE, "utf-16", "UTF-16"),
        (FRENCH, "utf-16-le", "UTF-16"),
        (RUSSIAN, "cp1251", "not UTF-8"),
    ],
)
def test_other_encodings_are_read_right_and_said(tmp_path, rows, encoding, said):
    path = write(tmp_path, table(rows).encode(encoding))
    assert [tuple(row) for row in open_table(path)[1]] == rows or [
        tuple(row.values()) for row in iter_rows(path)
    ] == rows
    assert said in warnings_of(path)


def test_one_late_accent_in_a_long_ascii_file_is_found(tmp_path):
    lines = table([("plain words without any accent", "a")] * 60_000).encode() + "Ménage fini,été\n".encode(
        "latin-1"
    )
    *_, last = iter_rows(write(tmp_path, lines))
    assert last == {"text": "Ménage fini", "label": "été"}


def test_ragged_rows_are_left_out_and_counted_with_their_lines(tmp_path):
    text = table() + "no label here\nthree, cells,here\nfine again,refund\n"
    result = inspect_file(write(tmp_path, text))
    assert result["rows"] == 61
    assert any("2 ragged rows" in warning and "lines 62, 63" in warning for warning in result["warnings"])


def test_a_file_where_no_row_fits_is_refused(tmp_path):
    with pytest.raises(BadData, match="No row"):
        list(iter_rows(write(tmp_path, "a,b,c\n1,2\n3,4\n")))


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", "\ufeff".encode()])
def test_an_empty_file_is_refused(tmp_path, data):
    with pytest.raises(BadData, match="is empty"):
        inspect_file(write(tmp_path, data))


def test_a_header_without_rows_is_refused(tmp_path):
    with pytest.raises(BadData, match="no rows"):
        inspect_file(write(tmp_path, "text,label\n"))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG image"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\x1f\x8b\x08" + bytes(30), "gzip"),
        (b"\x00\x01\x02\x03" * 200, "binary"),
    ],
)
def test_other_files_renamed_csv_are_named_for_what_they_are(tmp_path, data, what):
    with pytest.raises(BadData, match=what) as caught:
        inspect_file(write(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_clear_sentence(tmp_path):
    with pytest.raises(BadData, match="No such file"):
        inspect_file(tmp_path / "nowhere.csv")


def test_a_quote_that_is_never_closed_does_not_swallow_the_memory(tmp_path):
    text = 'text,label\n"oh no,refund\n' + "a line,refund\n" * 400_000
    with pytest.raises(BadData, match="line 2"):
        list(iter_rows(write(tmp_path, text)))


def test_one_label_only_is_said(tmp_path):
    path = write(tmp_path, table([(f"text number {n} is here", "same") for n in range(80)]))
    assert inspect_file(path)["label_column"] == "label"
    assert "one label only (same)" in warnings_of(path)


def test_ten_thousand_labels_are_said(tmp_path):
    path = write(tmp_path, table([(f"this is text number {n}", f"label-{n}") for n in range(10_000)]))
    result = inspect_file(path)
    assert result["label_column"] == "label"
    assert len(result["labels"]) == 10_000
    assert any("10,000 labels" in warning for warning in result["warnings"])


def test_gaps_in_the_label_column_are_counted(tmp_path):
    rows = [(f"this is text number {n}", "" if n % 3 else ["refund", "shipping"][n % 2]) for n in range(90)]
    result = inspect_file(write(tmp_path, table(rows)))
    assert sum(result["labels"].values()) == 30
    assert any("60 rows have no label (67%" in warning for warning in result["warnings"])


def test_a_file_without_header_gets_column_names(tmp_path):
    path = write(tmp_path, table(ROWS[1:], header=ROWS[0]))
    result = inspect_file(path)
    assert result["rows"] == 60 and result["text_column"] == "column_1"
    assert "first line looks like data" in "\n".join(result["warnings"])


def test_excel_parquet_json_and_jsonl_read_alike(tmp_path):
    import openpyxl

    frame = read_table(write(tmp_path, table()))
    frame.to_parquet(tmp_path / "data.parquet")
    records = frame.to_dict("records")
    write(tmp_path, json.dumps(records), "data.json")
    write(tmp_path, "\n".join(json.dumps(record) for record in records), "data.jsonl")
    book = openpyxl.Workbook()
    for row in [("text", "label"), *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "data.xlsx")
    for suffix in ("parquet", "json", "jsonl", "xlsx"):
        assert list(iter_rows(tmp_path / f"data.{suffix}")) == records, suffix
        found = inspect_file(tmp_path / f"data.{suffix}")
        assert found["rows"] == len(records) and found["label_column"] == "label", suffix


def test_an_excel_file_made_to_fill_the_memory_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"")
        archive.writestr("xl/worksheets/sheet1.xml", b"a" * (30 << 20))
    with pytest.raises(BadData, match="unpacks to 30 MB"):
        list(iter_rows(tmp_path / "data.xlsx"))


def test_conll_sentences_fit_token_classification(tmp_path):
    text = "John B-PER\nlives O\nin O\nGhent B-LOC\n\nHe O\nsmiles O\n" * 30
    result = inspect_file(write(tmp_path, text, "data.conll"))
    assert (result["task"], result["text_column"], result["label_column"]) == (
        "token-classification",
        "tokens",
        "tags",
    )
    assert result["labels"]["B-PER"] == 30


def test_a_zip_of_images_is_listed_and_read_by_name_only(tmp_path):
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cats/1.png", "cats/2.png", "dogs/1.png", "../outside.png"):
            archive.writestr(name, b"picture")
    result = inspect_file(path)
    assert result["task"] == "image-classification"
    assert result["labels"] == {"cats": 2, "dogs": 1}
    assert read_image(path, "cats/1.png") == b"picture"
    with pytest.raises(BadData, match="not an image"):
        read_image(path, "cats/9.png")


def test_a_wrong_column_gets_a_did_you_mean(tmp_path):
    with pytest.raises(BadArgument, match="Did you mean label"):
        read_table(write(tmp_path, table()), columns=["lable"])


def test_one_column_of_texts_with_commas_stays_whole(tmp_path):
    path = write(tmp_path, "text\nHello, it is late, again\nno comma here\n")
    assert list(iter_rows(path)) == [{"text": "Hello, it is late, again"}, {"text": "no comma here"}]


@pytest.mark.parametrize(
    "name", ["data.csv", "data.json", "data.jsonl", "data.txt", "data.conll", "data.tsv"]
)
def test_whatever_the_bytes_the_answer_is_a_result_or_one_clear_error(tmp_path, name):
    import random

    dice = random.Random(5)
    pieces = [
        b'"',
        b",",
        b"\n",
        b"\r",
        b";",
        b"{",
        b"[",
        b"]",
        b"a b",
        b"1",
        b"\xe9",
        b"\xc4\xe3",
        b"\t",
        b"O",
        b":",
    ]
    for _ in range(150):
        path = write(tmp_path, b"".join(dice.choices(pieces, k=dice.randint(1, 60))), name)
        try:
            result = inspect_file(path)
        except BadData as error:
            assert str(error).count("\n") == 0 and error.hint
        else:
            assert result["rows"] > 0


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"PAR1"])
def test_damaged_archives_are_refused(tmp_path, magic):
    with pytest.raises(BadData, match="damaged"):
        inspect_file(write(tmp_path, magic + b"broken" * 50))


def test_a_label_column_without_any_label_is_said(tmp_path):
    path = write(tmp_path, table([(f"this is text number {n}", "") for n in range(60)]))
    assert inspect_file(path)["label_column"] == "label"
    assert "Column label holds no label at all" in warnings_of(path)


LONG = "How satisfied are you with the help that you got from our support team this year?"


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([(LONG, "Team"), ("Very satisfied", "north"), ("Not at all", "south")], True),
        (
            [
                (LONG, "What should we do better?"),
                ("very " * 20, "answer me sooner"),
                ("so " * 30, "nothing"),
            ],
            True,
        ),
        ([(LONG, "a"), ("Why is my parcel late again, and who tells me about it?", "b")], False),
        (
            [
                ("my parcel has been late for two weeks now, help", "late"),
                ("where is my money please", "money"),
            ],
            False,
        ),
    ],
)
def test_whole_questions_may_be_headers(tmp_path, rows, header):
    info, _ = open_table(write(tmp_path, table(rows[1:] * 3, header=[f'"{cell}"' for cell in rows[0]])))
    assert info.has_header is header
