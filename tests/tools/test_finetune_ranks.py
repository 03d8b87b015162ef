"""Two processes that train one model (torchrun, gloo): the same steps and losses as one, and no second model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.tiny_models import sentences, task_data, write_csv
from tools.finetune.run import train
from tools.finetune.spec import FinetuneSpec

pytestmark = pytest.mark.usefixtures("one_thread")
ROOT = Path(__file__).parents[2]
WHOLE = 96  # a batch that holds all rows, so that the order does not matter
SAME = {  # name: task, method, what else; their first losses are the same in one process and in two
    "classes": ("text-classification", "full", {"batch_size": WHOLE, "epochs": 2}),
    "vectors": ("embedding", "full", {"batch_size": 48, "epochs": 2}),
    "answers": ("text-generation", "lora", {"batch_size": WHOLE, "epochs": 1}),
}
OTHERS = {
    "ranks": ("text-classification", "adalora", {"batch_size": 16, "epochs": 4}),
    "search": ("text-classification", "full", {"batch_size": 16, "epochs": 1, "search": 0.2}),
    "unlabeled": (
        "text-classification",
        "few-shot",
        {"batch_size": 16, "epochs": 0.2, "unlabeled": "more.csv"},
    ),
    "head": ("text-classification", "head", {}),
}


def wish(folder: Path, name: str) -> FinetuneSpec:
    """A spec with data and a base model without dropout."""
    task, method, more = (SAME | OTHERS)[name]
    folder = folder / name
    folder.mkdir()
    base, data = task_data(task, folder)
    if name == "classes":  # so many that some are held out to choose by
        data = write_csv(folder / "many.csv", sentences(120))
    config = json.loads((base / "config.json").read_text())
    still = {key: 0.0 for key in config if "dropout" in key and isinstance(config[key], float)}
    (base / "config.json").write_text(json.dumps(config | still))
    if "unlabeled" in more:
        texts = [(text,) for text, _ in sentences(120, seed=3)]
        more = more | {"unlabeled": write_csv(folder / "more.csv", texts, ("text",))}
    return FinetuneSpec(
        data, name, "tiny", base, task=task, method=method, **({"learning_rate": 1e-3} | more)
    )


@pytest.fixture(scope="module")
def group(tmp_path_factory) -> Path:
    """Where two processes have trained everything."""
    folder = tmp_path_factory.mktemp("group")
    cases = {name: wish(folder, name).as_dict() for name in SAME | OTHERS}
    (folder / "cases.json").write_text(json.dumps(cases))
    words = [
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        ROOT / "tests/tools/two_processes.py",
    ]
    done = subprocess.run(
        [sys.executable, "-m", *words, folder / "cases.json"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


def noted(folder: Path, name: str) -> list[dict]:
    return [json.loads((folder / name / f"process-{rank}.json").read_text()) for rank in (0, 1)]


def curve(model: Path) -> list[dict]:
    return json.loads((model / "evaluation.json").read_text())["curve"]


@pytest.mark.parametrize("name", [*SAME, *OTHERS])
def test_one_process_of_two_brings_the_model(group: Path, name: str):
    first, second = noted(group, name)
    assert first["world"] == second["world"] == 2
    assert first["result"]["metrics"]["rows"] > 0
    assert (second["result"], second["told"]) == ({}, 0)
    assert first["told"] > 3
    assert (group / name / "model" / "report.html").exists()
    assert not (group / name / "work" / "checkpoints").exists()


@pytest.mark.parametrize("name", SAME)
def test_two_processes_take_the_steps_of_one(group: Path, name: str, tmp_path: Path):
    train(wish(tmp_path, name), tmp_path / "model", tmp_path / "work", lambda _: None)
    alone, together = curve(tmp_path / "model"), curve(group / name / "model")
    assert len(alone) > 1
    assert together == [pytest.approx(point, rel=0.03) for point in alone]


def test_each_row_is_read_once_an_epoch_by_one_of_them(group: Path):
    shares = [json.loads((group / "shares" / f"read-{rank}.json").read_text()) for rank in (0, 1)]
    assert [len(batches) for batches in shares] == [18, 18]  # 48 rows, 8 a step, 3 epochs
    assert all(len(batch) == 4 for batches in shares for batch in batches)
    for epoch in range(3):
        rows = [at for batches in shares for batch in batches[6 * epoch : 6 * epoch + 6] for at in batch]
        assert sorted(rows) == list(range(48))
