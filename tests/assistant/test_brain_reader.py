import threading
from pathlib import Path

import numpy
import pytest

from assistant.brain.encoding import View
from assistant.brain.labels import TAGS
from assistant.brain.reader import REMEMBERED, Reader, reader
from assistant.brain.situation import Situation
from assistant.brain.spans import best_path
from assistant.errors import ModelUnavailable
from ui.cli.plan import _parts

HERE = Situation(files=["tickets.csv"], models=["router", "spam-1"])


def _read(text: str, user: str = "", assistant: str = ""):
    return reader().read_views([(View(text, user=user, assistant=assistant), HERE)])[0]


def test_a_whole_wish_in_one_pass():
    found = _read(
        "please fine-tune distilroberta on tickets.csv with lora for three epochs, call it mail-sorter"
    )
    assert found.tool == "finetune_model"
    words = {span.slot: (span.start, span.end) for span in found.spans}
    text = "please fine-tune distilroberta on tickets.csv with lora for three epochs, call it mail-sorter"
    assert {slot: text[slice(*place)] for slot, place in words.items()} == {
        "base": "distilroberta",
        "dataset": "tickets.csv",
        "method": "lora",
        "epochs": "three",
        "name": "mail-sorter",
    }


def test_pointing_phrases_tell_what_they_point_at():
    (span,) = _read("deploy the second one").of("model")
    assert span.pointer == "2"


def test_what_was_said_before_gives_a_short_message_its_sense():
    asked = "Which column holds the label?"
    assert _read("priority", "train a classifier on tickets.csv", asked).of("label_col")
    assert _read("why?", "try router on 'hello'", "sales (0.9)").tool == "explain_prediction"
    assert _read("thanks!", "try router on 'hello'", "sales (0.9)").tool == "none"


def test_questions_of_the_assistant_are_understood():
    view = View("Which column holds the label?", role="assistant", user="train on tickets.csv")
    assert reader().read_views([(view, HERE)])[0].asks == "label_col"


@pytest.mark.parametrize("text", ["", " ", "😀", "\n", "[FILE]", "a" * 40_000, "训" * 5000, "\x00", "'"])
def test_odd_messages_are_read(text: str):
    assert abs(sum(_read(text).tools.values()) - 1) < 1e-3


def test_a_text_longer_than_the_window_is_taken_whole():
    text = "mask this: call Ana on 020 7946 0000. " + "Then she said that all was well. " * 40
    found = _read(text.strip())
    assert found.tool == "redact_text"
    assert found.of("text")[-1].end == len(text.strip())


def test_messages_read_together_and_alone_mean_the_same():
    texts = ["list my models", "how fast is router?", "把 router 上线", "explain why router said so " * 5]
    fresh = Reader()
    together = fresh.read_views([(View(text), HERE) for text in texts])
    alone = [Reader().read_views([(View(text), HERE)])[0] for text in texts[:2]]
    for one, other in zip(together, alone, strict=False):
        assert one.tool == other.tool
        assert one.tools[one.tool] == pytest.approx(other.tools[one.tool], abs=1e-3)


def test_what_was_read_is_remembered(monkeypatch: pytest.MonkeyPatch):
    own = Reader()
    first = own.read_views([(View("list my models"), HERE)])
    monkeypatch.setattr(own, "_read", lambda batch: pytest.fail("read again"))
    assert own.read_views([(View("list my models"), HERE)]) == first


def test_threads_share_it():
    found: list[str] = []

    def ask(number: int) -> None:
        found.append(reader().read_views([(View(f"how fast is router, attempt {number}?"), HERE)])[0].tool)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["benchmark_model"] * 8


def test_missing_weights_are_told(tmp_path: Path):
    with pytest.raises(ModelUnavailable):
        Reader(tmp_path / "nothing.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ModelUnavailable):
        Reader(tmp_path / "broken.safetensors")


def test_no_inside_without_a_beginning():
    chances = numpy.full((3, len(TAGS)), -9.0, dtype="float32")
    outside, begin, inside = TAGS.index("O"), TAGS.index("B-text"), TAGS.index("I-text")
    chances[0, [outside, begin]] = -0.5, -1.2
    chances[1:, inside] = -0.1
    assert best_path(chances) == [begin, inside, inside]


def test_long_talks_are_read_together_as_far_as_they_are_remembered():
    cases = [(number, {"messages": [{}] * 9}, "") for number in range(300)]
    parts = list(_parts(cases))
    assert [case for part in parts for case in part] == cases
    assert max(len(part) for part in parts) * 9 <= REMEMBERED // 2
    assert [len(part) for part in _parts([(0, {"messages": [{}] * 5000}, ""), (1, {}, "no JSON")])] == [1, 1]
