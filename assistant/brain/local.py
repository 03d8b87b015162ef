"""A chat model that runs here through transformers: its own chat template with tools, streamed, safetensors only."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from assistant.brain.conversation import plain, text_of
from assistant.brain.toolcalls import Parsed, Visible, parse
from assistant.errors import ModelUnavailable

ROOM_FOR_REPLY = 256  # tokens kept free of the window at least


class LocalChatModel(BaseChatModel):
    """A Hugging Face causal language model as the agent's chat model.

    Args:
        folder: config, tokenizer with a chat template, and safetensors weights.
        model_name: what the user called it.
        max_tokens: longest reply, in tokens.
        temperature: 0 takes the likeliest token always.
    """

    folder: Path
    model_name: str = "local"
    max_tokens: int = 1024
    temperature: float = 0.0
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _parts: tuple[Any, Any] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "startup-assistant-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "folder": str(self.folder)}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with tools, which its chat template writes into the prompt."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tools = kwargs.get("tools") or []
        raw = "".join(self._write(messages, tools, stop))
        return ChatResult(generations=[ChatGeneration(message=_message(parse(raw, _names(tools))))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        tools = kwargs.get("tools") or []
        visible = Visible(_names(tools))
        for piece in self._write(messages, tools, stop):
            if shown := visible.feed(piece):
                yield _spoken(shown, run_manager)
        if rest := visible.rest():
            yield _spoken(rest, run_manager)
        yield ChatGenerationChunk(message=_last_chunk(parse(visible.raw, _names(tools))))

    def _write(
        self, messages: list[BaseMessage], tools: list[dict[str, Any]], stop: list[str] | None
    ) -> Iterator[str]:
        """The model's output, piece by piece; one generation at a time.

        Closing the iterator early ends the generation at its next token.
        """
        with self._lock:
            tokenizer, model = self._load()
            inputs = _inputs(tokenizer, model, messages, tools, self.max_tokens)
            yield from _generate(tokenizer, model, inputs, self.max_tokens, self.temperature, stop)

    def _load(self) -> tuple[Any, Any]:
        if self._parts is None:
            self._parts = load(self.folder)
        return self._parts


def _names(tools: list[dict[str, Any]]) -> list[str]:
    return [tool["function"]["name"] for tool in tools]


def _spoken(text: str, run_manager: CallbackManagerForLLMRun | None) -> ChatGenerationChunk:
    chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
    if run_manager:
        run_manager.on_llm_new_token(text, chunk=chunk)
    return chunk


def _message(parsed: Parsed) -> AIMessage:
    broken = [invalid_tool_call(**{k: v for k, v in call.items() if k != "type"}) for call in parsed.broken]
    return AIMessage(content=parsed.text, tool_calls=parsed.calls, invalid_tool_calls=broken)


def _last_chunk(parsed: Parsed) -> AIMessageChunk:
    calls = [
        tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=at)
        for at, call in enumerate(parsed.calls)
    ]
    calls += [
        tool_call_chunk(name=call["name"], args=call["args"], id=call["id"], index=len(parsed.calls) + at)
        for at, call in enumerate(parsed.broken)
    ]
    return AIMessageChunk(content="", tool_call_chunks=calls, chunk_position="last")


def load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, on the GPU where there is one (in 4 bits where bitsandbytes is there).

    Raises:
        ModelUnavailable: it does not fit, has no chat template, or cannot be read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _check_fit(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, **_placement()
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelUnavailable(
            f"The model in {folder.name} cannot be loaded: {str(error).splitlines()[0]}",
            "It has to be a causal language model with safetensors weights.",
        ) from error
    if not tokenizer.chat_template:
        raise ModelUnavailable(
            f"{folder.name} has no chat template.", "Choose an instruction-tuned (chat) model."
        )
    return tokenizer, model


def _placement() -> dict[str, Any]:
    """Keyword arguments for where and how precisely the weights are held."""
    import importlib.util

    import torch

    if not torch.cuda.is_available():
        return {"dtype": "auto"}
    if importlib.util.find_spec("bitsandbytes"):
        from transformers import BitsAndBytesConfig

        four_bits = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
        return {"device_map": "auto", "quantization_config": four_bits}
    return {"device_map": "auto", "dtype": "auto"}


def _check_fit(folder: Path) -> None:
    from tools.models.hardware import hardware

    needed = 1.15 * sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    machine = hardware()
    if needed > machine.memory + machine.gpu_memory:
        raise ModelUnavailable(
            f"{folder.name} needs {needed / 1e9:.1f} GB of memory; this machine has {machine.describe()}.",
            "Choose a smaller model, or a server through ASSISTANT_MODEL_BASE_URL.",
        )


def _chat(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    """Messages as chat templates take them."""
    system = "\n\n".join(text_of(message) for message in messages if message.type == "system")
    chat: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    names: dict[str, str] = {}
    for entry in plain(messages):
        message = {"role": entry["role"], "content": entry["content"]}
        if calls := entry.get("tool_calls"):
            names |= {call["id"]: call["name"] for call in calls}
            message["tool_calls"] = [
                {"type": "function", "function": {"name": call["name"], "arguments": call["args"]}}
                for call in calls
            ]
        if entry["role"] == "tool":
            message["name"] = names.get(entry["tool_call_id"], "")
        chat.append(message)
    return chat


def _inputs(
    tokenizer: Any, model: Any, messages: list[BaseMessage], tools: list[dict[str, Any]], max_tokens: int
) -> Any:
    """Token ids of the prompt; the oldest turns are left out where the window is too small.

    Raises:
        ModelUnavailable: even the newest message does not fit, or the template cannot write tools.
    """
    chat = _chat(messages)
    window = getattr(model.config, "max_position_embeddings", None) or 4096
    room = window - min(max_tokens, max(ROOM_FOR_REPLY, window // 4))
    while True:
        inputs = _render(tokenizer, chat, tools)
        if inputs["input_ids"].shape[1] <= room:
            return inputs.to(model.device)
        if not _drop_oldest_turn(chat):
            raise ModelUnavailable(
                f"The message does not fit the model's window of {window} tokens.",
                "Send a shorter one, or choose a model with a longer window.",
            )


def _render(tokenizer: Any, chat: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Any:
    from jinja2.exceptions import TemplateError

    try:
        return tokenizer.apply_chat_template(
            chat, tools=tools or None, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
    except (TemplateError, TypeError, ValueError) as error:
        raise ModelUnavailable(
            f"The model's chat template cannot write this conversation: {error}",
            "Choose a chat model whose template takes tools.",
        ) from error


def _drop_oldest_turn(chat: list[dict[str, Any]]) -> bool:
    """Take the oldest user turn with its answers out; False where only the newest is left."""
    starts = [at for at, message in enumerate(chat) if message["role"] == "user"]
    if len(starts) < 2:
        return False
    del chat[starts[0] : starts[1]]
    return True


def _generate(
    tokenizer: Any, model: Any, inputs: Any, max_tokens: int, temperature: float, stop: list[str] | None
) -> Iterator[str]:
    from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer

    ended = threading.Event()

    class Ended(StoppingCriteria):
        def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
            import torch

            return torch.full(
                (input_ids.shape[0],), ended.is_set(), dtype=torch.bool, device=input_ids.device
            )

    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=False)
    sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
    options = {
        **inputs,
        **sampling,
        "max_new_tokens": max_tokens,
        "streamer": streamer,
        "stopping_criteria": StoppingCriteriaList([Ended()]),
        "pad_token_id": tokenizer.pad_token_id
        if tokenizer.pad_token_id is not None
        else tokenizer.eos_token_id,
    }
    if stop:
        options |= {"stop_strings": stop, "tokenizer": tokenizer}
    failures: list[BaseException] = []
    thread = threading.Thread(target=_run, args=(model, options, streamer, failures), daemon=True)
    thread.start()
    try:
        for piece in streamer:
            yield _plain(piece, tokenizer)
    finally:
        ended.set()
        thread.join()
    if failures:
        raise ModelUnavailable(
            f"The model failed while writing: {failures[0]}", "Try again, or choose a smaller model."
        ) from failures[0]


def _plain(piece: str, tokenizer: Any) -> str:
    """A piece without end-of-text and padding tokens; tool-call tags, special in some tokenizers, are kept."""
    for token in (tokenizer.eos_token, tokenizer.pad_token, tokenizer.bos_token):
        piece = piece.replace(token, "") if token else piece
    return piece


def _run(model: Any, options: dict[str, Any], streamer: Any, failures: list[BaseException]) -> None:
    import torch

    try:
        with torch.inference_mode():
            model.generate(**options)
    except Exception as error:  # handed to the reader, which raises it in its own thread
        failures.append(error)
        streamer.end()
