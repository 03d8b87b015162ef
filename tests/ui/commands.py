"""Commands run as a user runs them: in this process where that will do, in their own where it matters."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ui.cli.door import run


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, which must be one JSON document and nothing else."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """Its one line on stderr."""
        assert self.out == ""
        assert self.err.startswith("error: ") and self.err.count("\n") == 1, self.err
        return self.err.removeprefix("error: ").strip()


def here(capfd: Any, *args: str) -> Ran:
    """Run a command in this process."""
    from assistant.settings import settings

    settings.cache_clear()
    capfd.readouterr()
    code = run(args)
    said = capfd.readouterr()
    settings.cache_clear()
    return Ran(code, said.out, said.err)


def apart(home: Path, *args: str, stdin: str | bytes = "") -> Ran:
    """Run a command in a process of its own."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    env = os.environ | {"ASSISTANT_HOME": str(home), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "ui.cli", *args]
    done = subprocess.run(command, input=given, capture_output=True, env=env, cwd=Path.cwd(), timeout=240)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def typed(text: str | bytes) -> io.TextIOWrapper:
    """A stdin that holds this."""
    return io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else text.encode()))
