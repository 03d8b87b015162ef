"""Models that vLLM writes, over HTTP: adapters, streams, servers that die. The server is tests/tools/vllm_peer.py."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.tools import vllm_peer
from tests.tools.tiny_models import tiny_gpt
from tools.errors import BadArgument, Busy, Unavailable, Unsupported, WorkFailed
from tools.models.card import write_info
from tools.serving.predictor import Predictor
from tools.serving.remote import vllm as module
from tools.serving.remote.vllm import LORA, Vllm, parts
from tools.serving.remote.vllm_process import _free_port
from tools.serving.turns import Turns

COMMAND = f"{sys.executable} {vllm_peer.__file__}"
ASK = [{"role": "user", "content": "where is my parcel"}]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gpt(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def folder(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as a LoRA run leaves it: the merged weights, and the adapter."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tools.finetune import methods

    made = tmp_path_factory.mktemp("models") / "helper"
    wrapped = methods.wrap(AutoModelForCausalLM.from_pretrained(base), "lora", "CAUSAL_LM", 10)
    methods.merge(wrapped, "lora", made).save_pretrained(made)
    AutoTokenizer.from_pretrained(base).save_pretrained(made)
    write_info(made, {"name": "helper", "task": "text-generation", "base": str(base), "method": "lora"})
    return made


@contextlib.contextmanager
def running(base: Path, *options: str, port: int = 0, **environment: str) -> Iterator[str]:
    """A server of its own, as its owner starts it; gives its address."""
    port = port or _free_port()
    command = [sys.executable, vllm_peer.__file__, "serve", str(base), "--port", str(port), *options]
    known = {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "PEER_SECONDS": "0.02"}
    process = subprocess.Popen(command, env=os.environ | known | environment)
    url = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: answers(url))
        yield url
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/health").status_code == 200
    return False


def wait(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def url(base: Path) -> Iterator[str]:
    with running(base, *LORA) as found:
        yield found


@pytest.fixture
def predictor(url: str, folder: Path, tmp_path: Path) -> Predictor:
    return Vllm(f"{url}/v1/", tmp_path).predictor(folder)


def test_an_adapter_is_loaded_and_writes(predictor: Predictor, url: str, folder: Path) -> None:
    served = {card["id"]: card for card in httpx.get(f"{url}/v1/models").json()["data"]}
    name = next(each for each in served if each.startswith("helper-"))
    assert served[name]["root"] == str(folder / "adapter")
    pieces = predictor.generate(ASK, max_tokens=4)
    assert "".join(pieces) == f" {name} 2 3 4"
    assert predictor.predict(["where is my refund"])[0]["text"].startswith(name)
    assert predictor.model.written >= 4 and predictor.model.read > 4


def test_the_end_says_whether_it_was_cut(predictor: Predictor) -> None:
    pieces = predictor.generate(ASK, max_tokens=3)
    with pytest.raises(StopIteration) as ended:
        while True:
            next(pieces)
    assert ended.value.value.cut and ended.value.value.written == 3


def test_what_is_longer_than_the_server_reads_is_refused(predictor: Predictor) -> None:
    with pytest.raises(BadArgument, match="the model reads 64"):
        list(predictor.generate([{"role": "user", "content": "parcel " * 80}]))


def test_who_leaves_ends_the_request(predictor: Predictor, url: str) -> None:
    def counts() -> tuple[int, int]:
        found = httpx.get(f"{url}/counts").json()
        return found["running"], found["aborted"]

    before = counts()[1]
    pieces = predictor.generate(ASK, max_tokens=40)
    next(pieces)
    assert counts()[0] == 1
    pieces.close()
    wait(lambda: counts() == (0, before + 1))


def test_callers_take_turns(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(1, 1, 1)
    monkeypatch.setattr(predictor.model, "_turns", turns)
    assert "".join(predictor.generate(ASK, max_tokens=4, caller="one"))
    other = turns.ask("another")
    with pytest.raises(Busy, match="as many texts as it can|more to do"):
        next(predictor.generate(ASK, max_tokens=4, caller="one"))
    turns.leave(other)
    assert "".join(predictor.generate(ASK, max_tokens=4, caller="one"))


def test_many_are_written_at_once(predictor: Predictor, url: str) -> None:
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append("".join(predictor.generate(ASK, max_tokens=20))))
        for _ in range(32)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(texts) == 32 and len({*texts}) == 1
    assert httpx.get(f"{url}/counts").json()["most"] > 4


def test_a_server_that_was_started_anew_gets_its_adapters_again(
    base: Path, folder: Path, tmp_path: Path
) -> None:
    port = _free_port()
    with running(base, *LORA, port=port) as url:
        predictor = Vllm(url, tmp_path).predictor(folder)
        text = "".join(predictor.generate(ASK, max_tokens=2))
        pieces = predictor.generate(ASK, max_tokens=40)
        next(pieces)
    with pytest.raises(Unavailable):  # it died in the middle of it
        list(pieces)
    with pytest.raises(Unavailable, match=f"The vLLM server at {url} does not answer") as away:
        list(predictor.generate(ASK))
    assert away.value.status == 503 and away.value.retry_after
    with running(base, *LORA, port=port):
        assert "".join(predictor.generate(ASK, max_tokens=2)) == text


def test_a_server_with_a_key(base: Path, folder: Path, tmp_path: Path) -> None:
    with running(base, *LORA, VLLM_API_KEY="sesame") as url:
        with pytest.raises(Unavailable, match="ASSISTANT_VLLM_API_KEY"):
            Vllm(url, tmp_path).predictor(folder)
        predictor = Vllm(url, tmp_path, key="sesame").predictor(folder)
        assert "".join(predictor.generate(ASK, max_tokens=1))


def test_a_server_that_loads_no_adapters_is_explained(base: Path, folder: Path, tmp_path: Path) -> None:
    hint = "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"
    with (
        running(base, VLLM_ALLOW_RUNTIME_LORA_UPDATING="") as url,
        pytest.raises(Unsupported, match=hint),
    ):
        Vllm(url, tmp_path).predictor(folder)


def test_an_adapter_that_the_server_does_not_see(url: str, folder: Path, tmp_path: Path) -> None:
    predictor = Vllm(url, tmp_path).predictor(folder)
    predictor.model.parts = predictor.model.parts._replace(adapter=Path("/elsewhere/adapter"))
    predictor.model._forget(predictor.model._on)
    with pytest.raises(Unsupported, match="No adapter found for /elsewhere/adapter.*see this folder"):
        list(predictor.generate(ASK))


def test_a_whole_model_that_the_server_does_not_serve(url: str, base: Path, tmp_path: Path) -> None:
    whole = tiny_gpt(tmp_path / "whole")
    write_info(whole, {"name": "whole", "task": "text-generation", "base": "tiny", "method": "full"})
    with pytest.raises(Unsupported, match=f"serves .*{base.name}, not whole.*vllm serve {whole}"):
        Vllm(url, tmp_path).predictor(whole)
    with running(whole, "--served-model-name", "whole") as other:
        predictor = Vllm(other, tmp_path).predictor(whole)
        assert "".join(predictor.generate(ASK, max_tokens=1)) == " whole"


def test_only_adapters_that_vllm_reads_are_used(folder: Path, base: Path, tmp_path: Path) -> None:
    assert parts(folder) == (str(base), folder / "adapter")
    other = tmp_path / "other"
    (other / "adapter").mkdir(parents=True)
    (other / "adapter" / "adapter_config.json").write_text(
        (folder / "adapter" / "adapter_config.json").read_text()
    )
    write_info(other, {"name": "other", "task": "text-generation", "base": "tiny", "method": "dora"})
    assert parts(other) == (str(other), None)
    write_info(other, {"name": "other", "task": "text-generation", "base": "tiny", "method": "lora"})
    assert parts(other) == (str(base), other / "adapter")
    config = (folder / "adapter" / "adapter_config.json").read_text().replace(str(base), "/gone/base")
    (other / "adapter" / "adapter_config.json").write_text(config)
    assert parts(other) == (str(other), None)  # the merged weights are there


def test_a_managed_server_is_started_killed_and_comes_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed = Vllm("managed", tmp_path, command=COMMAND, options="--max-model-len 32")
    try:
        predictor = managed.predictor(folder)
        text = "".join(predictor.generate(ASK, max_tokens=2))
        (child,) = managed._children.values()
        address = child.server().url
        os.kill(serving(address), signal.SIGKILL)
        wait(lambda: refused(predictor))
        wait(lambda: not refused(predictor))
        assert "".join(predictor.generate(ASK, max_tokens=2)) == text
        assert child.starts == 2 and child.server().url != address

        monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
        assert managed.keep([folder]) == [] and managed._children
        assert managed.keep([]) == [folder] and not managed._children
        assert not answers(child.server().url)
    finally:
        managed.close()


def test_two_processes_share_a_managed_server(folder: Path, tmp_path: Path) -> None:
    """Two objects stand for two processes: the lock is a file's."""
    first, second = (Vllm("managed", tmp_path, command=COMMAND) for _ in range(2))
    try:
        ours, theirs = first.predictor(folder), second.predictor(folder)
        assert ours.model.ready()[0].url == theirs.model.ready()[0].url
        assert sum(child.starts for each in (first, second) for child in each._children.values()) == 1
        runs, joins = sorted((first, second), key=lambda each: -next(iter(each._children.values())).starts)
        runs.close()  # the other takes over
        other = theirs if joins is second else ours
        wait(lambda: not refused(other))
        assert next(iter(joins._children.values())).starts == 1
    finally:
        first.close()
        second.close()


def test_a_managed_server_that_does_not_start_says_why(folder: Path, tmp_path: Path) -> None:
    for command, why in (("no-such-vllm", "there is no command no-such-vllm"), ("false", "status 1")):
        managed = Vllm("managed", tmp_path / command, command=command)
        (tmp_path / command).mkdir()
        with pytest.raises(WorkFailed, match=f"vLLM cannot be started .*{why}"):
            managed.predictor(folder)
        managed.close()


def serving(url: str) -> int:
    """The process at an address."""
    import psutil

    port = int(url.rsplit(":", 1)[1])
    children = psutil.Process().children(recursive=True)
    return next(each.pid for each in children if str(port) in each.cmdline())


def refused(predictor: Predictor) -> bool:
    try:
        list(predictor.generate(ASK, max_tokens=1))
    except Unavailable as error:
        assert error.retry_after >= 5
        return True
    return False
