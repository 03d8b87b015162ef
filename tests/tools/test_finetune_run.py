"""Text classification by every method; death, cancelling and full disks on the way."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import numpy
import pytest

from tests.tools.tiny_models import sentences, tiny_bert, write_csv
from tools.errors import BadArgument, BadData, Cancelled, OutOfSpace
from tools.finetune.run import WAYS, _plan, train
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Classifier, find_task

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("base"))


@pytest.fixture
def spec(tmp_path, base):
    data = write_csv(tmp_path / "data.csv", sentences(90))
    return FinetuneSpec(data, "mine", "tiny", base, method="full", epochs=8, learning_rate=5e-3)


def _with(spec, **changes):
    return FinetuneSpec.from_dict(spec.as_dict() | changes)


def quiet(progress):
    pass


@pytest.mark.parametrize("method", ["full", "lora", "dora", "adalora", "head", "few-shot"])
def test_every_method_beats_the_majority(method, spec, tmp_path):
    epochs = {"adalora": 20, "lora": 16, "dora": 16, "few-shot": 2}.get(method, 8)
    result = train(
        _with(spec, method=method, epochs=epochs), tmp_path / "m" / "mine", tmp_path / "work", quiet
    )
    assert result["method"] == method
    assert result["metrics"]["accuracy"] > result["baseline"]["majority"]["accuracy"]
    model = find_task("text-classification").load(tmp_path / "m" / "mine", "cpu")
    assert isinstance(model, Classifier)
    assert model.labels == ["cards", "money", "orders"]
    probabilities = model.predict_proba(["stolen card pin", "late parcel", "fee refund"])
    assert probabilities.shape == (3, 3)
    assert numpy.allclose(probabilities.sum(1), 1, atol=1e-4)
    _explainable(model)


def _explainable(model):
    """What layer integrated gradients need."""
    from captum.attr import LayerIntegratedGradients

    inputs = model.encode(["stolen card pin"])
    gradients = LayerIntegratedGradients(model.module, model.embedding_layer)
    values = gradients.attribute(
        inputs["input_ids"],
        baselines=model.baseline(inputs),
        additional_forward_args=(inputs["attention_mask"],),
        target=0,
        n_steps=4,
    )
    assert values.shape[:2] == inputs["input_ids"].shape
    assert values.abs().sum() > 0


def test_the_kept_adapter_with_adaptive_ranks_is_the_merged_model(spec, base, tmp_path):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from tools.finetune.averaging import add_averaging

    folder = tmp_path / "mine"
    train(_with(spec, method="adalora", epochs=12), folder, tmp_path / "work", quiet)
    ranks = json.loads((folder / "adapter" / "adapter_config.json").read_text())["rank_pattern"]
    assert sum(map(sum, ranks.values())) < sum(map(len, ranks.values()))
    plain = AutoModelForSequenceClassification.from_pretrained(base, num_labels=3)
    add_averaging(plain)
    adapted = PeftModel.from_pretrained(plain, folder / "adapter").eval()
    merged = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)("stolen card pin", return_tensors="pt")
    with torch.inference_mode():
        assert torch.allclose(adapted(**inputs).logits, merged(**inputs).logits, atol=1e-4)


def test_the_folder_is_plain_hugging_face_and_the_report_whole(spec, tmp_path):
    from transformers import pipeline

    result = train(spec, tmp_path / "mine", tmp_path / "work", quiet)
    answer = pipeline("text-classification", model=str(tmp_path / "mine"), device="cpu")("stolen card pin")[0]
    ours = find_task("text-classification").load(tmp_path / "mine", "cpu").predict(["stolen card pin"])[0]
    assert answer["label"] == ours["label"]
    assert answer["score"] == pytest.approx(ours["score"], abs=0.02)
    assert {entry["kind"] for entry in result["artifacts"]} == {
        "calibration",
        "confusion-matrix",
        "curve",
        "report",
    }
    page = (tmp_path / "mine" / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert "95 % interval" in page
    assert "http" not in page.replace("data:image", "").split("<body>")[0]
    stored = json.loads((tmp_path / "mine" / "evaluation.json").read_text())
    assert sum(map(sum, stored["confusion"]["matrix"])) == result["metrics"]["rows"]
    assert set(stored["per_class"]) == {"cards", "money", "orders"}


def test_the_same_seed_gives_the_same_model(spec, tmp_path):
    first, second = (
        train(_with(spec, epochs=2), tmp_path / name / "mine", tmp_path / f"{name}-work", quiet)
        for name in "ab"
    )
    assert first["metrics"] == second["metrics"]
    models = [find_task("text-classification").load(tmp_path / name / "mine", "cpu") for name in "ab"]
    assert numpy.allclose(*(m.predict_proba(["late card"]) for m in models), atol=1e-5)


def test_a_test_file_is_what_is_measured_on(spec, tmp_path):
    test = write_csv(tmp_path / "test.csv", [*sentences(12, seed=9), ("late parcel", "unheard of")])
    result = train(
        _with(spec, method="head", test_data=str(test)), tmp_path / "mine", tmp_path / "work", quiet
    )
    assert result["metrics"]["rows"] == 13
    assert result["metrics"]["accuracy"] < 1


def test_transfer_from_an_earlier_model(spec, tmp_path):
    train(_with(spec, epochs=1), tmp_path / "first", tmp_path / "work", quiet)
    other = write_csv(
        tmp_path / "other.csv", [(text, label[0]) for text, label in sentences(60, 5) if label != "money"]
    )
    wish = _with(spec, epochs=1, data=str(other), base="first", base_path=str(tmp_path / "first"))
    assert train(wish, tmp_path / "second", tmp_path / "work2", quiet)["metrics"]["rows"] > 0
    assert find_task("text-classification").load(tmp_path / "second", "cpu").labels == ["c", "o"]


def test_cancelling_stops_at_once_and_leaves_nothing_half_made(spec, tmp_path):
    def stop(progress):
        if progress.loss is not None:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        train(spec, tmp_path / "models" / "mine", tmp_path / "work", stop)
    assert list((tmp_path / "models").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec
import json
spec = FinetuneSpec.from_dict(json.loads(sys.argv[1]))
work = Path(sys.argv[3])
def progress(p):
    if p.step >= 9 and list(work.glob("checkpoints/checkpoint-*/trainer_state.json")):
        os.kill(os.getpid(), signal.SIGKILL)
train(spec, Path(sys.argv[2]), work, progress)
"""


def test_a_killed_run_goes_on_from_its_last_checkpoint(spec, tmp_path):
    spec = _with(spec, batch_size=16)
    output, work = tmp_path / "models" / "mine", tmp_path / "work"
    call = [sys.executable, "-c", KILLED, json.dumps(spec.as_dict()), str(output), str(work)]
    assert subprocess.run(call, env=os.environ).returncode == -signal.SIGKILL
    assert not output.exists()
    assert len(list(work.glob("checkpoints/checkpoint-*"))) <= 2
    (work / "checkpoints" / "checkpoint-9999").mkdir()  # one that the kill left half written
    said = []
    (work / "seconds").write_text("1000.0")  # as long as the killed one took
    result = train(spec, output, work, said.append)
    assert 1000 < result["seconds"] < 1300
    steps = [p.step for p in said if p.message == "Training"]
    assert steps[0] > 0
    assert max(steps) > steps[0]
    assert output.is_dir()
    assert not (work / "checkpoints").exists()
    assert train(spec, output, work, said.append) == result


@pytest.mark.parametrize(("method", "step"), [("lora", 9), ("adalora", 30)])
def test_a_stopped_adapter_run_goes_on_from_its_last_checkpoint(method, step, spec, tmp_path):
    spec = _with(spec, method=method, batch_size=16)
    work = tmp_path / "work"

    def stop(progress):
        if progress.step >= step and list(work.glob("checkpoints/checkpoint-*/trainer_state.json")):
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        train(spec, tmp_path / "mine", work, stop)
    said = []
    train(spec, tmp_path / "mine", work, said.append)
    assert next(p.step for p in said if p.message == "Training") > 0


def test_a_full_disk_is_named_and_the_run_can_go_on(spec, tmp_path, monkeypatch):
    from transformers import Trainer

    real = Trainer._save_checkpoint

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Trainer, "_save_checkpoint", full)
    with pytest.raises(OutOfSpace, match="disk is full"):
        train(spec, tmp_path / "mine", tmp_path / "work", quiet)
    assert not (tmp_path / "mine").exists()
    monkeypatch.setattr(Trainer, "_save_checkpoint", real)
    assert train(spec, tmp_path / "mine", tmp_path / "work", quiet)["metrics"]["rows"] > 0


def test_a_name_that_is_taken(spec, tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(BadArgument, match="already"):
        train(spec, tmp_path / "mine", tmp_path / "work", quiet)


def test_a_model_that_loses_to_the_frozen_encoder_says_so(spec, tmp_path):
    result = train(_with(spec, epochs=1, learning_rate=0.1), tmp_path / "mine", tmp_path / "work", quiet)
    assert result["metrics"]["accuracy"] < result["baseline"]["frozen_encoder"]["accuracy"]
    (warning,) = [each for each in result["warnings"] if "worse" in each]
    assert "use the method head" in warning
    assert warning in (tmp_path / "mine" / "report.html").read_text()


def test_what_is_measured_for_a_head_is_what_the_loaded_model_says(spec, tmp_path):
    test = sentences(30, seed=9)
    file = str(write_csv(tmp_path / "test.csv", test))
    wish = _with(spec, method="head", test_data=file)
    result = train(wish, tmp_path / "mine", tmp_path / "work", quiet)
    model = find_task("text-classification").load(tmp_path / "mine", "cpu")
    told = [entry["label"] for entry in model.predict([text for text, _ in test])]
    right = sum(label == truth for label, (_, truth) in zip(told, test, strict=True))
    assert right / 30 == pytest.approx(result["metrics"]["accuracy"], abs=0.035)
    assert not any("worse" in warning for warning in result["warnings"])


@pytest.mark.parametrize(
    ("metrics", "baseline", "method", "head", "said"),
    [
        ({"accuracy": 0.8}, {"frozen_encoder": {"accuracy": 0.9}}, "full", True, "use the method head"),
        ({"accuracy": 0.8}, {"frozen_encoder": {"accuracy": 0.9}}, "head", True, None),
        ({"accuracy": 0.9}, {"frozen_encoder": {"accuracy": 0.9}}, "full", True, None),
        ({"perplexity": 9.0, "loss": 2.2}, {"base_model": {"perplexity": 7.0}}, "lora", False, "base model"),
        ({"perplexity": 5.0, "loss": 1.6}, {"base_model": {"perplexity": 7.0}}, "lora", False, None),
        ({"f1": 0.5, "accuracy": 0.9}, {"majority": {"f1": 0, "accuracy": 0.95}}, "full", False, None),
    ],
)
def test_which_baselines_are_warned_of(metrics, baseline, method, head, said):
    from tools.finetune.baselines import worse

    found = worse(metrics, baseline, method, head)
    assert bool(found) == bool(said)
    assert said is None or said in found[0]


def test_two_labels_keep_the_probabilities_of_the_regression():
    from tools.finetune.head import regression, weights_of

    vectors = numpy.random.default_rng(0).normal(size=(40, 5)).astype(numpy.float32)
    fitted = regression(vectors, ["b" if row[0] > 0 else "a" for row in vectors])
    weight, bias = weights_of(fitted, ["b", "a"])
    logits = vectors @ weight.T + bias
    ours = numpy.exp(logits) / numpy.exp(logits).sum(1, keepdims=True)
    assert numpy.allclose(ours[:, ::-1], fitted.predict_proba(vectors), atol=1e-5)


@pytest.mark.parametrize("fits", [5, 0])
def test_batches_are_parted_where_the_memory_is_not_enough(spec, tmp_path, monkeypatch, fits):
    import torch
    from transformers import PreTrainedModel

    from tools.errors import WorkFailed
    from tools.finetune import classification

    class SmallMemory(classification.DataCollatorWithPadding):
        def __call__(self, rows):
            if len(rows) > fits and "labels" in rows[0]:
                raise torch.OutOfMemoryError("no more")
            return super().__call__(rows)

    monkeypatch.setattr(classification, "DataCollatorWithPadding", SmallMemory)
    recomputed = []
    enable = PreTrainedModel.activation_checkpointing_enable
    monkeypatch.setattr(
        PreTrainedModel,
        "activation_checkpointing_enable",
        lambda model, **more: recomputed.append(more) or enable(model, **more),
    )
    wish = _with(spec, batch_size=16)
    if not fits:
        with pytest.raises(WorkFailed, match="memory"):
            train(wish, tmp_path / "mine", tmp_path / "work", quiet)
        return
    told = []
    result = train(wish, tmp_path / "mine", tmp_path / "work", lambda progress: told.append(progress.message))
    assert any("4 parts" in message for message in told)
    asked = [more["activation_checkpointing_kwargs"] for more in recomputed]
    assert asked == [{"use_reentrant": False}]  # in quarters, not in halves
    assert result["metrics"]["accuracy"] > 0.9


def test_a_killed_training_goes_on_with_smaller_parts(tmp_path):
    from tools.finetune import parts

    for place in ("checkpoints", "trial-1/checkpoints"):
        (tmp_path / place).mkdir(parents=True)
    parts.halve(tmp_path)
    parts.halve(tmp_path)
    assert [parts.noted(tmp_path / place) for place in ("checkpoints", "trial-1/checkpoints", "gone")] == [
        4,
        4,
        1,
    ]
    assert [parts.even(wanted, 12) for wanted in (1, 4, 5, 16)] == [1, 4, 6, 12]


def test_data_that_was_changed_is_not_gone_on_with(spec, tmp_path):
    def stopped(progress):
        if progress.step:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        train(_with(spec, method="full", epochs=1), tmp_path / "mine", tmp_path / "work", stopped)
    kept, stored = tmp_path / "work" / "plan.json", json.loads((tmp_path / "work" / "plan.json").read_text())
    later = ("data_sha256", "test_sha256")  # plans of earlier programs lack them
    earlier = {key: value for key, value in stored["plan"].items() if key not in (*later, *WAYS)}
    wish = {key: value for key, value in stored["spec"].items() if key not in ("minutes", "one_label")}
    kept.write_text(json.dumps({"spec": wish, "plan": earlier}))
    (tmp_path / "work" / "mark").touch()  # which a new beginning would clear away
    plan = _plan(_with(spec, method="full", epochs=1, cache=str(tmp_path / "cache")), tmp_path / "work")
    assert plan | WAYS == stored["plan"] and (tmp_path / "work" / "mark").exists()
    assert not WAYS.keys() & plan.keys()  # it ends as it began
    kept.write_text(json.dumps(stored))
    with spec.data.open("a") as file:
        file.write("one more row,cards\n")
    with pytest.raises(BadData, match=r"data\.csv was changed since the training began"):
        train(_with(spec, method="full", epochs=1), tmp_path / "mine", tmp_path / "work", quiet)


def test_a_test_file_that_was_changed_is_noticed_too(spec, tmp_path):
    def stopped(progress):
        if progress.step:
            raise Cancelled("stop")

    held = write_csv(tmp_path / "held.csv", sentences(30, seed=5))
    wish = _with(spec, method="full", epochs=1, test_data=str(held))
    with pytest.raises(Cancelled):
        train(wish, tmp_path / "mine", tmp_path / "work", stopped)
    write_csv(held, sentences(40, seed=6))
    with pytest.raises(BadData, match=r"held\.csv was changed since the training began"):
        train(wish, tmp_path / "mine", tmp_path / "work", quiet)


def test_a_folder_that_was_changed_is_another_one(tmp_path):
    from tools.finetune.run import sha256_of

    data, copy = tmp_path / "data", tmp_path / "copy"
    (data / "a").mkdir(parents=True)
    (data / "a" / "1.png").write_bytes(b"one")
    first = sha256_of(data)
    shutil.copytree(data, copy)
    os.utime(copy / "a" / "1.png", (1, 1))
    assert first and first == sha256_of(copy)
    (copy / "a" / "1.png").write_bytes(b"two")
    assert sha256_of(copy) != first
    (data / "a" / "2.png").write_bytes(b"two")
    assert sha256_of(data) != first
    assert sha256_of(tmp_path / "gone") is None


def test_a_stopwatch_goes_on_where_it_was(tmp_path, monkeypatch):
    from tools.finetune import progress

    clock = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    watch = progress.Stopwatch(tmp_path / "seconds")
    for clock[0] in (101.0, 160.0, 161.0):  # the last one is too soon to be noted
        seconds = watch.look()
    assert seconds == 61
    clock[0] = 9.0  # another process, another clock
    watch = progress.Stopwatch(tmp_path / "seconds")
    clock[0] = 19.0
    assert watch.look() == 70
