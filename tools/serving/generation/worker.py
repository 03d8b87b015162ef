"""The process that writes texts: OpenVINO GenAI's continuous batching, fed with tokens line by line.

A process of its own because each step of the library holds Python's lock: within the server, every other thread would
wait for it. What kills it here kills nothing else. :mod:`tools.serving.generation.engine` starts it as a script; it
imports nothing of ours.

It reads JSON lines: ``{"id", "ids", …}`` begins a text, ``{"drop": id}`` ends one. It writes them: ``{"ready"}`` or
``{"failed"}`` first, then for each step ``[[id, tokens, end], …]``, where ``end`` is null while the text goes on.
"""

import contextlib
import json
import os
import select
import sys
from typing import Any

# OpenVINO reports each import and each conversion to its makers, unless this package of theirs is not there.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
ENDS = {"FINISHED": "done", "IGNORED": "memory", "CANCEL": "left", "STOP": "left"}
NEVER = 2**31 - 1  # a token that no model has: one that ends texts must be named


class Inbox:
    """Lines from the other side."""

    def __init__(self, handle: int):
        self._handle, self._rest = handle, b""

    def read(self, wait: bool) -> list[dict[str, Any]] | None:
        """What has come, None once the other side is gone.

        Args:
            wait: until something comes.
        """
        if not select.select([self._handle], [], [], None if wait else 0)[0]:
            return []
        raw = os.read(self._handle, 1 << 20)
        if not raw:
            return None
        *lines, self._rest = (self._rest + raw).split(b"\n")
        return [json.loads(line) for line in lines]


class Texts:
    """The texts that are being written.

    Args:
        wishes: ``weights`` (the GGUF file), ``empty`` (a folder without a tokenizer), ``blocks`` of the cache,
            ``batched`` tokens of a step, ``streams`` at once, ``properties`` for OpenVINO.
    """

    def __init__(self, wishes: dict[str, Any]):
        import openvino_genai as genai

        plan = genai.SchedulerConfig()
        plan.num_kv_blocks = wishes["blocks"]
        plan.max_num_batched_tokens = wishes["batched"]
        plan.max_num_seqs = wishes["streams"]
        plan.enable_prefix_caching = True
        nothing = genai.Tokenizer(wishes["empty"])
        self._pipeline = genai.ContinuousBatchingPipeline(
            wishes["weights"], nothing, plan, "CPU", **wishes["properties"]
        )
        self._handles: dict[int, Any] = {}
        self.said: list[list[Any]] = []

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._handles or self.said or self._pipeline.has_non_finished_requests())

    def take(self, message: dict[str, Any]) -> None:
        """Begin or end a text."""
        if "drop" in message:
            if handle := self._handles.pop(message["drop"], None):
                handle.cancel()
            return
        try:
            self._handles[message["id"]] = self._begin(**message)
        except Exception as error:
            self.said.append([message["id"], [], str(error)])

    def _begin(self, id: int, ids: list[int], most: int, ends: list[int], sampling: dict[str, Any]) -> Any:
        import numpy
        import openvino
        import openvino_genai as genai

        config = genai.GenerationConfig(max_new_tokens=most, **sampling)
        config.set_eos_token_id(ends[0] if ends else NEVER)
        config.stop_token_ids = set(ends or [NEVER])
        return self._pipeline.add_request(id, openvino.Tensor(numpy.array([ids], numpy.int64)), config)

    def step(self) -> list[list[Any]]:
        """One token more for each text. Returns what came of it."""
        if self._pipeline.has_non_finished_requests():
            self._pipeline.step()
        said, self.said = self.said, []
        for number, handle in list(self._handles.items()):
            end = ENDS.get(handle.get_status().name)
            tokens = []
            while handle.can_read():
                for output in handle.read().values():
                    tokens += output.generated_ids
            if tokens or end:
                said.append([number, tokens, end])
            if end:
                del self._handles[number]
        return said


def main(wishes: dict[str, Any]) -> int:
    """Write texts until the other side is gone."""
    out = os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # nothing that a library prints shall come between the lines

    def tell(what: Any) -> None:
        out.write(json.dumps(what).encode() + b"\n")

    try:
        texts = Texts(wishes)
    except Exception as error:
        tell({"failed": str(error)})
        return 1
    inbox = Inbox(0)
    with contextlib.suppress(BrokenPipeError):
        tell({"ready": True})
        while (messages := inbox.read(wait=not texts.busy)) is not None:
            for message in messages:
                texts.take(message)
            if said := texts.step():
                tell(said)
    return 0


if __name__ == "__main__":
    code = main(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(code)  # the library's own end may take its time
