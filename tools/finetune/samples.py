"""A handful of answers that a model writes to held-out questions: figures alone say little about what it says."""

import time
from collections.abc import Sequence
from typing import Any

from tools.errors import BadArgument
from tools.finetune.conversations import Message, folded
from tools.finetune.prompting import prompt

SHOWN = 5
TOKENS = 64  # of an answer
SECONDS = 30.0  # for all of them
LONGEST = 600  # characters that are shown of a text


def samples(
    model: Any, tokenizer: Any, rows: Sequence[list[Message]], length: int, seconds: float = SECONDS
) -> list[dict[str, str]]:
    """Answers without chance (greedy), each beside its question and the answer of the data.

    Args:
        model: of transformers, for causal language modelling.
        tokenizer: with a chat template.
        rows: conversations; some from all over them are taken, and the last answer of each is written anew.
        length: most tokens of a question with what stands before it.
        seconds: no further answer is begun, and none goes on, after that.

    Returns:
        ``question``, ``wanted`` and ``got``; fewer, or none, where the time is over.
    """
    end, found = time.monotonic() + seconds, []
    for messages in rows[:: max(1, len(rows) // SHOWN)][:SHOWN]:
        last = max(at for at, message in enumerate(messages) if message["role"] == "assistant")
        ids = _prompt(tokenizer, messages[:last])
        left = end - time.monotonic()
        if ids["input_ids"].shape[1] > length or left <= 0:
            continue
        got = _written(model, tokenizer, ids, left)
        asked = messages[last - 1]["content"] if last else ""
        texts = {"question": asked, "wanted": messages[last]["content"], "got": got}
        found.append({name: text[:LONGEST] for name, text in texts.items()})
    return found


def _prompt(tokenizer: Any, messages: list[Message]) -> Any:
    """The tokens of a conversation up to its answer, in strict turns where the template wants them."""
    try:
        text = prompt(tokenizer, messages)
    except BadArgument:
        text = prompt(tokenizer, folded(messages))
    return tokenizer(text, return_tensors="pt", add_special_tokens=False)


def _written(model: Any, tokenizer: Any, ids: Any, seconds: float) -> str:
    import torch

    asked = ids["input_ids"].shape[1]
    room = getattr(model.config.get_text_config(), "max_position_embeddings", None) or asked + TOKENS
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids["input_ids"].to(model.device),
            attention_mask=ids["attention_mask"].to(model.device),
            do_sample=False,
            max_new_tokens=max(1, min(TOKENS, room - asked)),
            max_time=seconds,
            pad_token_id=tokenizer.pad_token_id,
        )
    return str(tokenizer.decode(out[0, asked:], skip_special_tokens=True)).strip()
