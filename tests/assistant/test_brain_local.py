"""Chat models that run here: their templates, their window, where they are put."""

# ruff: noqa: E501 - templates read best as they are written

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from assistant.brain.loading import load
from assistant.brain.local import LocalChatModel
from assistant.brain.models import chat_model
from assistant.brain.template import prompt
from assistant.errors import ModelUnavailable
from assistant.settings import Settings
from tools.models import placement

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
ANSWER = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
# The ways of the families, in short: what they read of a message, and what they refuse.
QWEN3 = (
    "{% if tools %}<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }} {{ c.function.arguments | tojson }}</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
SMOLLM3 = (
    "{% if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
    "{% if xml_tools %}<tools>{% for t in xml_tools[:] %}{{ t | string }}{% endfor %}</tools>{% endif %}"
    f"{TURNS}<|im_start|>assistant\n{{{{ '' if enable_thinking else '<think>\n\n</think>\n' }}}}"
)
LLAMA3 = (
    "{% if tools %}{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}"
    "{% for m in messages %}<|start_header_id|>{{ 'ipython' if m.role == 'tool' else m.role }}<|end_header_id|>\n\n"
    "{% if 'tool_calls' in m %}{% if m.tool_calls | length != 1 %}{{ raise_exception('This model only supports single tool-calls at once!') }}{% endif %}"
    '{"name": "{{ m.tool_calls[0].function.name }}", "parameters": {{ m.tool_calls[0].function.arguments | tojson }}}'
    "{% else %}{{ m.content }}{% endif %}<|eot_id|>{% endfor %}<|start_header_id|>assistant<|end_header_id|>\n\n"
)
THINKER = TURNS + "{# tools, tool_calls #}<|im_start|>assistant\n<think>\n"


def weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "degrees": 21}


TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
TALK = [
    SystemMessage("Be brief."),
    HumanMessage("weather in Rome and Oslo?"),
    AIMessage(
        "I look.",
        tool_calls=[
            {"name": "weather", "args": {"city": "Rome"}, "id": "a"},
            {"name": "weather", "args": {"city": "Oslo"}, "id": "b"},
        ],
    ),
    ToolMessage('{"degrees": 21}', tool_call_id="a"),
    ToolMessage('{"degrees": 2}', tool_call_id="b"),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama-like model of a few thousand parameters with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: at for at, token in enumerate(["<pad>", "<|im_end|>", *alphabet])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="<|im_end|>")
    tokenizer.chat_template = QWEN3
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=2048, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture
def tokenizer(tiny: Path) -> Any:
    return load(tiny)[0]


def written(tokenizer: Any, template: Any, talk: list = TALK, tools: list = TOOLS, window: int = 4096) -> str:
    """The prompt that a template makes of a conversation."""
    tokenizer.chat_template = template
    return tokenizer.decode(prompt(tokenizer, window, talk, tools, 256)["input_ids"][0])


def test_local_model_writes_and_streams_the_same(home: Path, tiny: Path):
    model = chat_model(Settings(home=home, offline="true", model=f"local:{tiny}"))
    assert isinstance(model, LocalChatModel)
    model.max_tokens = 12
    talk = [SystemMessage("Be brief."), HumanMessage("hello")]
    whole = model.bind_tools([weather]).invoke(talk)
    streamed = "".join(chunk.content for chunk in model.bind_tools([weather]).stream(talk))
    assert streamed.strip() == whole.content.strip()
    assert whole.content


def test_local_model_reads_tool_results(tiny: Path):
    assert LocalChatModel(folder=tiny, max_tokens=4).bind_tools([weather]).invoke(TALK).type == "ai"


def test_broken_calls_come_out_of_a_stream_marked(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    half = '<tool_call>{"name": "weather", "arguments": {"city": "Ro'
    monkeypatch.setattr(LocalChatModel, "_write", lambda *_: iter(half))
    model = LocalChatModel(folder=tiny).bind_tools([weather])
    streamed = None
    for chunk in model.stream("weather?"):
        streamed = chunk if streamed is None else streamed + chunk
    assert [call["name"] for call in streamed.tool_calls] == ["weather"]
    assert "city" not in streamed.tool_calls[0]["args"]
    assert len(model.invoke("weather?").invalid_tool_calls) == 1


def test_leaving_a_stream_early_frees_the_model(tiny: Path):
    model = LocalChatModel(folder=tiny, max_tokens=1500)
    stream = model._write([HumanMessage("hello")], [], None)
    next(stream)
    stream.close()
    assert model._lock.acquire(timeout=1)


def test_qwen3_gets_tools_and_does_not_think(tokenizer: Any):
    text = written(tokenizer, QWEN3)
    assert text.count("<tools>") == 1 and '<tool_call>weather {"city": "Oslo"}</tool_call>' in text
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_smollm3_gets_its_xml_tools_and_calls_in_words(tokenizer: Any):
    text = written(tokenizer, SMOLLM3)
    assert text.count("<tools>") == 1 and text.count("'name': 'weather'") == 1
    assert '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>' in text
    assert (
        '<|im_start|>user\n<tool_response>\n{"degrees": 21}\n</tool_response>\n<tool_response>\n{"degrees": 2}'
        in text
    )
    assert text.endswith("<think>\n\n</think>\n")


def test_llama3_gets_parallel_calls_one_by_one(tokenizer: Any):
    text = written(tokenizer, LLAMA3)
    rome, first = text.index('"parameters": {"city": "Rome"}'), text.index('{"degrees": 21}')
    oslo, second = text.index('"parameters": {"city": "Oslo"}'), text.index('{"degrees": 2}')
    assert rome < first < oslo < second and text.count("ipython") == 2


def test_a_template_without_tools_gets_them_in_words(tokenizer: Any):
    text = written(tokenizer, TURNS + ANSWER)
    assert (
        text.startswith("<|im_start|>system\nBe brief.\n\nYou may call tools.")
        and '"name": "weather"' in text
    )
    assert "<tool_response>" in text and "<|im_start|>tool" not in text
    assert "tool" not in written(tokenizer, TURNS + ANSWER, [HumanMessage("hello")], [])


def test_of_several_templates_the_one_for_tools_is_taken(tokenizer: Any):
    assert "<tools>" in written(tokenizer, {"default": TURNS + ANSWER, "tool_use": QWEN3})


def test_thoughts_that_the_template_begins_are_not_shown(tiny: Path):
    model = LocalChatModel(folder=tiny, max_tokens=5)
    tokenizer, network = load(tiny)
    tokenizer.chat_template = THINKER
    model._parts = (tokenizer, network)
    assert model.invoke("hello").content == ""


def test_a_template_that_refuses_is_told(tokenizer: Any):
    with pytest.raises(ModelUnavailable, match="cannot write"):
        written(tokenizer, "{{ raise_exception('no') }}")


def test_long_talks_lose_their_oldest_turns(tokenizer: Any):
    talk = [HumanMessage(f"message {number} " + "x" * 300) for number in range(20)]
    text = written(tokenizer, QWEN3, talk, [], window=2048)
    assert len(text) <= 2048 - 256 and "message 19" in text and "message 0 " not in text
    with pytest.raises(ModelUnavailable):
        written(tokenizer, QWEN3, [HumanMessage("x" * 5000)], [], window=2048)


def test_a_model_that_does_not_fit_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(placement, "weights", lambda folder: 10**15)
    with pytest.raises(ModelUnavailable, match="needs 1150000.0 GB of memory"):
        load(tmp_path)
