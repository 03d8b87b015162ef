"""Models that give no labels, measured on new data beside their bases."""

import json
import shutil
from pathlib import Path

import pytest

from tests.tools.tiny_models import sentences, task_data, tiny_bert, write_csv
from tools.errors import BadArgument, BadData, NotFound, WorkFailed
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
from tools.serving.evaluate import compare, evaluate, stored_evaluation
from tools.serving.predictor import Predictor, load
from tools.workspace import ModelEntry

pytestmark = pytest.mark.usefixtures("one_thread")


def trained(folder: Path, task: str, base: Path, data: Path, held: Path, **wishes) -> tuple[Predictor, dict]:
    """A model whose training was measured on a file of its own, and what its training told."""
    spec = FinetuneSpec(
        data, "mine", "tiny", base, task, "full", epochs=2, learning_rate=5e-3, test_data=held, **wishes
    )
    result = train(spec, folder / "mine", folder / "work", lambda progress: None)
    return load(folder / "mine", "cpu"), result


def same_as_in_training(predictor: Predictor, result: dict, found: dict) -> None:
    """The figures, those of the base, and the intervals are those of the training's report."""
    assert found["metrics"] == pytest.approx(result["metrics"], abs=2e-3)
    assert set(found["baseline"]) == set(result["baseline"])
    for name, values in result["baseline"].items():
        assert found["baseline"][name] == pytest.approx(values, abs=2e-3)
    stored = stored_evaluation(predictor.folder)
    assert found["intervals"].keys() == stored["intervals"].keys()
    for name, (low, high) in found["intervals"].items():
        assert low <= found["metrics"][name] <= high
    assert found["per_class"] == {} and found["confusion"] == {"labels": [], "matrix": []}
    assert json.loads(json.dumps(found)) == found


@pytest.fixture(scope="module")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> tuple[Predictor, dict, Path]:
    folder = tmp_path_factory.mktemp("embedding")
    rows = sentences(90)
    other = [(text, "money" if n % 5 else label) for n, (text, label) in enumerate(rows[60:])]  # hard to find
    held = write_csv(folder / "held.csv", other)
    return *trained(
        folder, "embedding", tiny_bert(folder / "base"), write_csv(folder / "data.csv", rows[:60]), held
    ), held


def test_vectors_are_measured_as_in_their_training(embedding, tmp_path):
    predictor, result, held = embedding
    said = []
    report = tmp_path / "report.html"
    found = evaluate(predictor, {}, held, report=report, progress=said.append)
    same_as_in_training(predictor, result, found)
    assert found["warnings"] == [] and found["text_column"] == "text"
    worst = found["examples"][0]
    assert worst["place"] > 1 and worst["partner"] != worst["nearest"]
    assert worst == stored_evaluation(predictor.folder)["examples"][0]
    page = report.read_text()
    assert (
        "frozen encoder" in page
        and "95 % interval" in page
        and worst["nearest"] in page
        and "Worst misses" in page
    )
    assert "Confusion" not in page and [each["kind"] for each in found["artifacts"]] == ["report"]
    assert {now.message for now in said} == {"Measuring the model", "Measuring its base"}
    assert any(now.step == now.steps for now in said)


def test_pairs_with_scores_are_ranked_and_the_rest_is_told(embedding, tmp_path, monkeypatch):
    predictor, _, _ = embedding
    words = [text for text, _ in sentences(40, seed=3)]
    rows = [(text, f"{text} please", 5.0 - n % 5) for n, text in enumerate(words)]
    data = write_csv(tmp_path / "sts.csv", [*rows, ("", "alone", 5.0)], ("sentence1", "sentence2", "score"))
    found = evaluate(predictor, {}, data)
    assert found["metrics"]["rows"] == 16 and found["metrics"]["scored_pairs"] == 40
    low, high = found["intervals"]["spearman"]
    assert low <= found["metrics"]["spearman"] <= high
    assert "spearman" in found["baseline"]["frozen_encoder"]
    assert "24 pairs below 4 by column score are left out." in found["warnings"]
    monkeypatch.setattr("tools.serving.measured_vectors.MOST", 20)
    fewer = evaluate(predictor, {}, data)
    assert fewer["metrics"]["rows"] == 16 and fewer["metrics"]["scored_pairs"] == 20
    assert "Measured on 20 rows, drawn from 40." in fewer["warnings"]
    assert "1 rows without a text or a label are left out." in found["warnings"]


def test_pairs_triplets_and_few_texts_a_label_are_read_as_what_they_are(embedding, tmp_path):
    predictor, _, held = embedding
    words = [text for text, _ in sentences(30, seed=4)]
    pairs = [(text, f"{text} please", f"{text} today") for text in words]
    for name, width, head in (
        ("pairs", 2, ("q1", "q2")),
        ("triplets", 3, ("anchor", "positive", "negative")),
    ):
        data = write_csv(tmp_path / f"{name}.csv", [row[:width] for row in pairs], head)
        found = evaluate(predictor, {}, data)
        assert found["metrics"]["rows"] == 30 and found["label_column"] == head[1]
    labels = [
        *"aabbc",
        *"defghij",
    ]  # more labels than half the rows: they look like pairs, but the model knows better
    few = write_csv(tmp_path / "few.csv", list(zip(words, labels, strict=False)))
    found = evaluate(predictor, {}, few)
    assert found["metrics"]["rows"] == 4
    assert found["warnings"] == ["8 texts are left out: each is the only one of its label."]
    learned = evaluate(predictor, {}, held.with_name("data.csv"))["warnings"]
    assert learned == [
        "mine was trained on data.csv: most of its rows are learned already, and the figures flatter."
    ]


def test_a_base_that_is_gone_is_told(embedding, tmp_path):
    _, _, held = embedding
    folder = shutil.copytree(embedding[0].folder, tmp_path / "mine")
    (folder / "lineage.json").unlink()

    def gone(name: str) -> Path:
        raise NotFound(f"There is no base model {name}.", "")

    for bases in (
        None,
        gone,
        lambda name: folder,
        lambda name: tmp_path / "nowhere",
        lambda name: "owner/name",
    ):
        found = evaluate(load(folder, "cpu"), {}, held, bases=bases)
        assert found["baseline"] == {} and found["metrics"]["mrr"] > 0
        assert found["warnings"] == [
            "The base model tiny is gone or damaged, so nothing is measured beside it."
        ]


def test_files_that_do_not_fit_are_explained(embedding, tmp_path):
    predictor, _, _ = embedding
    words = [text for text, _ in sentences(24)]
    rows = list(zip(words[::3], words[1::3], words[2::3], strict=True))
    wrong = write_csv(tmp_path / "wrong.csv", rows, ("text", "lable", "note"))
    with pytest.raises(BadArgument, match=r"no column label in wrong.csv") as error:
        evaluate(predictor, {}, wrong)
    assert error.value.hint == "Did you mean lable?"
    for rows, message in (
        ([], "no rows"),
        ([("my card", ""), ("a loan", "")] * 3, "column label|no two groups"),
        ([("my card", "a"), ("a loan", "a")], "no two groups"),
    ):
        with pytest.raises((BadData, BadArgument), match=message):
            evaluate(predictor, {}, write_csv(tmp_path / "bad.csv", rows))


def test_what_was_measured_is_compared(embedding):
    predictor, result, _ = embedding
    entries = [
        ModelEntry(name, "embedding", "tiny", "full", predictor.folder, metrics=metrics)
        for name, metrics in (("base", result["baseline"]["frozen_encoder"]), ("mine", result["metrics"]))
    ]
    found = compare(entries)
    assert "mrr" in found["why"]
    assert found["best"] == max(entries, key=lambda entry: entry.metrics["mrr"]).name


def test_an_engine_is_measured_as_it_serves(embedding):
    predictor, _, held = embedding
    pytest.importorskip("openvino")
    served = load(predictor.folder, "cpu", engine="openvino")
    plain, found = evaluate(predictor, {}, held)["metrics"], evaluate(served, {}, held)["metrics"]
    assert found == pytest.approx(plain, abs=0.05)


def parted(folder: Path, task: str) -> tuple[Path, Path, Path]:
    """A base model, data, and rows that are held out."""
    base, data = task_data(task, folder)
    head, lines = ["text"] * (task == "masked-lm"), data.read_text().splitlines()[task == "masked-lm" :]
    held = data.with_stem("held")
    held.write_text("\n".join(head + lines[48:]) + "\n")
    data.write_text("\n".join(head + lines[:48]) + "\n")
    return base, data, held


def test_masked_words_are_measured_as_in_the_training(tmp_path):
    base, data, held = parted(tmp_path, "masked-lm")
    first, _ = trained(tmp_path / "first", "masked-lm", base, data, held)  # a base that names words
    predictor, result = trained(tmp_path, "masked-lm", first.folder, data, held)
    found = evaluate(predictor, {}, held, report=tmp_path / "r.html")
    same_as_in_training(predictor, result, found)
    assert set(found["baseline"]) == {"word_frequencies", "base_model"}
    assert evaluate(predictor, {}, held)["metrics"] == found["metrics"]  # the same masks each time
    page = (tmp_path / "r.html").read_text()
    assert "word frequencies" in page and "perplexity" in page
    shutil.rmtree(first.folder)
    again = evaluate(predictor, {}, held)
    assert set(again["baseline"]) == {"word_frequencies"} and "gone or damaged" in again["warnings"][-1]
    empty = write_csv(tmp_path / "empty.csv", [("", "x")] * 3, ("text", "other"))
    with pytest.raises(BadData, match="holds no texts"):
        evaluate(predictor, {}, empty)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Predictor, dict, Path]:
    folder = tmp_path_factory.mktemp("writer")
    base, data, held = parted(folder, "text-generation")
    made = trained(folder, "text-generation", base, data, held)
    return load(made[0].folder, "cpu", engine="torch"), made[1], held


def test_answers_are_measured_as_in_the_training(writer, tmp_path):
    predictor, result, held = writer
    said = []
    found = evaluate(predictor, {}, held, report=tmp_path / "r.html", progress=said.append)
    same_as_in_training(predictor, result, found)
    assert set(found["baseline"]) == {"word_frequencies", "base_model"}
    stored = stored_evaluation(predictor.folder)["examples"]
    assert (
        found["examples"] == stored and [set(each) for each in stored] == [{"question", "wanted", "got"}] * 5
    )
    assert all(each["wanted"].split()[1] == "help" for each in stored)
    for page in (tmp_path / "r.html", predictor.folder / "report.html"):
        assert (
            "Some answers" in page.read_text()
            and "<th>wanted</th>" in page.read_text()
            and stored[0]["question"] in page.read_text()
        )
    assert {each.message for each in said} == {
        "Measuring the model",
        "Writing some answers",
        "Measuring its base",
    }


def test_prompts_with_replies_are_measured_too_and_what_is_left_out_is_told(writer, tmp_path):
    predictor, _, _ = writer
    rows = [(f"{text} today", f"{label} help {label}") for text, label in sentences(12, seed=5)]
    long = (" ".join(["card"] * 70), "no answer is seen")
    data = write_csv(tmp_path / "pairs.csv", [*rows, ("no reply", ""), long], ("prompt", "completion"))
    found = evaluate(predictor, {}, data)
    assert found["metrics"]["rows"] == 12 and found["text_column"] == "prompt"
    assert "1 rows are left out: no question with an answer was found in them." in found["warnings"]
    assert "1 conversations are left out: their answers begin beyond 64 tokens." in found["warnings"]
    unlabelled = write_csv(tmp_path / "bare.csv", [(text,) for text, _ in rows], ("prompt",))
    with pytest.raises(BadData, match=r"No row of bare.csv holds a question and an answer"):
        evaluate(predictor, {}, unlabelled)


def test_a_writer_on_another_engine_is_measured_from_its_weights(writer, monkeypatch):
    predictor, result, held = writer
    elsewhere = Predictor(predictor.folder, predictor.info, object())  # as where vLLM or OpenVINO writes
    assert evaluate(elsewhere, {}, held)["metrics"] == pytest.approx(result["metrics"], abs=2e-3)
    monkeypatch.setattr("tools.serving.measured_language.free_memory", lambda: 1_000)
    with pytest.raises(WorkFailed, match=r"Measuring mine takes 0.3 GB of memory"):
        evaluate(elsewhere, {}, held)
    found = evaluate(predictor, {}, held)  # is in memory already; its base is not
    assert "base_model" not in found["baseline"]
    assert found["warnings"][-1].startswith("The base model tiny is not measured: Measuring tiny takes")


def test_of_many_rows_some_are_drawn(writer, monkeypatch):
    predictor, _, held = writer
    monkeypatch.setattr("tools.serving.measured_language.MOST_TALKS", 7)
    found = evaluate(predictor, {}, held)
    assert found["metrics"]["rows"] == 7 and "Measured on 7 rows, drawn from 12." in found["warnings"]
    assert evaluate(predictor, {}, held)["metrics"] == found["metrics"]


def test_sample_answers_end_with_their_time(writer):
    from tools.data.read import read_table
    from tools.finetune.conversations import conversations
    from tools.finetune.samples import samples

    predictor, _, held = writer
    talks = conversations(read_table(held), "messages", None)
    model = predictor.model
    whole = samples(model.model, model.tokenizer, talks[:2], 64)
    cut = samples(model.model, model.tokenizer, talks[:2], 64, seconds=0)
    assert len(whole) == len(cut) == 2 and all(each["got"].endswith(" …") for each in cut)
    assert all(len(each["got"].split()) <= 2 for each in cut), cut
    assert max(len(each["got"].split()) for each in whole) > 2, whole
    assert samples(model.model, model.tokenizer, talks, 2) == []
    alone = [samples(model.model, model.tokenizer, [talk], 64)[0] for talk in talks[:2]]
    assert alone == whole  # padding is not read


def test_an_answer_that_opens_a_conversation_is_no_sample():
    from tools.finetune.samples import samples

    opening = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}]
    assert samples(None, None, [opening] * 3, 100) == []


def test_a_base_that_the_memory_does_not_hold_is_not_called_damaged(embedding):
    import torch

    from tools.finetune.progress import Reporter
    from tools.serving.beside import Beside

    def measure(folder):
        raise torch.OutOfMemoryError("CUDA out of memory")

    found, [said] = Beside(embedding[0], None, Reporter(lambda now: None)).measured(measure)
    assert (
        found is None and said == "The memory does not hold the base model tiny too, which is not measured."
    )


def test_a_base_that_was_made_anew_at_its_place_is_no_base(embedding, tmp_path):
    from safetensors.torch import load_file, save_file

    predictor, result, held = embedding
    base = shutil.copytree(held.with_name("base"), tmp_path / "base")
    folder = shutil.copytree(predictor.folder, tmp_path / "mine")
    lineage = json.loads((folder / "lineage.json").read_text())
    lineage[0]["base_path"] = str(base)
    (folder / "lineage.json").write_text(json.dumps(lineage))
    (base / "engine.json").write_text("{}")  # what comes beside the weights changes no base
    found = evaluate(load(folder, "cpu"), {}, held)
    assert found["baseline"]["frozen_encoder"] == pytest.approx(
        result["baseline"]["frozen_encoder"], abs=2e-3
    )
    weights = load_file(base / "model.safetensors")
    other = {name: each * 1.5 for name, each in weights.items()}
    save_file(other, base / "model.safetensors", {"format": "pt"})
    for bases in (None, lambda name: base):
        found = evaluate(load(folder, "cpu"), {}, held, bases=bases)
        assert found["baseline"] == {} and found["metrics"]["mrr"] > 0
        assert found["warnings"] == [
            "The base model tiny was changed since the training, so nothing is measured beside it."
        ]
    del lineage[0]["base_sha256"]  # of an earlier program
    (folder / "lineage.json").write_text(json.dumps(lineage))
    assert evaluate(load(folder, "cpu"), {}, held)["baseline"]


def test_a_base_needs_room_for_the_numbers_that_it_is_read_as(writer, tmp_path, monkeypatch):
    import torch
    from safetensors.torch import load_file, save_file

    from tools.memory import SPARE
    from tools.models.placement import numbers, weights

    predictor, _, held = writer
    base = shutil.copytree(held.with_name("base"), tmp_path / "base")
    file = base / "model.safetensors"
    halves = {name: each.to(torch.bfloat16) for name, each in load_file(file).items()}
    save_file(halves, file, {"format": "pt"})
    size = numbers(base) * 4
    assert size == sum(each.numel() for each in halves.values()) * 4 > 1.5 * weights(base)
    folder = shutil.copytree(predictor.folder, tmp_path / "mine")
    (folder / "lineage.json").unlink()
    mine = load(folder, "cpu", engine="torch")
    for free, told in ((SPARE + size, False), (SPARE + size - 1, True)):
        monkeypatch.setattr("tools.serving.measured_language.free_memory", lambda free=free: free)
        found = evaluate(mine, {}, held, bases=lambda name: base)
        assert ("base_model" not in found["baseline"]) == told, found["warnings"]
