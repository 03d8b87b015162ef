"""The one folder everything is written to, and how it is written."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import BadSettings, Occupied


@dataclass(frozen=True)
class Home:
    """Where things lie below ``ASSISTANT_HOME``. Folders are made when they are first asked for."""

    root: Path

    def folder(self, name: str) -> Path:
        """A subfolder, made if need be (readable by its owner alone).

        Raises:
            BadSettings: the folder cannot be made.
        """
        path = self.root / name
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BadSettings(
                f"{path} cannot be written: {error.strerror}.", "Set ASSISTANT_HOME to a folder you own."
            ) from error
        return path

    @property
    def database(self) -> Path:
        """The application's SQLite file."""
        return self.folder("") / "assistant.db"

    @property
    def checkpoints(self) -> Path:
        """The conversations' SQLite file."""
        return self.folder("") / "threads.db"

    @property
    def uploads(self) -> Path:
        """Files people gave us."""
        return self.folder("uploads")

    @property
    def models(self) -> Path:
        """Fine-tuned models, a folder each."""
        return self.folder("models")

    @property
    def cache(self) -> Path:
        """What can be made again: converted and downloaded base models."""
        return self.folder("cache")

    @property
    def knowledge(self) -> Path:
        """The knowledge base: documents, chunks and vectors."""
        return self.folder("knowledge")

    @property
    def artifacts(self) -> Path:
        """Pictures and reports that conversations show."""
        return self.folder("artifacts")

    @property
    def jobs(self) -> Path:
        """Working folders and logs of jobs, a folder each."""
        return self.folder("jobs")

    @property
    def logs(self) -> Path:
        """The program's own logs."""
        return self.folder("logs")


def private(path: str, flags: int) -> int:
    """An ``opener`` for :func:`open`: a new file can be read by its owner alone."""
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def exclusive(path: Path, holder: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file for the length of the block; the system lets go of it when the process dies.

    Args:
        path: the lock file.
        holder: what to tell the next one who comes, for example an address.
        wait: wait for the present holder instead of failing.

    Raises:
        Occupied: another process holds it.
    """
    import fcntl

    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise Occupied(
                f"Another process uses this home: {file.read().strip() or 'unknown'}.",
                "Stop it, or set ASSISTANT_HOME to another folder.",
            ) from None
        file.truncate(0)
        file.write(holder)
        file.flush()
        yield
