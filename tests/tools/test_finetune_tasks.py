"""Every task through its whole cycle: check, train, save, load, predict."""

import json
import math

import pytest

from tests.tools.tiny_models import WORDS, task_data, tiny_bert, tiny_gpt, tokenizer, write_csv
from tools.data.read import read_table
from tools.errors import BadData
from tools.finetune.plan import make_plan
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import find_task, task_names
from tools.serving.evaluate import evaluate
from tools.serving.predictor import load

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


@pytest.mark.parametrize(
    ("task", "method"),
    [*((task, "full") for task in task_names()), ("masked-lm", "adalora"), ("image-classification", "lora")],
)
def test_the_whole_cycle(task, method, tmp_path):
    base, data = task_data(task, tmp_path)
    spec = FinetuneSpec(data, "mine", str(base), base, task, method, epochs=2, learning_rate=5e-3)
    assert make_plan(spec)["task"] == task
    said = []
    result = train(spec, tmp_path / "models" / "mine", tmp_path / "work", said.append)
    folder = tmp_path / "models" / "mine"
    assert result["model"] == "mine"
    assert result["metrics"]["rows"] >= 2
    assert result["trainable_parameters"] > 1000
    assert (
        (result["epochs"], result["learning_rate"]) == (2, 5e-3) and result["rows"] and result["batch_size"]
    )
    assert result["baseline"]
    assert {"assistant.json", "evaluation.json", "model.safetensors", "report.html", "README.md"} <= {
        path.name for path in folder.iterdir()
    }
    evaluation = json.loads((folder / "evaluation.json").read_text())
    if task == "token-classification":
        low, high = evaluation["intervals"]["f1"]
        assert 0 <= low <= result["metrics"]["f1"] <= high <= 1
    assert any(p.loss is not None and p.eta_seconds is not None and p.step for p in said)
    assert not list(folder.parent.glob(".*"))
    _predicts(task, find_task(task).load(folder, "cpu"), tmp_path)
    if task in ("token-classification", "image-classification"):
        _measured_again(folder, data)


def _measured_again(folder, data):
    """The model on the file that it was made from."""
    found = evaluate(load(folder, "cpu"), {}, data, report=folder / "again.html")
    assert found["metrics"].keys() >= {"accuracy", "precision", "recall", "f1"}
    low, high = found["intervals"]["f1"]
    assert low <= found["metrics"]["f1"] <= high and found["per_class"]
    matrix = found["confusion"]["matrix"]
    assert (
        len(found["confusion"]["labels"]) == len(matrix) and sum(map(sum, matrix)) >= found["metrics"]["rows"]
    )
    hits = sum(row[place] for place, row in enumerate(matrix)) / sum(map(sum, matrix))
    assert hits >= found["metrics"]["accuracy"] - 1e-4  # of words by kind, B- and I- are alike
    assert "precision" in (folder / "again.html").read_text()


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
    from tools.finetune.prompting import before_stop

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


@pytest.mark.parametrize("method", ["lora", "dora"])
def test_models_of_convolutions_take_adapters_too(method, tmp_path):
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    from tools.errors import Unsupported
    from tools.finetune import methods

    def resnet():
        sizes = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
        return ResNetForImageClassification(ResNetConfig(**sizes, num_labels=3))

    model = methods.wrap(resnet(), method, None, 10, ("classifier",))
    out = model(pixel_values=torch.zeros(2, 3, 32, 32), labels=torch.tensor([0, 1]))
    out.loss.backward()
    assert out.logits.shape == (2, 3)
    merged = methods.merge(model.eval(), method, tmp_path)
    assert merged(pixel_values=torch.zeros(2, 3, 32, 32)).logits.shape == (2, 3)
    with pytest.raises(Unsupported, match="adalora finds no layers to adapt in a model of the kind resnet"):
        methods.wrap(resnet(), "adalora", None, 10, ("classifier",))


def test_held_out_texts_of_rare_labels_find_their_partners_among_those_learned():
    from tools.finetune.contrastive import partners
    from tools.finetune.retrieval import retrieval, searched
    from tools.finetune.tasks.embedding import triples

    known = [(f"text {n} of {label}", label) for label in "abc" for n in range(3)]
    held = [("another of a", "a"), ("another of b", "b")]
    assert partners(held, 1) == []
    found = triples(held, True, 1, known)
    assert [(row[0], row[2]) for row in found] == held
    assert all((row[1], row[2]) in known for row in found)
    assert retrieval(searched(None, [("the same", "the same", "g")]).places) == {"rows": 0}


def test_pairs_that_do_not_belong_together_are_not_taught(tmp_path):
    from tools.data.matching import belonging
    from tools.errors import BadData

    rows = [(f"how do I pay bill {n}", f"paying bill {n}", str(n % 2)) for n in range(40)]
    head = ("sentence1", "sentence2", "label")
    plan = make_plan(FinetuneSpec(write_csv(tmp_path / "qqp.csv", rows, head), "m"))
    assert (plan["task"], plan["rows"], plan["beside"]) == ("embedding", 20, ["label"])
    assert plan["warnings"] == ["20 pairs of other texts by column label are left out."]
    scored = [(first, second, n % 5 + 0.5) for n, (first, second, _) in enumerate(rows)]
    plan = make_plan(FinetuneSpec(write_csv(tmp_path / "sts.csv", scored, (*head[:2], "score")), "m"))
    assert plan["rows"] == 8 and "32 pairs below 4 by column score" in plan["warnings"][0]
    assert belonging(["Entailment", "neutral", None, "contradiction"], "c")[0] == [True, False, False, False]
    assert belonging(["news", "sport"], "c") == (None, "")
    for unclear in ([0, 1, 2, 1], [0, 3, 1, 2]):
        with pytest.raises(BadData, match="0, 1, 2"):
            belonging(unclear, "relevance")
    for votes in ([0, 12, 343], [-4, 0, 7]):
        assert belonging(votes, "score") == (None, "")
    assert belonging([0, 0, 0], "label")[0] == [False, False, False]
    none = [(first, second, 0) for first, second, _ in rows]
    with pytest.raises(BadData, match="By column score only 0 pairs"):
        make_plan(FinetuneSpec(write_csv(tmp_path / "none.csv", none, (*head[:2], "score")), "m"))


def test_instructions_keep_what_they_are_about_and_chats_in_any_spelling_count(tmp_path):
    import pandas

    from tools.finetune.conversations import conversations

    rows = [
        ("Translate this.", f"Guten Tag {n}" if n % 2 else "", f"Good day {n}", "Be brief.") for n in range(8)
    ]
    data = write_csv(tmp_path / "alpaca.csv", rows, ("instruction", "input", "output", "system"))
    plan = make_plan(FinetuneSpec(data, "m"))
    assert (plan["task"], plan["beside"]) == ("text-generation", ["input", "system"])
    assert plan["warnings"] == [
        "Column input is added to instruction in rows that have it.",
        "Column system is told to the model first in rows that have it.",
    ]
    table = pandas.DataFrame(
        {"instruction": ["Say it.", float("nan")], "input": ["hello", None], "output": ["yes", "no"]},
        dtype=object,
    )
    assert conversations(table, "instruction", "output") == [
        [{"role": "user", "content": "Say it.\n\nhello"}, {"role": "assistant", "content": "yes"}]
    ]
    chats = [
        [{"from": "Human", "value": "hi"}, {"from": "GPT", "value": "hello"}],
        [
            {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": "hello"},
        ],
        [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None, "tool_calls": []}],
    ]
    asked = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}
    assert conversations(pandas.DataFrame({"c": chats}), "c", None) == [list(asked), list(asked)]
    path = tmp_path / "chats.jsonl"
    path.write_text("\n".join(json.dumps({"messages": chat}) for chat in chats * 3))
    assert "3 rows are left out" in make_plan(FinetuneSpec(path, "m"))["warnings"][0]


def test_pictures_are_told_apart_by_content_and_broken_ones_left_out(tmp_path):
    import zipfile

    from tools.errors import BadData
    from tools.finetune.tasks.image_classification import _content
    from tools.finetune.vision import Pixels

    base, data = task_data("image-classification", tmp_path)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("one/copy.png", archive.read("one/1.png"))
        archive.writestr("one/broken.png", b"\x89PNG no picture")
    assert _content(data, "one/copy.png") == _content(data, "one/1.png")
    spec = FinetuneSpec(data, "m", str(base), base, test_data=data)
    assert "one/broken.png" in make_plan(FinetuneSpec(data, "m", str(base), base))["warnings"][0]
    with pytest.raises(BadData, match="stand in data.zip too"):
        make_plan(spec)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for n in range(8):
            archive.writestr(f"{'ab'[n % 2]}/{n}.png", b"no picture")
    with pytest.raises(BadData, match=r"8 of 8 images of bad.zip cannot be opened"):
        make_plan(FinetuneSpec(tmp_path / "bad.zip", "m", str(base), base))
    table = write_csv(tmp_path / "t.csv", [("some text here", "a"), ("another text here", "b")] * 4)
    with pytest.raises(BadData, match="holds no images"):
        make_plan(FinetuneSpec(table, "m", str(base), base, "image-classification"))
    pixels = Pixels(base)
    (base / "preprocessor_config.json").write_text('{"resample": 2, "do_center_crop": true}')
    bilinear = Pixels(base)
    assert (pixels.resample, bilinear.resample) == (3, 2)
    bilinear.save(base)
    saved = json.loads((base / "preprocessor_config.json").read_text())
    assert (
        saved["size"] == {"height": 8, "width": 8}
        and saved["resample"] == 2
        and "do_center_crop" not in saved
    )


def test_all_words_of_long_sentences_are_learned():
    from tests.tools.tiny_models import tokenizer
    from tools.finetune.tagging import _features

    words = ["card", "bank", "loan"] * 7
    rows = _features([(words, ["B-X", "O", "O"] * 7)], tokenizer(), ["B-X", "O"], 8)
    assert [sum(label >= 0 for label in row["labels"]) for row in rows] == [6, 6, 6, 3]
    assert sum(row["labels"].count(0) for row in rows) == 7


def test_a_base_of_four_bits_is_merged_into_its_plain_weights(tmp_path, monkeypatch):
    import torch
    from transformers import LlamaForCausalLM

    from tests.tools.tiny_models import tiny_gpt
    from tools.finetune import methods

    base = tiny_gpt(tmp_path / "base")
    model = methods.wrap(LlamaForCausalLM.from_pretrained(base), "lora", "CAUSAL_LM", 10)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    ids = torch.tensor([[5, 6, 7]])
    wanted = model.eval()(input_ids=ids).logits
    monkeypatch.setattr(methods, "quantized", lambda module: True)
    plain = methods.merge(model, "qlora", tmp_path, lambda: LlamaForCausalLM.from_pretrained(base))
    assert type(plain) is LlamaForCausalLM
    assert torch.allclose(plain.eval()(input_ids=ids).logits, wanted, atol=1e-4)


def test_a_taggers_mistakes_say_where_and_quote_no_entity():
    from tools.finetune.tagged import intervals, mistakes

    rows = [(["Ann", "Bell", "left"], ["B-PER", "I-PER", "O"]), (["all", "is", "well"], ["O", "O", "O"])]
    guesses = [[("B-PER", 0.9), ("O", 0.8), ("O", 0.99)], [("O", 0.9)] * 3]
    (wrong,) = mistakes(rows, guesses)
    assert (wrong["label"], wrong["predicted"], wrong["score"]) == ("PER (words 1–2)", "PER (words 1–1)", 0.8)
    truth = [tags for _, tags in rows]
    assert intervals(truth, truth) == {"accuracy": [1.0, 1.0], "f1": [0.0, 1.0]}


def test_tags_are_read_from_cells_that_hold_lists_as_text(tmp_path):
    from tools.finetune.tasks.token_classification import sentences

    words, tags = ["Ann", "'s", "lives"], ["B-PER", "O", "O"]
    written = [(json.dumps(words), json.dumps(tags)), (str(words), str(tags)), (" ".join(words), "B-PER O O")]
    broken = [("['Ann' 'lives", "['B-PER'"), ("[Ann lives]", "[B-PER O]")]
    data = write_csv(tmp_path / "t.csv", written + broken, ("tokens", "tags"))
    found, uneven = sentences(read_table(data), "tokens", "tags")
    assert found == [(words, tags)] * 3 and uneven == 2
    marked = [("Ann lives", str([{"start": 0, "end": 3, "label": "PER"}]))] * 2
    data = write_csv(tmp_path / "s.csv", marked, ("text", "spans"))
    assert sentences(read_table(data), "text", "spans")[0] == [(["Ann", "lives"], ["B-PER", "O"])] * 2


def test_tags_that_are_numbers_are_refused(tmp_path):
    rows = [{"tokens": ["Ann", "lives", f"here{n}"], "ner_tags": [1, 0, 0]} for n in range(8)]
    data = tmp_path / "numbers.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(BadData, match="numbers"):
        make_plan(FinetuneSpec(data, "m"))


STRICT = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('turns') }}{% endif %}"
    "{{ m.role }}: {{ m.content }} {% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
)


def test_conversations_are_told_in_strict_turns_where_the_chat_template_wants_them(tmp_path):
    base = tiny_gpt(tmp_path / "gpt")
    words = tokenizer()
    words.chat_template = STRICT
    words.save_pretrained(base)
    turns = [("system", "please help"), ("user", "my card"), ("user", "is lost"), ("assistant", "late order")]
    chats = [[{"role": role, "content": f"{text} {WORDS[n]}"} for role, text in turns] for n in range(12)]
    chats.append([{"role": role, "content": "you can not"} for role in ("assistant", "user", "assistant")])
    data = tmp_path / "chats.jsonl"
    data.write_text("\n".join(json.dumps({"messages": chat}) for chat in chats))
    spec = FinetuneSpec(data, "m", str(base), base, method="full", epochs=1)
    outcome = train(spec, tmp_path / "model", tmp_path / "work", lambda progress: None)
    assert "1 conversations are left out: the base model's chat template" in " ".join(outcome["warnings"])
    data.write_text("\n".join(json.dumps({"messages": chats[-1]}) for _ in range(8)))
    with pytest.raises(BadData, match="takes none of the conversations"):
        train(spec, tmp_path / "none", tmp_path / "other", lambda progress: None)


def test_what_stands_before_an_answer_is_read_and_not_learned():
    from tools.finetune.conversations import TEMPLATE, tokenize

    words = tokenizer()
    words.chat_template = TEMPLATE
    talk = [
        ("system", "help"),
        ("user", "my card"),
        ("assistant", "late"),
        ("user", "where"),
        ("assistant", "bank"),
    ]
    row = tokenize(words, [{"role": role, "content": text} for role, text in talk], 99)
    learned = [each for each, label in zip(row["input_ids"], row["labels"], strict=True) if label >= 0]
    assert words.convert_ids_to_tokens(learned) == ["late", "[SEP]", "bank", "[SEP]"]
    assert "help" in words.decode(row["input_ids"]) and "where" in words.decode(row["input_ids"])


def test_calls_of_tools_and_empty_answers_are_not_learned():
    import pandas

    from tools.finetune.conversations import conversations

    asked, call = {"role": "user", "content": "hi"}, [{"function": {"name": "look"}}]
    fine = [asked, {"role": "assistant", "content": "hello", "tool_calls": []}]
    left_out = [
        [
            asked,
            {"role": "assistant", "content": "", "tool_calls": call},
            {"role": "tool", "content": "3"},
            fine[1],
        ],
        [asked, {"role": "assistant", "content": "I look", "function_call": call[0]}, asked, fine[1]],
        [asked, {"role": "function", "content": "3"}, fine[1]],
        [asked, {"role": "assistant", "content": " "}],
        [asked, fine[1], asked, {"role": "assistant", "content": ""}],
    ]
    table = pandas.DataFrame({"c": [fine, str(fine), *left_out]}, dtype=object)
    expected = [asked, {"role": "assistant", "content": "hello"}]
    assert conversations(table, "c", None) == [expected, expected]
    replies = pandas.DataFrame({"q": ["hi", "ho"], "a": ["hello", " "]}, dtype=object)
    assert len(conversations(replies, "q", "a")) == 1
