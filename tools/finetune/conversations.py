"""Conversations as training rows: chat templates, and a loss on the answers alone."""

import json
import math
from typing import TYPE_CHECKING, Any

from tools.finetune.machine import PAD_TO

if TYPE_CHECKING:
    import pandas

Message = dict[str, str]
ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
IGNORED = -100
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


def conversations(
    table: "pandas.DataFrame", text_column: str, label_column: str | None
) -> list[list[Message]]:
    """The table's rows that end in an answer, as lists of messages.

    Args:
        table: the table.
        text_column: conversations, or prompts.
        label_column: the replies to the prompts; None for conversations.
    """
    if label_column is None:
        found = [_messages(cell) for cell in table[text_column]]
    else:
        cells = zip(table[text_column], table[label_column], strict=True)
        found = [
            [{"role": "user", "content": str(a).strip()}, {"role": "assistant", "content": str(b).strip()}]
            for a, b in cells
            if a is not None and b is not None and str(b).strip()
        ]
    return [row for row in found if any(message["role"] == "assistant" for message in row)]


def _messages(cell: Any) -> list[Message]:
    """One conversation in any of the usual spellings; an empty list where it is none."""
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except ValueError:
            return []
    if isinstance(cell, dict):
        cell = cell.get("messages") or cell.get("conversations") or []
    found = []
    for entry in cell if isinstance(cell, list) else []:
        if not isinstance(entry, dict):
            return []
        role, content = entry.get("role", entry.get("from")), entry.get("content", entry.get("value"))
        if not isinstance(role, str) or not isinstance(content, str):
            return []
        found.append({"role": ROLES.get(role, role), "content": content})
    return found


def tokenize(tokenizer: Any, messages: list[Message], length: int) -> dict[str, list[int]]:
    """Token ids and labels; everything but the answers is :data:`IGNORED`.

    Args:
        tokenizer: with a chat template.
        messages: one conversation.
        length: most tokens; the end is cut.
    """
    ids: list[int] = []
    labels: list[int] = []
    for number, message in enumerate(messages):
        answer = message["role"] == "assistant"
        if answer:
            ids, labels = _grown(tokenizer, messages[:number], ids, labels, learned=False, prompt=True)
        ids, labels = _grown(tokenizer, messages[: number + 1], ids, labels, learned=answer, prompt=False)
    return {"input_ids": ids[:length], "labels": labels[:length]}


def _grown(
    tokenizer: Any, messages: list[Message], ids: list[int], labels: list[int], learned: bool, prompt: bool
) -> tuple[list[int], list[int]]:
    """The conversation one piece further; labels of what is new. Texts before that changed are not learned."""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
    whole = tokenizer(text, add_special_tokens=False)["input_ids"]
    same = 0
    while same < min(len(ids), len(whole)) and ids[same] == whole[same]:
        same += 1
    new = whole[same:]
    return whole, labels[:same] + (new if learned else [IGNORED] * len(new))


class Collate:
    """Pads token ids on the right; padding is neither read nor learned."""

    def __init__(self, pad: int):
        self.pad = pad

    def __call__(self, rows: list[dict[str, list[int]]]) -> dict[str, Any]:
        """``input_ids``, ``attention_mask`` and ``labels``, int64 [n, tokens], tokens a multiple of 8."""
        import torch

        longest = max(len(row["input_ids"]) for row in rows)
        width = math.ceil(longest / PAD_TO) * PAD_TO

        def padded(name: str, filler: int) -> Any:
            return torch.tensor([row[name] + [filler] * (width - len(row[name])) for row in rows])

        mask = torch.tensor([[1] * len(r["input_ids"]) + [0] * (width - len(r["input_ids"])) for r in rows])
        ids, labels = padded("input_ids", self.pad), padded("labels", IGNORED)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
