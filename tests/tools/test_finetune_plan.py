"""What is decided and refused before anything is trained."""

import json
import subprocess
import sys

import pytest

from tests.tools.tiny_models import sentences, write_csv
from tools.errors import BadArgument, BadData, NotFound, OutOfSpace, Unsupported
from tools.finetune.plan import make_plan
from tools.finetune.spec import FinetuneSpec


@pytest.fixture
def data(tmp_path):
    return write_csv(tmp_path / "data.csv", sentences(180))


def test_a_plan_says_all_that_will_be_done(data):
    plan = make_plan(FinetuneSpec(data, "mine"))
    assert plan["task"] == "text-classification"
    assert (plan["base"], plan["method"]) == ("minilm", "full")
    assert (plan["text_column"], plan["label_column"], plan["rows"], plan["labels"]) == (
        "text",
        "label",
        180,
        3,
    )
    assert plan["epochs"] >= 1
    assert 0 < plan["learning_rate"] < 0.01
    assert plan["estimated_seconds"] > 1
    assert plan["why"]


def test_few_rows_train_all_weights_where_training_starts_from_a_frozen_classifier(tmp_path):
    plan = make_plan(FinetuneSpec(write_csv(tmp_path / "few.csv", sentences(24)), "mine"))
    assert plan["method"] == "full"
    assert "8 rows a label" in plan["why"] and "first result" in plan["why"]


def _roberta(folder):
    base = folder / "roberta"
    base.mkdir()
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 1000}
    (base / "config.json").write_text(json.dumps({"model_type": "roberta"} | sizes))
    (base / "model.safetensors").write_bytes(b"")
    return base


@pytest.mark.parametrize(("rows", "method"), [(24, "head"), (144, "head"), (156, "full")])
def test_other_bases_need_more_rows_a_label_for_all_weights(tmp_path, rows, method):
    base = _roberta(tmp_path)
    data = write_csv(tmp_path / "some.csv", sentences(rows))
    plan = make_plan(FinetuneSpec(data, "mine", base=str(base), base_path=base))
    assert plan["method"] == method
    assert f"{rows / 3:.0f} rows a label" in plan["why"]


def test_what_the_user_states_is_kept(data):
    plan = make_plan(FinetuneSpec(data, "m", method="lora", epochs=7, learning_rate=3e-4, batch_size=5))
    assert (plan["method"], plan["epochs"], plan["learning_rate"], plan["batch_size"]) == ("lora", 7, 3e-4, 5)


def test_planning_does_not_wake_torch(data):
    code = (
        "import sys; from pathlib import Path; from tools.finetune.plan import make_plan; "
        "from tools.finetune.spec import FinetuneSpec; make_plan(FinetuneSpec(Path(sys.argv[1]), 'm')); "
        "assert not {'torch', 'transformers', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(data)], check=True)


def _rows(labels):
    return [(f"text number {i} of this file", label) for i, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (_rows(["a"] * 40), "one label only"),
        (_rows([f"label {i}" for i in range(10_000)] * 2), "free text"),
        (_rows(["a"] * 10 + [""] * 30 + ["b"] * 10), "have nothing in column label"),
        (_rows(["a"] * 20 + ["b"] * 20 + ["c"]), "Label c has one row only"),
        ([("always the same text here", "a"), ("always the same text here", "b")] * 20, "different texts"),
    ],
)
def test_data_nobody_can_learn_from(rows, words, tmp_path):
    path = write_csv(tmp_path / "bad.csv", rows)
    with pytest.raises(BadData, match=words) as caught:
        make_plan(
            FinetuneSpec(path, "mine", task="text-classification", text_column="text", label_column="label")
        )
    assert caught.value.hint


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"label_column": "lable"}, BadArgument, "Did you mean label"),
        ({"task": "text-clasification"}, NotFound, "Did you mean text-classification"),
        ({"method": "loraa"}, BadArgument, "Did you mean lora"),
        ({"epochs": 0}, BadArgument, "epochs"),
        ({"learning_rate": 3}, BadArgument, "learning rate"),
        ({"batch_size": 0}, BadArgument, "batch size"),
        ({"search": float("nan")}, BadArgument, "A search takes"),
        ({"search": float("inf")}, BadArgument, "A search takes"),
        ({"search": -5.0}, BadArgument, "A search takes"),
        ({"text_column": "label", "label_column": "label"}, BadArgument, "both the text and the label"),
        ({"task": "masked-lm", "method": "head"}, BadArgument, "cannot be trained by head"),
        ({"task": "text-generation", "base": "minilm"}, Unsupported, "Use smollm2"),
    ],
)
def test_options_that_make_no_sense(data, options, error, words):
    with pytest.raises(error, match=words):
        make_plan(FinetuneSpec(data, "mine", **options))


def test_qlora_needs_a_gpu(data, monkeypatch):
    from tools.models import hardware

    monkeypatch.setattr(hardware, "hardware", lambda: hardware.Hardware(2, 8 * 10**9))
    with pytest.raises(Unsupported, match="Use lora"):
        make_plan(FinetuneSpec(data, "mine", method="qlora"))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("vit", {"image_size": 224}),
        ("t5", {}),
        ("whisper", {}),
        ("clip", {"vision_config": {}}),
        ("timm", {"pretrained_cfg": {}}),
    ],
)
def test_a_base_model_of_another_world(data, tmp_path, kind, more):
    (tmp_path / kind).mkdir()
    (tmp_path / kind / "config.json").write_text(json.dumps({"model_type": kind} | more))
    with pytest.raises(Unsupported, match=f"{kind}.*cannot be trained for text-classification"):
        make_plan(FinetuneSpec(data, "mine", base=kind, base_path=tmp_path / kind))


def test_a_base_at_the_hub_is_planned_by_its_configuration_alone(data, hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        hub.url + "/{repo_id}/resolve/{revision}/{filename}",
    )
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 1000}
    for name, kind in (("org/encoder", "roberta"), ("org/speech", "whisper")):
        hub.add(name, main={"config.json": json.dumps({"model_type": kind} | sizes).encode()})
    spec = FinetuneSpec(data, "mine", "org/encoder", "org/encoder", method="full")
    assert make_plan(spec)["estimated_seconds"] < 60
    assert any(asked.endswith("config.json") for asked in hub.seen), hub.seen
    assert not any("safetensors" in asked for asked in hub.seen)
    assert FinetuneSpec.from_dict(spec.as_dict()).base_path == "org/encoder"
    with pytest.raises(Unsupported, match="whisper"):
        make_plan(FinetuneSpec(data, "mine", "org/speech", "org/speech"))
    with pytest.raises(NotFound, match="org/gone"):
        make_plan(FinetuneSpec(data, "mine", "org/gone", "org/gone"))


def test_rows_of_the_test_file_are_counted_and_never_trained_on(data, tmp_path):
    rows = sentences(180)

    def planned(held, train=rows):
        test = write_csv(tmp_path / "test.csv", held)
        return make_plan(FinetuneSpec(write_csv(tmp_path / "train.csv", train), "mine", test_data=test))[
            "warnings"
        ]

    shared = planned([(text.upper(), label) for text, label in rows[:30]])
    assert shared == ["30 training rows stand in test.csv too and are left out."]
    with pytest.raises(BadData, match="too few are left"):
        planned(rows)
    with pytest.raises(BadData, match="too few are left"):  # one label alone would be left
        planned([row for row in rows if row[1] != "money"])
    with pytest.raises(BadData, match="none of the labels"):
        planned([("the sun is out", "weather"), ("it rains again", "weather")])
    said = planned([("the sun is out", "weather"), ("my card is lost again", "cards")])
    assert "1 rows of test.csv have labels that are not learned" in said[0]
    (tmp_path / "train.jsonl").write_text("\n".join(
        json.dumps({"tokens": f"Ann met {n} people".split(), "tags": ["B-PER", "O", "O", "O"]}) for n in range(9)
    ))  # fmt: skip
    (tmp_path / "test.jsonl").write_text(json.dumps({"tokens": ["Ann", "left"], "tags": ["B-PER"]}))
    with pytest.raises(BadData, match="no row to measure on"):
        make_plan(FinetuneSpec(tmp_path / "train.jsonl", "mine", test_data=tmp_path / "test.jsonl"))


def test_columns_are_found_in_a_test_file_that_spells_them_otherwise(data, tmp_path):
    test = write_csv(tmp_path / "test.csv", sentences(30, seed=9), ("Text", " LABEL"))
    make_plan(FinetuneSpec(data, "mine", test_data=test))


def test_texts_that_the_base_cannot_read_are_told(tmp_path):
    rows = [(f"我的银行卡什么时候能到账{n}号请帮我查一下", "ab"[n % 2]) for n in range(60)]
    (said,) = make_plan(FinetuneSpec(write_csv(tmp_path / "zh.csv", rows), "mine"))["warnings"]
    assert "unknown to minilm" in said and "multilingual" in said


def test_tokens_are_counted_in_any_script_and_no_further_than_they_are_read():
    from tools.finetune.examples import mean_tokens

    assert mean_tokens(["一二三四五六七八九十"]) == 12
    assert mean_tokens(["one two three"]) == pytest.approx(6.2)
    assert mean_tokens(["word " * 10_000], 256) == 256
    assert mean_tokens([]) == 0


def test_what_is_lost_by_learning_on_without_the_earlier_data_is_told(tmp_path):
    base = tmp_path / "earlier"
    base.mkdir()
    (base / "config.json").write_text(
        json.dumps({"model_type": "roberta", "hidden_size": 64, "vocab_size": 9})
    )
    (base / "assistant.json").write_text(
        json.dumps({"task": "text-classification", "labels": ["a", "b", "z"]})
    )
    rows = [(f"words of row {n} here", ["a|b", "b|c", "a", "c", "a|c"][n % 5]) for n in range(40)]
    data = write_csv(tmp_path / "new.csv", rows)
    told = make_plan(FinetuneSpec(data, "mine", "earlier", base))["warnings"]
    assert any("it may forget" in each for each in told)
    assert "Labels of earlier that the new data does not hold are lost: z." in told


def test_labels_that_differ_in_spelling_alone_are_told(tmp_path):
    rows = [(text, label.title() if n % 7 == 0 else label) for n, (text, label) in enumerate(sentences(180))]
    said = make_plan(FinetuneSpec(write_csv(tmp_path / "mixed.csv", rows), "mine"))["warnings"]
    assert "Cards / cards" in said[0]


def test_qlora_says_where_it_brings_nothing_and_what_it_lacks(data, tmp_path, monkeypatch):
    import importlib.util

    from tools.models import hardware

    machine = hardware.Hardware(2, 8 * 10**9, gpu="A10", gpu_memory=24 * 10**9)
    monkeypatch.setattr(hardware, "hardware", lambda: machine)
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else found(name)
    )
    plan = make_plan(FinetuneSpec(data, "m", "roberta", _roberta(tmp_path), method="qlora"))
    assert "it is the same as lora" in plan["warnings"][0]
    rows = [(f"what is {n}", f"the answer is {n}") for n in range(9)]
    chats = write_csv(tmp_path / "chats.csv", rows, ("prompt", "completion"))
    with pytest.raises(Unsupported, match="needs bitsandbytes"):
        make_plan(FinetuneSpec(chats, "m", method="qlora"))


def test_no_space(data, monkeypatch):
    import shutil
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(OutOfSpace, match="1 MB are free"):
        make_plan(FinetuneSpec(data, "mine"))


def test_a_missing_file(tmp_path):
    with pytest.raises(NotFound, match=r"no file gone\.csv"):
        make_plan(FinetuneSpec(tmp_path / "gone.csv", "mine"))


def test_a_spec_survives_the_database(data):
    spec = FinetuneSpec(data, "mine", base_path=data.parent, epochs=2)
    assert FinetuneSpec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec
    hub = FinetuneSpec(data, "mine", base_path="org/model")
    assert FinetuneSpec.from_dict(hub.as_dict()).base_path == "org/model"
    with pytest.raises(BadArgument, match="Did you mean epochs"):
        FinetuneSpec.from_dict({"epoch": 1})


def test_a_training_that_memory_may_not_hold_is_warned_of_and_one_it_cannot_hold_refused(data, monkeypatch):
    from tools.models import hardware

    def free(memory: int) -> None:
        monkeypatch.setattr(hardware, "hardware", lambda: hardware.Hardware(2, memory))

    free(8_000_000_000)
    assert not any("memory" in warning for warning in make_plan(FinetuneSpec(data, "m"))["warnings"])
    free(700_000_000)
    assert "may fail" in make_plan(FinetuneSpec(data, "m"))["warnings"][-1]
    free(10_000_000)
    with pytest.raises(Unsupported, match="memory"):
        make_plan(FinetuneSpec(data, "m"))


def test_of_several_files_the_one_without_the_column_is_named(data, tmp_path):
    other = write_csv(tmp_path / "test.csv", sentences(9), ("words", "topic"))
    for option in ("test_data", "unlabeled"):
        with pytest.raises(BadArgument, match=r"There is no column text in test\.csv\."):
            make_plan(FinetuneSpec(data, "mine", **{option: other}))


def test_pictures_without_folders_are_told_where_to_go(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as archive:
        archive.writestr("1.jpg", b"\xff\xd8")
    (tmp_path / "empty").mkdir()
    for name, words in (("flat.zip", "lie in no folder"), ("empty", "holds no pictures")):
        with pytest.raises(BadData, match=f"{words}.*one folder a label"):
            make_plan(FinetuneSpec(tmp_path / name, "mine"))


def test_rows_without_labels_and_labels_with_commas_have_a_way_out(tmp_path):
    gaps = [(text, label if n % 5 < 2 else "") for n, (text, label) in enumerate(sentences(180))]
    with pytest.raises(BadData, match="unlabeled learns from their texts"):
        make_plan(FinetuneSpec(write_csv(tmp_path / "gaps.csv", gaps), "mine"))
    names = [
        f"{team}, {what}" for team in ("Billing", "Sales", "Care") for what in ("refund", "offer", "bug")
    ]
    rows = [(text, names[n % 9]) for n, (text, _) in enumerate(sentences(180))]
    data = write_csv(tmp_path / "joint.csv", rows)
    several = make_plan(FinetuneSpec(data, "mine"))
    assert several["several_labels"] and any("one_label" in each for each in several["warnings"])
    one = make_plan(FinetuneSpec(data, "mine", one_label=True))
    assert (one["several_labels"], one["labels"], one["warnings"]) == (False, 9, [])
