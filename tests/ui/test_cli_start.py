"""How soon the commands answer, and what they must not load for it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ui.commands import apart

ROOT = Path(__file__).parents[2]
HEAVY = (
    *(
        "torch",
        "transformers",
        "peft",
        "captum",
        "sklearn",
        "spacy",
        "presidio_analyzer",
        "faiss",
        "numpy",
        "pandas",
    ),
    *(
        "gradio",
        "fastapi",
        "langchain",
        "langchain_core",
        "langgraph",
        "sqlalchemy",
        "pydantic_settings",
        "structlog",
    ),
    *("matplotlib", "rich"),
)


@pytest.mark.parametrize("args", [["--help"], ["jobs", "--help"], ["finetune", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\nfrom ui.cli.door import run\n"
        f"code = run({args})\n"
        f"found = [name for name in {list(HEAVY)} if name in sys.modules]\n"
        "assert not found, found\nassert code == 0, code"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "Usage: assistant" in done.stdout


def test_help_is_quick() -> None:
    """0.3 s on a free machine; the best of some tries in processor time, so that a busy one does not fail it."""

    def seconds() -> float:
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "ui.cli", "--help"], stdout=subprocess.DEVNULL, check=True, cwd=ROOT
        )
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(4)) < 0.6


def test_redact_needs_no_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    home, began = tmp_path / "home", time.monotonic()
    found = apart(home, "redact", "Write to ann@example.com", "--json").json
    assert time.monotonic() - began < 20  # 4 s on a free machine
    assert found["text"] == "Write to <EMAIL_ADDRESS>"
    assert not home.exists()


def test_a_reader_who_leaves_is_no_fault(tmp_path: Path) -> None:
    env = os.environ | {"ASSISTANT_HOME": str(tmp_path)}
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "ui.cli", "jobs", "list"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=env, cwd=ROOT)
    os.close(writing)
    assert done.stderr == b""
