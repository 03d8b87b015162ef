"""``vllm serve`` as a child process: started, watched, started anew where it dies, and shared by processes of one home.

Who holds the lock file runs it; the others are told its address by a file beside, and take over where the holder dies.
"""

import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from knowledge.atomic import write_atomically
from tools.errors import Unavailable, WorkFailed
from tools.serving.remote import become
from tools.serving.remote.vllm_server import Server

log = logging.getLogger(__name__)

START_SECONDS = 900.0  # weights are read, and graphs are captured
LOOK = 0.25  # seconds between looks
LONGEST_PAUSE = 60.0  # between two attempts
PATIENCE = 10.0  # seconds it has to end
ENVIRONMENT = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "VLLM_NO_USAGE_STATS": "1"}


class Child:
    """One model's server.

    Args:
        command: what starts vLLM, with everything behind ``serve``, without address and port.
        state: the file that tells other processes its address; its lock and its log lie beside it.
    """

    def __init__(self, command: list[str], state: Path):
        self._command, self._state = command, state
        self._lock = FileLock(state.with_suffix(".lock"))
        self._server: Server | None = None
        self._failed, self._changed, self._stop = "", threading.Condition(), threading.Event()
        self.starts, self._began = 0, time.monotonic()
        self._thread = threading.Thread(target=self._watch, name="vllm", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """Since it was first wanted."""
        return time.monotonic() - self._began

    def server(self) -> Server:
        """Where it answers.

        Raises:
            Unavailable: it does not, yet or any more.
        """
        if self._server:
            return self._server
        error = Unavailable(f"vLLM is starting{self._because()}.", "Try again in a moment.")
        error.retry_after = 10
        raise error

    def wait(self, seconds: float = START_SECONDS) -> Server:
        """Where it answers, once it does.

        Raises:
            WorkFailed: it cannot be started.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._server or self._failed, seconds)
        if self._server:
            return self._server
        raise WorkFailed(
            f"vLLM cannot be started{self._because() or f': it is not there after {seconds:.0f} s'}.",
            f"See {self._state.with_suffix('.log')}.",
        )

    def stop(self) -> None:
        """End it, where this process runs it."""
        self._stop.set()
        self._thread.join(PATIENCE + 5)

    def _because(self) -> str:
        return f" ({self._failed})" if self._failed else ""

    def _tell(self, server: Server | None, failed: str = "") -> None:
        with self._changed:
            self._server, self._failed = server, failed
            self._changed.notify_all()

    def _watch(self) -> None:
        """In a thread of its own to the end: the system ends the child with the thread that started it."""
        while not self._stop.is_set():
            try:
                self._lock.acquire(timeout=LOOK)
            except Timeout:
                self._join()
                continue
            try:
                self._run()
            finally:
                self._state.unlink(missing_ok=True)
                self._lock.release()

    def _join(self) -> None:
        """Use the one that another process runs."""
        try:
            found = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._tell(None)
            return
        if self._server is None or self._server.url != found["url"]:
            server = Server(found["url"], found["key"])
            self._tell(server if server.healthy() else None)

    def _run(self) -> None:
        """Keep one running."""
        self._tell(None)  # what another process ran is gone
        pause = 1.0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                why = self._once()
            except OSError as error:
                why = str(error)
            self._state.unlink(missing_ok=True)
            if self._stop.is_set():
                return
            ran = self._server is not None
            if ran and time.monotonic() - began > LONGEST_PAUSE:
                pause = 1.0
            log.warning("vLLM ended (%s); it is started anew in %.0f s", why, pause)
            self._tell(None, "" if ran else why)
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _once(self) -> str:
        """From its start to its end. Returns why it ended."""
        if shutil.which(self._command[0]) is None:
            return f"there is no command {self._command[0]}: install vLLM, or set ASSISTANT_VLLM to a server's address"
        server, process = self._start()
        self.starts += 1
        try:
            deadline = time.monotonic() + START_SECONDS
            while process.poll() is None and not self._stop.is_set():
                if self._server is None and server.healthy():
                    known = json.dumps({"url": server.url, "key": self._key})
                    write_atomically(self._state, known)
                    self._state.chmod(0o600)
                    self._tell(server)
                if self._server is None and time.monotonic() > deadline:
                    return f"it was not ready after {START_SECONDS:.0f} s"
                self._stop.wait(LOOK)
            return f"status {process.poll()}; {self._last_line()}"
        finally:
            _end(process)

    def _start(self) -> "tuple[Server, subprocess.Popen[bytes]]":
        port, self._key = _free_port(), secrets.token_urlsafe(32)
        environment = os.environ | ENVIRONMENT | {"VLLM_API_KEY": self._key}
        command = [*self._command, "--host", "127.0.0.1", "--port", str(port)]
        with self._state.with_suffix(".log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-P", become.__file__, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C is the server's, which ends it in time
            )
        return Server(f"http://127.0.0.1:{port}", self._key), process

    def _last_line(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._state.with_suffix(".log").read_text(errors="replace").strip().splitlines()
            return lines[-1].strip()[:300].rstrip(".") if lines else "it said nothing"
        return "it said nothing"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it and what it started."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
