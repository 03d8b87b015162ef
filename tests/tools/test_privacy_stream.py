"""A stream gives out what the whole text would give, however it is cut, and never more."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.privacy.redactor import Redactor
from tools.privacy.segments import LONGEST
from tools.privacy.stream import LOOKAHEAD, RedactingStream

ROWS = (Path(__file__).parent / "privacy_caught.jsonl").read_text("utf-8").splitlines()
CAUGHT = [json.loads(row) for row in ROWS]
FILLER = [
    "The order has shipped.",
    "谢谢,好的。",
    "See README.md for details.\n",
    "It took 3-5 days, as promised; fine.",
    "a" * 90,
]
REDACTOR = Redactor()


def streamed(text, sizes):
    stream, parts, at = RedactingStream(REDACTOR), [], 0
    for size in sizes:
        parts.append(stream.feed(text[at : at + size]))
        at += size
    parts.append(stream.feed(text[at:]))
    return "".join([*parts, stream.close()]), stream


sentences = st.lists(
    st.one_of(st.sampled_from(FILLER), st.sampled_from([m for m, _ in CAUGHT])), min_size=1, max_size=8
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sentences, st.lists(st.integers(1, 40), max_size=200))
def test_no_chunking_leaks(parts, sizes):
    text = " ".join(parts)
    out, _ = streamed(text, sizes)
    for message, secret in CAUGHT:
        if message in parts and secret not in REDACTOR.gate(text)[0]:
            assert secret not in out


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sentences, st.lists(st.integers(1, 40), max_size=200))
def test_the_cut_makes_no_difference(parts, sizes):
    text = " ".join(parts)
    assert streamed(text, sizes)[0] == REDACTOR.gate(text)[0]


@pytest.mark.parametrize(("message", "secret"), CAUGHT)
def test_letter_by_letter(message, secret):
    out, stream = streamed(f"Well, here it is. {message}", [1] * 400)
    assert secret not in out and stream.entities


def test_entities_refer_to_the_whole_text():
    text = "All is well with the order, and it has shipped. " * 30 + "Write to jane@example.com now."
    _, stream = streamed(text, [7] * 400)
    assert [text[e.start : e.end] for e in stream.entities] == ["jane@example.com"]


def test_text_without_an_end_is_held_for_a_bounded_time():
    stream = RedactingStream(REDACTOR)
    assert stream.feed("word " * 100)
    held, out = 0, 0
    for _ in range(3_000):
        held += 4
        out += len(stream.feed("it, "))
        assert held - out <= LONGEST + LOOKAHEAD + 500


@pytest.mark.parametrize(
    "key",
    [
        f"-----BEGIN RSA PRIVATE KEY-----\n{('Qk9d+0aZ/3' * 6 + chr(10)) * 75}-----END RSA PRIVATE KEY-----",
        f"eyJhbGciOiJIUzI1NiJ9.{'Zm9vYmFyMTIz' * 400}.{'s0m3Th1ng' * 30}",
    ],
)
def test_a_key_of_any_length_leaves_as_one_placeholder(key):
    text = f"Here is what you asked for: {key}\nKeep it safe, please. {FILLER[0]} {FILLER[0]}"
    whole = text.replace(key, "<SECRET>")
    assert REDACTOR.gate(text)[0] == whole == streamed(text, [37] * 2000)[0]


@pytest.mark.parametrize("apart", [3, 30])
@pytest.mark.parametrize(
    "order",
    [
        "He parked there. {} AB12 CDE is mine.",
        "AB12 CDE is mine. {} He parked there.",
        "你好。{} 010-82345678 {}",
    ],
)
def test_words_far_off_count_in_a_stream_as_in_the_whole(order, apart):
    text = order.format(*[f"{FILLER[0]} " * apart] * 2)
    assert streamed(text, [9] * 400)[0] == REDACTOR.gate(text)[0]


def test_rows_far_below_the_head_of_a_table_do_not_leave():
    rows = "".join(f"{n},21255{n:05},in\n" for n in range(120))
    text = f"Here it is:\n\nid,phone,state\n{rows}\nThat is all, {FILLER[0]} {FILLER[0]}"
    out, stream = streamed(text, [13] * 400)
    assert out == REDACTOR.gate(text)[0] and "21255" not in out
    assert {text[e.start : e.end][:5] for e in stream.entities} == {"21255"}


def test_a_clean_reply_comes_through_whole():
    text = "Fine-tuning took 12 s. Accuracy is 0.93 on 200 rows.\n\n| label | rows |\n|---|---|\n| refund | 12 |\n"
    assert streamed(text, [3] * 100)[0] == text
