# ruff: noqa: E501 - tables of cases read best in one line
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage

from assistant.brain.embedded import EmbeddedChatModel
from assistant.brain.local import LocalChatModel
from assistant.brain.models import chat_model
from assistant.brain.toolcalls import Visible, parse
from assistant.errors import BadSettings, ModelUnavailable
from assistant.settings import Settings

TEMPLATE = (
    "{% if tools %}<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant{% endif %}"
)


def weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "degrees": 21}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama-like model of a few thousand parameters with a chat template."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: at for at, token in enumerate(["<pad>", "<|im_end|>", *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    from tokenizers import decoders

    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<|im_end|>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def _settings(home: Path, **values) -> Settings:
    return Settings(home=home, offline="true", **values)


def test_embedded_is_the_default(home: Path):
    assert isinstance(chat_model(_settings(home)), EmbeddedChatModel)


@pytest.mark.parametrize("name", ["gpt-5-mini", "nobody:model-x", "local:"])
def test_unusable_names_are_told(home: Path, name: str):
    with pytest.raises(BadSettings) as caught:
        chat_model(_settings(home, model=name))
    assert caught.value.hint


def test_missing_local_model_is_told(home: Path):
    with pytest.raises(ModelUnavailable):
        chat_model(_settings(home, model="local:/nowhere/at/all"))


def test_pickled_weights_are_refused(home: Path, tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelUnavailable, match="pickled"):
        chat_model(_settings(home, model=f"local:{tmp_path}"))


def test_hosted_model_with_a_key(home: Path):
    model = chat_model(_settings(home, model="openai:gpt-5-mini", model_api_key="sk-test"))
    assert type(model).__name__ == "ChatOpenAI"


def test_local_model_writes_and_streams_the_same(home: Path, tiny: Path):
    model = chat_model(_settings(home, model=f"local:{tiny}"))
    assert isinstance(model, LocalChatModel)
    model.max_tokens = 12
    talk = [SystemMessage("Be brief."), HumanMessage("hello")]
    whole = model.bind_tools([weather]).invoke(talk)
    streamed = "".join(chunk.content for chunk in model.bind_tools([weather]).stream(talk))
    assert streamed.strip() == whole.content.strip()
    assert whole.content


def test_local_model_reads_tool_results(home: Path, tiny: Path):
    model = LocalChatModel(folder=tiny, max_tokens=4)
    first = parse('<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>', ["weather"])
    from langchain_core.messages import AIMessage

    talk = [
        HumanMessage("weather in Rome?"),
        AIMessage(content="", tool_calls=first.calls),
        ToolMessage('{"degrees": 21}', tool_call_id=first.calls[0]["id"]),
    ]
    assert model.bind_tools([weather]).invoke(talk).type == "ai"


def test_long_talks_lose_their_oldest_turns(home: Path, tiny: Path):
    from assistant.brain.local import _inputs, load

    tokenizer, model = load(tiny)
    talk = [HumanMessage(f"message {number} " + "x" * 300) for number in range(20)]
    inputs = _inputs(tokenizer, model, talk, [], 256)
    text = tokenizer.decode(inputs["input_ids"][0])
    assert inputs["input_ids"].shape[1] <= 2048 - 256
    assert "message 19" in text
    assert "message 0 " not in text
    with pytest.raises(ModelUnavailable):
        _inputs(tokenizer, model, [HumanMessage("x" * 5000)], [], 256)


def test_leaving_a_stream_early_frees_the_model(home: Path, tiny: Path):
    model = LocalChatModel(folder=tiny, max_tokens=1500)
    stream = model._write([HumanMessage("hello")], [], None)
    next(stream)
    stream.close()
    assert model._lock.acquire(timeout=1)


@pytest.mark.parametrize(
    "raw",
    [
        '<think>hm</think>\n<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>',
        '{"name": "weather", "parameters": {"city": "Rome"}}',
        '<|python_tag|>{"name": "weather", "parameters": {"city": "Rome"}}<|eom_id|>',
        '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}',
    ],
)
def test_tool_calls_of_several_models(raw: str):
    found = parse(raw, ["weather"])
    assert [(call["name"], call["args"]) for call in found.calls] == [("weather", {"city": "Rome"})]
    assert found.text == ""
    visible = Visible(["weather"])
    assert "".join(visible.feed(letter) for letter in raw) + visible.rest() == ""


def test_parallel_and_broken_calls():
    raw = 'Let me see.<tool_call>{"name": "weather", "arguments": {}}</tool_call><tool_call>{"name": weather}</tool_call>'
    found = parse(raw, ["weather"])
    assert (found.text, len(found.calls), len(found.broken)) == ("Let me see.", 1, 1)


def test_json_that_is_no_call_is_shown():
    raw = '{"degrees": 21}'
    assert parse(raw, ["weather"]).text == raw
    visible = Visible(["weather"])
    assert "".join(visible.feed(letter) for letter in raw) + visible.rest() == raw


@pytest.mark.parametrize("raw", ["a < b and b > c", "hello <|im_end|>", "x <tool", "plain words  with  gaps"])
def test_shown_text_is_what_was_written(raw: str):
    visible = Visible(["weather"])
    shown = "".join(visible.feed(letter) for letter in raw) + visible.rest()
    assert shown == parse(raw, ["weather"]).text


class _Server(BaseHTTPRequestHandler):
    """An OpenAI-compatible server: asks for the weather first, then tells it; fails as often as it is told to."""

    failures: list[int] = []
    seen: list[dict] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append({"path": self.path, "key": self.headers["Authorization"], **body})
        if self.failures:
            self.send_response(self.failures.pop(0))
            self.send_header("Retry-After", "0")
            self.end_headers()
            return
        told = body["messages"][-1]["role"] == "tool"
        message = {"role": "assistant", "content": "It is 21 degrees." if told else None}
        if not told:
            call = {"name": "weather", "arguments": '{"city": "Rome"}'}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
        choice = {"index": 0, "message": message, "finish_reason": "stop" if told else "tool_calls"}
        answer = json.dumps(
            {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args) -> None:
        """Quiet."""


@pytest.fixture
def server():
    _Server.failures, _Server.seen = [], []
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/v1"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize("failures", [[], [500], [429]], ids=["well", "500", "429"])
def test_tool_loop_over_an_openai_compatible_server(home: Path, server: str, failures: list[int]):
    _Server.failures = list(failures)
    model = chat_model(_settings(home, model="some-model", model_base_url=server, model_api_key="sk-1"))
    result = create_agent(model, [weather]).invoke({"messages": [HumanMessage("weather in Rome?")]})
    assert result["messages"][-1].content == "It is 21 degrees."
    assert json.loads(result["messages"][-2].content) == {"city": "Rome", "degrees": 21}
    assert len(_Server.seen) == 2 + len(failures)
    assert _Server.seen[0]["path"] == "/v1/chat/completions"
    assert _Server.seen[0]["key"] == "Bearer sk-1"
    assert _Server.seen[0]["tools"][0]["function"]["name"] == "weather"
