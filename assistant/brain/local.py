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

from assistant.brain.loading import load
from assistant.brain.mend import UNREADABLE
from assistant.brain.template import prompt
from assistant.brain.toolcalls import Parsed, Visible, parse
from assistant.errors import ModelUnavailable

END_TOKENS = ("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>")
READ = {
    "<|python_tag|>",
    "<tool_call>",
    "</tool_call>",
    "<think>",
    "</think>",
}  # special tokens that say something


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
            inputs = prompt(tokenizer, _window(model), messages, tools, self.max_tokens).to(model.device)
            if _thinks_already(tokenizer, inputs):
                yield "<think>"
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
        # LangChain completes JSON that is cut; a marked call stays what it is.
        tool_call_chunk(
            name=call["name"] or "unknown",
            args=json.dumps({UNREADABLE: call["args"]}),
            id=call["id"],
            index=len(parsed.calls) + at,
        )
        for at, call in enumerate(parsed.broken)
    ]
    return AIMessageChunk(content="", tool_call_chunks=calls, chunk_position="last")


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
        "eos_token_id": _ends(tokenizer, model),
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


def _ends(tokenizer: Any, model: Any) -> list[int]:
    """Tokens that end a message: the model's own list, which is not always complete, and the usual ones it knows."""
    known = model.generation_config.eos_token_id
    ends = set(known) if isinstance(known, list) else {known}
    special = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))
    ends |= {tokenizer.eos_token_id, *(special[token] for token in END_TOKENS if token in special)}
    return sorted(end for end in ends if end is not None)


def _plain(piece: str, tokenizer: Any) -> str:
    """A piece without the special tokens that only end or frame a message."""
    for token in set(tokenizer.all_special_tokens) - READ:
        piece = piece.replace(token, "")
    return piece


def _window(model: Any) -> int:
    """Tokens the model can look at."""
    config = model.config.get_text_config()
    return getattr(config, "max_position_embeddings", None) or 4096


def _thinks_already(tokenizer: Any, inputs: Any) -> bool:
    """Whether the prompt ends within thoughts that the template has begun."""
    return tokenizer.decode(inputs["input_ids"][0, -8:]).rstrip().endswith("<think>")


def _run(model: Any, options: dict[str, Any], streamer: Any, failures: list[BaseException]) -> None:
    import torch

    try:
        with torch.inference_mode():
            model.generate(**options)
    except Exception as error:  # handed to the reader, which raises it in its own thread
        failures.append(error)
        streamer.end()
