"""A file without personal data: what changes, what stays, and what is refused."""

import json

import pytest

from tests.tools.tiny_models import write_csv
from tools.data.inspect import inspect_file
from tools.data.read import read_table
from tools.data.scrub import scrub
from tools.errors import BadArgument
from tools.finetune.personal import personal
from tools.finetune.spec import FinetuneSpec
from tools.privacy.redactor import Redactor

ROWS = [
    ("please call me at +1 415 555 2671 about my order", "orders"),
    ("my mail is maria.lopez@example.com, where is it?", "orders"),
    ("write to maria.lopez@example.com again", "contact"),
    ("the parcel is late again", "orders"),
]


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor()


def test_texts_lose_their_personal_data_and_labels_stay(redactor, tmp_path):
    data = write_csv(tmp_path / "mails.csv", ROWS)
    found = scrub(data, tmp_path / "clean.csv", redactor)
    clean = read_table(tmp_path / "clean.csv")
    assert list(clean["label"]) == [label for _, label in ROWS]
    text = "\n".join(clean["text"])
    assert "maria" not in text and "2671" not in text and "the parcel is late again" in text
    assert text.count("<EMAIL_ADDRESS_1>") == 2  # the same person keeps the same name
    assert (found["rows"], found["changed"], found["columns"]) == (4, 3, ["text"])
    assert found["entities"]["EMAIL_ADDRESS"] == 2 and found["entities"]["PHONE_NUMBER"] == 1


def test_conversations_are_looked_through_and_stay_conversations(redactor, tmp_path):
    talk = [{"role": "user", "content": "I am at maria.lopez@example.com"}]
    talk += [{"role": "assistant", "content": "Noted."}]
    data = tmp_path / "talks.jsonl"
    data.write_text("\n".join(json.dumps({"messages": talk}) for _ in range(3)))
    scrub(data, tmp_path / "clean.jsonl", redactor, "replace")
    clean = json.loads((tmp_path / "clean.jsonl").read_text().splitlines()[0])["messages"]
    assert clean[0] == {"role": "user", "content": "I am at <EMAIL_ADDRESS>"} and clean[1] == talk[1]


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("mails.csv", {}, "exists already"),
        ("clean.docx", {}, "ending"),
        ("clean.csv", {"operator": "shred"}, "operator"),
        ("clean.csv", {"columns": ["txt"]}, "Did you mean text"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing_behind(redactor, tmp_path, target, options, said):
    data = write_csv(tmp_path / "mails.csv", ROWS)
    with pytest.raises(BadArgument, match=said):
        scrub(data, tmp_path / target, redactor, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mails.csv"]


def test_training_says_that_its_texts_hold_personal_data(tmp_path):
    data = write_csv(tmp_path / "mails.csv", ROWS)
    spec = FinetuneSpec(data, "m")
    (said,) = personal(spec, {"task": "text-classification", "text_column": "text"})
    assert "EMAIL_ADDRESS" in said and "assistant data scrub" in said
    clean = write_csv(
        tmp_path / "clean.csv", [("the parcel is late", "orders"), ("where is my order", "orders")]
    )
    assert personal(FinetuneSpec(clean, "m"), {"task": "text-classification", "text_column": "text"}) == []


def test_training_on_further_columns_counts_what_their_names_say(tmp_path):
    rows = [("it is late", "Thanh", "a"), ("it is here", "Okwuosa", "b"), ("it is broken", "Vu", "a")]
    data = write_csv(tmp_path / "mails.csv", rows, ("text", "last_name", "label"))
    plan = {"task": "text-classification", "text_column": "text", "beside": ["last_name"]}
    (said,) = personal(FinetuneSpec(data, "m"), plan)
    assert "3 × PERSON" in said


def test_a_column_s_name_says_what_its_cells_are(redactor, tmp_path):
    names = ("ticket", "phone", "ssn", "dob", "userPassword", "last_name", "product name", "customer")
    rows = [
        (
            "it is late",
            "4155550123",
            "123456789",
            "2011-03-04",
            "hunter2",
            "Natarajan",
            "Blue Kettle",
            "smith",
        ),
        ("it is here", "n/a", "", "unknown", "yes", "", "Red Kettle", "Thanh"),
    ]
    data = write_csv(tmp_path / "people.csv", rows, names)
    found = scrub(data, tmp_path / "clean.csv", redactor, "replace")
    clean = read_table(tmp_path / "clean.csv").fillna("")
    assert list(clean.iloc[0]) == [
        "it is late", "<PHONE_NUMBER>", "<US_SSN>", "<DATE_TIME>", "<SECRET>", "<PERSON>", "Blue Kettle", "<PERSON>"
    ]  # fmt: skip
    assert list(clean.iloc[1])[1:7] == ["", "", "unknown", "yes", "", "Red Kettle"]
    assert found["entities"] == {
        "PERSON": 3, "PHONE_NUMBER": 1, "US_SSN": 1, "DATE_TIME": 1, "SECRET": 1
    }  # fmt: skip
    counted = inspect_file(data, redactor.count_cells)["pii"]
    assert {"PHONE_NUMBER", "US_SSN", "DATE_TIME", "SECRET", "PERSON"} <= set(counted)
    scrub(tmp_path / "clean.csv", tmp_path / "again.csv", redactor, "replace")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "clean.csv").read_text()


def test_numbers_records_and_halves_of_pairs(redactor, tmp_path):
    data = tmp_path / "people.jsonl"
    rows = [
        {"text": "\ud800 ok", "user": {"ssn": 123456789, "age": 7, "names": ["x"], "mobilePhone": 4155550123}}
    ] * 3
    data.write_text("\n".join(map(json.dumps, rows)))
    scrub(data, tmp_path / "clean.jsonl", redactor, "replace")
    assert json.loads((tmp_path / "clean.jsonl").read_text().splitlines()[0]) == {
        "text": "? ok", "user": {"ssn": "<US_SSN>", "age": 7, "names": ["x"], "mobilePhone": "<PHONE_NUMBER>"}
    }  # fmt: skip


def test_columns_of_objects_are_known_from_their_first_row_on(redactor, tmp_path):
    data = tmp_path / "people.jsonl"
    data.write_text('{"phone": 4155550123, "password": "hunter2x", "ssn": "1234", "note": "late"}\n' * 3)
    scrub(data, tmp_path / "clean.jsonl", redactor, "replace")
    clean = [json.loads(line) for line in (tmp_path / "clean.jsonl").read_text().splitlines()]
    hidden = {"phone": "<PHONE_NUMBER>", "password": "<SECRET>", "ssn": "<US_SSN>", "note": "late"}
    assert clean == [hidden] * 3


def test_columns_that_only_look_like_labels_and_nested_addresses_are_cleaned_too(redactor, tmp_path):
    rows = [
        {"message": f"order {n} is late", "agent": ["Maria Lopez", "John Smith"][n % 2], "phone": 14155552671,
         "mail": {"from": "maria.lopez@example.com", "body": "hello"}}
        for n in range(8)
    ]  # fmt: skip
    data = tmp_path / "mails.jsonl"
    data.write_text("\n".join(json.dumps(row) for row in rows))
    found = scrub(data, tmp_path / "clean.jsonl", redactor, "replace")
    clean = (tmp_path / "clean.jsonl").read_text()
    assert "maria" not in clean and "Maria" not in clean and "Smith" not in clean and "5552671" not in clean
    assert found["left"] == [] and "mail" in found["columns"]


def test_what_is_left_alone_and_what_could_not_be_read_is_told(redactor, tmp_path):
    data = tmp_path / "mails.csv"
    data.write_text(
        "text,label\nhello there friend,a\nsecond text here,b\none,two,three,four\nthird one here,a\n"
    )
    found = scrub(data, tmp_path / "clean.csv", redactor)
    assert found["left"] == ["label"] and found["rows"] == 3
    assert "ragged" in found["warnings"][0]
