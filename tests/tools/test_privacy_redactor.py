"""Finding and hiding: operators, allowed names, conflicts, counts."""

# ruff: noqa: E501 - patterns are lists of words

import subprocess
import sys
import time

import pytest

from tools.errors import BadArgument
from tools.privacy.entity import Entity, resolve
from tools.privacy.redactor import Redactor

TEXT = "Jane Doe, jane@example.com, again jane@example.com and 4111 1111 1111 1111"


@pytest.fixture(scope="module")
def redactor():
    return Redactor(salt=b"salt")


def test_offsets_refer_to_the_input(redactor):
    found = redactor.redact(TEXT)["entities"]
    values = [TEXT[e["start"] : e["end"]] for e in found]
    assert values == ["Jane Doe", "jane@example.com", "jane@example.com", "4111 1111 1111 1111"]
    assert all(set(e) == {"entity_type", "start", "end", "score"} and 0 < e["score"] <= 1 for e in found)


def test_replace(redactor):
    assert (
        redactor.redact(TEXT)["text"] == "<PERSON>, <EMAIL_ADDRESS>, again <EMAIL_ADDRESS> and <CREDIT_CARD>"
    )


def test_mask(redactor):
    assert redactor.redact(TEXT, operator="mask")["text"].endswith("****@*******.*** and **** **** **** ****")


def test_hash_is_the_same_for_the_same_value_and_salt(redactor):
    first, second = (
        redactor.redact(TEXT, operator="hash")["text"],
        Redactor(salt=b"salt").redact(TEXT, operator="hash")["text"],
    )
    assert first == second != Redactor().redact(TEXT, operator="hash")["text"]
    hashes = [word for word in first.replace(",", "").split() if word.startswith("<EMAIL")]
    assert len(hashes) == 2 and len(set(hashes)) == 1


def test_pseudonyms_stand_for_one_value_each(redactor):
    text = redactor.redact(
        "Write to a@example.com or b@example.com, not A@example.com", operator="pseudonym"
    )["text"]
    assert text == "Write to <EMAIL_ADDRESS_1> or <EMAIL_ADDRESS_2>, not <EMAIL_ADDRESS_1>"


@pytest.mark.parametrize("operator", ["replace", "hash", "pseudonym"])
def test_redacted_text_is_left_alone(redactor, operator):
    once = redactor.redact(TEXT, operator=operator)["text"]
    assert redactor.redact(once) == {"text": once, "entities": []}


def test_types_limit_what_is_hidden(redactor):
    assert redactor.redact(TEXT, types=["CREDIT_CARD"])["text"] == TEXT[:-19] + "<CREDIT_CARD>"


@pytest.mark.parametrize("arguments", [{"operator": "burn"}, {"language": "fr"}])
def test_unknown_arguments_are_refused(redactor, arguments):
    with pytest.raises(BadArgument):
        redactor.redact(TEXT, **arguments)


def test_allowed_names_stay(redactor):
    assert redactor.gate("Ask jane@example.com", allow=["jane@example.com"])[1] == []
    assert redactor.gate("Try Sarah Connor on it", allow=["sarah connor"])[1] == []


def test_names_of_files_and_models_do_not_make_somebody_public(redactor):
    names = ["tickets.csv", "support-bot", "router", "v2", "Anna Bell.csv", "Q3 report 2024-05-06.xlsx"]
    people = ["Anna Bell", "jane.doe@example.com", "13800138000", "4155550123", "anna.bell"]
    assert redactor.sayable([*names, *people]) == names


def test_an_allowed_word_does_not_open_a_longer_value(redactor):
    assert redactor.gate("mail jane@example.com", allow=["jane", "example"])[0] == "mail <EMAIL_ADDRESS>"


def test_full_width_digits(redactor):
    assert redactor.gate("手机13812345678")[0] == "手机<CN_PHONE>"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("07700\u00a0900461 is it", "<PHONE_NUMBER> is it"),
        ("card 4111\u20111111\u20111111\u20111111", "card <CREDIT_CARD>"),
        ("call 020\u20137946\u20130018", "call <PHONE_NUMBER>"),
        ("138\u200b0013\u200b8000,好", "<CN_PHONE>,好"),
        ("call \u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0664\u0666\u0661", "call <PHONE_NUMBER>"),
        ("\u00adjane\u00ad@example.com\u200b!", "\u00ad<EMAIL_ADDRESS>\u200b!"),
        ("иван@почта.рф", "<EMAIL_ADDRESS>"),
        ("邮箱zhang三@163.com,谢谢", "邮箱<EMAIL_ADDRESS>,谢谢"),
        ("\ud800 Ann Bell", "\ud800 <PERSON>"),
        ("the years 2010\u20132012, 30\u201350 pieces", None),
    ],
)
def test_signs_that_look_like_others_and_signs_that_nobody_sees(redactor, text, hidden):
    assert redactor.gate(text)[0] == (hidden or text)


@pytest.mark.parametrize("operator", ["replace", "mask", "hash", "pseudonym", "surrogate"])
def test_half_a_surrogate_pair_may_stand_in_a_value(redactor, operator):
    assert "Bell" not in redactor.redact("password: hunter\ud8002Bell", operator=operator)["text"]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("<TEL:447700900461>", "<TEL:<PHONE_NUMBER>>"),
        ("<CREDIT_CARD:501800000009>", "<CREDIT_CARD:<CREDIT_CARD>>"),
        ("<PERSON_2>, <PERSON:0a1b2c3d4e5f>, <LEFT_OUT> and <CN_PHONE>", None),
    ],
)
def test_only_what_we_write_is_a_placeholder(redactor, text, hidden):
    assert redactor.gate(text)[0] == (hidden or text)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (
            "name,phone,email\nAnn Bell,2125550198,a@example.com\nWei Natarajan,2125550199,\nThanks, Support, team",
            "name,phone,email\n<PERSON>,<PHONE_NUMBER>,<EMAIL_ADDRESS>\n<PERSON>,<PHONE_NUMBER>,\nThanks, Support, team",
        ),
        (
            "| Name | SSN |\n|---|---|\n| Zyx Qwv | 123456789 |\n",
            "| Name | SSN |\n|---|---|\n| <PERSON> | <US_SSN> |\n",
        ),
        (
            'id;passport;"dob"\n7;"X1234567";2011-03-04\n\n8;9;10',
            'id;passport;"dob"\n7;"<PASSPORT>";<DATE_TIME>\n\n8;9;10',
        ),
        ("name,price,stock\nkettle,20,7\nmug,25,9", None),
        ("Street, date of birth\nPlease give us the two, and we answer within 3 days then", None),
        ("street,dob\nFlat Rose Garden Lane,2011-03-04", "street,dob\n<LOCATION>,<DATE_TIME>"),
    ],
)
def test_the_head_of_a_table_says_what_its_cells_are(redactor, text, hidden):
    assert redactor.gate(text)[0] == (hidden or text)


def test_count(redactor):
    cells = ["a@example.com", "b@example.com", "nothing here", "", "a@example.com", "call 212-555-0187"]
    assert redactor.count(cells) == {"EMAIL_ADDRESS": 3, "PHONE_NUMBER": 1}


def test_structured_types_win_and_losers_keep_the_rest():
    found = resolve([Entity("PERSON", 0, 12, 0.9), Entity("CREDIT_CARD", 5, 9, 0.8)])
    assert [(e.entity_type, e.start, e.end) for e in found] == [
        ("PERSON", 0, 5),
        ("CREDIT_CARD", 5, 9),
        ("PERSON", 9, 12),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "a" * 20000,
        "A" * 20000 + " 1",
        "1" * 20000,
        "<" * 5000,
        "a.b@" * 3000,
        "1 " * 6000,
        "A " * 6000,
        " " * 20000,
        "- " * 10000,
        "token=" * 3000,
        "三@" * 6000,
    ],
)
def test_odd_texts_end_soon(redactor, text):
    began = time.process_time()
    assert isinstance(redactor.redact(text)["text"], str)
    assert time.process_time() - began < 4


def test_torch_is_whole_where_it_was_there_first():
    """Parts of torch are imported late, and may be while the redactor's are."""
    code = (
        "import torch; from tools.privacy.lean import lean_imports\n"
        "with lean_imports():\n    import torch._dynamo\n"
        "print(torch._dynamo.utils.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "torch._dynamo.utils", done.stderr


def test_a_cold_start_does_not_load_torch():
    code = "import sys; from tools.privacy.redactor import Redactor; Redactor().redact('I am Jane Doe'); print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_many_texts_are_found_alike_whether_together_or_one_by_one(redactor):
    names = ("Maria Lopez", "john carter", "李伟", "Peter O'Neill")
    texts = [f"Call {names[n % 4]} about order {n}, mail m{n}@example.org.\nThanks" for n in range(300)]
    texts += ["", "   ", "12 34", texts[0]]
    fresh = Redactor()  # remembers nothing of these texts
    assert list(redactor.find_many(texts)) == [fresh.find(text) for text in texts]
    assert list(redactor.find_many([])) == []
    with pytest.raises(BadArgument):
        list(redactor.find_many(["Ann"], language="xx"))
