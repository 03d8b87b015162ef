"""Texts of SmolLM2 as they are served, against transformers.generate in fp32, and eight callers against one.

Both answer the same conversations greedily, the reading of the prompt included. The share of tokens that transformers
in fp32 would have taken too says what 8-bit weights and bf16 cost; beside it stands what bf16 alone costs there.
Where llama-cpp-python is installed, llama.cpp answers them too, from the GGUF file that SmolLM2 comes in.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import islice
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row

PEER = "transformers.generate, fp32"
TOKENS = 64
STREAMS = 8
ROUNDS = 3
THINGS = ("the sea", "a lost parcel", "an old bakery", "the first snow", "a night train", "two brothers", "a garden",
          "the moon", "a broken clock", "a long journey", "a small bank", "the rain")  # fmt: skip


def run() -> Iterable[Row]:
    from tools.models.embedded import smollm2_folder
    from tools.serving.generation.generator import generator

    folder = smollm2_folder(tickets.folder())
    ours = generator(folder, "cpu", "openvino")
    peer = Plain(folder, "float32")
    asked = [[{"role": "user", "content": f"Write a long story about {thing}."}] for thing in THINGS]
    asked = asked[: sized(len(asked), STREAMS)]
    llama = LlamaCpp() if find_spec("llama_cpp") else None
    one, plain, other = [], [], []
    for part in (asked[number::ROUNDS] for number in range(ROUNDS)):
        one.append(_rate(part, lambda some: [_answer(ours, each) for each in some]))
        plain.append(_rate(part, lambda some: [len(peer.tokens(each)) for each in some]))
        if llama:
            other.append(_rate(part, lambda some: [len(llama.tokens(peer.read(each))) for each in some]))
    alone, name = statistics.median(one), "serve generation: one stream"
    yield Row(name, alone, statistics.median(plain), PEER, unit="tokens/s")
    if llama:
        yield Row(f"{name}, llama.cpp", alone, statistics.median(other), llama.name, unit="tokens/s")
    with ThreadPoolExecutor(STREAMS) as pool:
        eight = [
            _rate(
                asked[number:] + asked[:number],
                lambda some: list(pool.map(lambda each: _answer(ours, each), some[:STREAMS])),
            )
            for number in range(ROUNDS)
        ]
    name = f"serve generation: {STREAMS} streams"
    yield Row(name, statistics.median(eight), alone, "one stream of ours", unit="tokens/s")
    half = Plain(folder, "bfloat16")
    some = asked[:4]
    shares = [
        statistics.mean(peer.would_take(each, tokens(each)) for each in some)
        for tokens in (lambda each: _tokens(ours, each), half.tokens)
    ]
    yield Row("serve generation: tokens as in fp32", *shares, "transformers, bf16", unit="")


def _rate(asked: Sequence[Any], work: Callable[[Sequence[Any]], list[int]]) -> float:
    """Tokens a second."""
    began = time.perf_counter()
    count = sum(work(asked))
    return count / (time.perf_counter() - began)


def _answer(model: Any, messages: list[dict[str, str]]) -> int:
    """Answer as the server does, and return how many tokens that were."""
    return len(_tokens(model, messages))


def _tokens(model: Any, messages: list[dict[str, str]]) -> list[int]:
    text = "".join(model.generate(messages, TOKENS))
    return model.tokenizer(text, add_special_tokens=False)["input_ids"]


class Plain:
    """transformers, as its documentation runs it."""

    def __init__(self, folder: Any, dtype: str):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).eval()

    def read(self, messages: list[dict[str, str]]) -> Any:
        """The prompt's tokens, [1, n]."""
        return self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=False
        )

    def tokens(self, messages: list[dict[str, str]]) -> list[int]:
        """The answer's tokens."""
        ids = self.read(messages)
        options = {"max_new_tokens": TOKENS, "do_sample": False, "pad_token_id": self.tokenizer.pad_token_id}
        return self.model.generate(ids, **options)[0, ids.shape[1] :].tolist()

    def would_take(self, messages: list[dict[str, str]], tokens: list[int]) -> float:
        """The share of tokens that would have been taken here too, after those before them."""
        import torch

        ids = self.read(messages)
        with torch.inference_mode():
            logits = self.model(torch.cat([ids, torch.tensor([tokens])], 1)).logits[0]
        likeliest = logits[ids.shape[1] - 1 : -1].argmax(-1).tolist()
        return sum(a == b for a, b in zip(likeliest, tokens, strict=True)) / len(tokens)


class LlamaCpp:
    """llama.cpp on the same weights, as they came."""

    def __init__(self) -> None:
        from llama_cpp import Llama, __version__

        from tools.models.embedded import SMOLLM2_FILE, SMOLLM2_PACKAGE, _package

        file = str(_package(SMOLLM2_PACKAGE) / SMOLLM2_FILE)
        self.name = f"llama.cpp (llama-cpp-python {__version__}), Q4_1"
        self._model = Llama(file, n_ctx=2048, n_threads=os.cpu_count(), verbose=False)

    def tokens(self, ids: Any) -> list[int]:
        """The answer's tokens; ids: the prompt's, [1, n]."""
        written, end = [], self._model.token_eos()
        for token in islice(self._model.generate(ids[0].tolist(), top_k=1, temp=0.0), TOKENS):
            if token == end:
                break
            written.append(token)
        return written
