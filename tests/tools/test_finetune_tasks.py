"""Every task through its whole cycle: check, train, save, load, predict."""

import json
import math

import pytest

from tests.tools.tiny_models import WORDS, task_data, tiny_bert, write_csv
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import find_task, task_names

pytestmark = pytest.mark.usefixtures("one_thread")


def test_all_tasks_of_the_contract_are_found():
    assert task_names() == [
        "embedding",
        "image-classification",
        "masked-lm",
        "text-classification",
        "text-generation",
        "token-classification",
    ]


@pytest.mark.parametrize("task", task_names())
def test_the_whole_cycle(task, tmp_path):
    base, data = task_data(task, tmp_path)
    spec = FinetuneSpec(data, "mine", str(base), base, task, "full", epochs=2, learning_rate=5e-3)
    assert make_plan(spec)["task"] == task
    said = []
    result = train(spec, tmp_path / "models" / "mine", tmp_path / "work", said.append)
    folder = tmp_path / "models" / "mine"
    assert result["model"] == "mine"
    assert result["metrics"]["rows"] >= 2
    assert result["trainable_parameters"] > 1000
    assert result["baseline"]
    assert {"assistant.json", "evaluation.json", "model.safetensors", "report.html", "README.md"} <= {
        path.name for path in folder.iterdir()
    }
    assert any(p.loss is not None and p.eta_seconds is not None and p.step for p in said)
    assert not list(folder.parent.glob(".*"))
    _predicts(task, find_task(task).load(folder, "cpu"), tmp_path)


def _predicts(task, model, tmp_path):
    """What a loaded model of each task gives."""
    if task == "image-classification":
        import zipfile

        with zipfile.ZipFile(tmp_path / "data.zip") as archive:
            archive.extract("one/1.png", tmp_path)
        (entry,) = model.predict([str(tmp_path / "one" / "1.png")])
        assert sum(entry["scores"].values()) == pytest.approx(1, abs=1e-3)
        return
    (entry,) = model.predict(["help [MASK] card Anna please"])
    json.dumps(entry)
    if task == "text-classification":
        assert sum(entry["scores"].values()) == pytest.approx(1, abs=1e-3)
    if task == "embedding":
        assert math.hypot(*entry["embedding"]) == pytest.approx(1, abs=1e-3)
    if task == "token-classification":
        assert all(
            "help [MASK] card Anna please"[e["start"] : e["end"]] == e["text"] for e in entry["entities"]
        )
    if task == "masked-lm":
        assert entry["text"] == f"help {entry['label']} card Anna please"
    if task == "text-generation":
        pieces = list(model.generate([{"role": "user", "content": "my card"}], max_tokens=5))
        assert (
            "".join(pieces).strip()
            == "".join(model.generate([{"role": "user", "content": "my card"}], 5)).strip()
        )


def test_a_text_generator_learns_the_answers_alone(tmp_path):
    from tests.tools.tiny_models import tokenizer
    from tools.finetune.conversations import TEMPLATE, tokenize

    words = tokenizer()
    words.chat_template = TEMPLATE
    row = tokenize(
        words, [{"role": "user", "content": "my card"}, {"role": "assistant", "content": "help you"}], 64
    )
    learned = [i for i in row["labels"] if i >= 0]
    assert words.decode(learned) == "help you [SEP]"
    assert len(row["labels"]) == len(row["input_ids"]) > len(learned)


def test_a_stop_string_is_held_back_even_in_parts():
    from tools.finetune.tasks.text_generation import before_stop

    assert "".join(before_stop(iter(["one ST", "OP two"]), ["STOP"])) == "one "
    assert "".join(before_stop(iter(["one ST", "AY"]), ["STOP"])) == "one STAY"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-PER", "I-PER", "O", "B-LOC"], [("PER", 0, 2), ("LOC", 3, 4)]),
        (["B-PER", "B-PER"], [("PER", 0, 1), ("PER", 1, 2)]),
        (["B-PER", "E-PER", "S-PER"], [("PER", 0, 2), ("PER", 2, 3)]),
        (["PER", "PER", "O"], [("PER", 0, 2)]),
        (["I-PER", "I-LOC"], [("PER", 0, 1), ("LOC", 1, 2)]),
        (["O"], []),
    ],
)
def test_entities_of_tags(tags, expected):
    from tools.finetune.tasks.token_classification import entities

    assert list(entities(tags)) == expected


def test_triplets_push_away_what_only_looks_alike(tmp_path):
    from tools.finetune.encoder import FrozenEncoder

    pairs = [
        (f"where is my {a} order {b}", f"the {a} order {b} is late") for a in WORDS[:6] for b in WORDS[6:12]
    ]
    rows = [(first, second, f"{first} please") for first, second in pairs]  # alike, and yet wrong
    base = tiny_bert(tmp_path / "tiny")

    def closeness(name: str, head: tuple[str, ...]) -> float:
        data = write_csv(tmp_path / f"{name}.csv", [row[: len(head)] for row in rows], head)
        spec = FinetuneSpec(data, name, "tiny", base, task="embedding", epochs=6, learning_rate=3e-3)
        train(spec, tmp_path / name, tmp_path / f"{name}-work", lambda progress: None)
        first, wrong = (FrozenEncoder(tmp_path / name).embed([row[side] for row in rows]) for side in (0, 2))
        return float((first * wrong).sum(axis=1).mean())

    with_pairs = closeness("pairs", ("anchor", "positive"))
    assert closeness("triplets", ("anchor", "positive", "negative")) < with_pairs - 0.1
    rows += [(first, second, f"{first} today") for first, second in pairs]  # a second negative for each pair
    assert closeness("more", ("anchor", "positive", "negative")) < with_pairs - 0.1
