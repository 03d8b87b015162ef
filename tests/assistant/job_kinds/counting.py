"""A job that counts, for tests: slow, resumable, and able to go wrong in chosen ways."""

import os
import time
from pathlib import Path
from typing import Any

from assistant.jobs.work import Work
from tools.finetune.progress import Progress


def run(work: Work) -> dict[str, Any]:
    """Count to ``spec["to"]``, noting each number in a checkpoint; go wrong at number ``spec["at"]``."""
    checkpoint = work.folder / "counted"
    begun = int(checkpoint.read_text()) if checkpoint.exists() else 0
    with (work.folder / "begun").open("a") as file:
        file.write(f"{begun} {os.getpid()} {os.nice(0)} {os.environ['OMP_WAIT_POLICY']}\n")
    to = work.spec["to"]
    for number in range(begun + 1, to + 1):
        time.sleep(work.spec.get("pause", 0.02))
        if number == work.spec.get("at"):
            fault(work.spec["fault"])
        work.progress(
            Progress(
                step=number,
                steps=to,
                message="Counting",
                loss=1 / number,
                validation_loss=None,
                eta_seconds=1.0,
            )
        )
        checkpoint.write_text(str(number))
    return {"counted": to, "metrics": {"accuracy": 1.0}}


def fault(name: str) -> None:
    if name == "full":
        Path("/dev/full").write_text("a checkpoint")  # the kernel answers as a full disk does
    if name == "memory":
        raise MemoryError
    if name == "bug":
        raise RuntimeError("mail ann@example.com about it")
    if name == "long":
        time.sleep(60)
    if name == "kill":
        os.kill(os.getpid(), 9)
