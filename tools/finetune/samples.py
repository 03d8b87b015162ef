"""A handful of answers that a model writes to held-out questions: figures alone say little about what it says."""

from collections.abc import Sequence
from typing import Any

from tools.errors import BadArgument
from tools.finetune.conversations import Message, folded
from tools.finetune.prompting import prompt
from tools.privacy.reports import quoted

SHOWN = 5
TOKENS = 64  # of an answer
SECONDS = 20.0  # for all of them; then they end where they are
LONGEST = 600  # characters that are shown of a text


def samples(
    model: Any, tokenizer: Any, rows: Sequence[list[Message]], length: int, seconds: float = SECONDS
) -> list[dict[str, str]]:
    """Answers without chance (greedy), each beside its question and the answer of the data.

    Args:
        model: of transformers, for causal language modelling.
        tokenizer: with a chat template.
        rows: conversations; some from all over them are taken, and the last answer of each is written anew.
        length: most tokens of a question with what stands before it; longer ones are passed over.
        seconds: that they may take.

    Returns:
        ``question``, ``wanted`` and ``got``, each.
    """
    every = [each for each in map(_asked, rows) if each[0]]  # what opens a conversation answers no question
    asked = every[:: max(1, len(every) // SHOWN)][:SHOWN]
    read = [_prompt(tokenizer, before) for before, _ in asked]
    fits = [at for at, ids in enumerate(read) if len(ids) <= length]
    written = _written(model, tokenizer, [read[at] for at in fits], seconds) if fits else []
    found = [
        {"question": before[-1]["content"], "wanted": wanted, "got": got}
        for (before, wanted), got in zip([asked[at] for at in fits], written, strict=True)
    ]
    return [{name: quoted(text, LONGEST) for name, text in each.items()} for each in found]


def _asked(messages: list[Message]) -> tuple[list[Message], str]:
    """A conversation before its last answer, and that answer."""
    last = max(at for at, message in enumerate(messages) if message["role"] == "assistant")
    return messages[:last], messages[last]["content"]


def _prompt(tokenizer: Any, messages: list[Message]) -> list[int]:
    """The tokens of a conversation up to its answer, in strict turns where the template wants them."""
    try:
        text = prompt(tokenizer, messages)
    except BadArgument:
        text = prompt(tokenizer, folded(messages))
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _written(model: Any, tokenizer: Any, prompts: list[list[int]], seconds: float) -> list[str]:
    """All answers at once, as five take hardly longer than one; dots where one did not come to its end."""
    import torch

    batch = tokenizer.pad({"input_ids": prompts}, padding_side="left", return_tensors="pt")
    asked = batch["input_ids"].shape[1]
    room = getattr(model.config.get_text_config(), "max_position_embeddings", None) or asked + TOKENS
    with torch.inference_mode():
        out = model.generate(
            input_ids=batch["input_ids"].to(model.device),
            attention_mask=batch["attention_mask"].to(model.device),
            do_sample=False,
            max_new_tokens=max(1, min(TOKENS, room - asked)),
            max_time=seconds,
            pad_token_id=tokenizer.pad_token_id,
        )
    ends = model.generation_config.eos_token_id
    ends = {ends} if isinstance(ends, int) else set(ends or ())
    rows = out[:, asked:].tolist()
    texts = (str(text).strip() for text in tokenizer.batch_decode(rows, skip_special_tokens=True))
    return [text if ends & set(row) else f"{text} …" for text, row in zip(texts, rows, strict=True)]
