"""Conversations as training rows: chat templates, and a loss on the answers alone."""

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.data.label_sets import listed, missing
from tools.errors import BadData
from tools.finetune.examples import part, read
from tools.finetune.machine import PAD_TO
from tools.finetune.task import Run

if TYPE_CHECKING:
    import pandas

Message = dict[str, str]
ROLES = {
    "human": "user",
    "customer": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "agent": "assistant",
    "developer": "system",
}
INPUTS = ("input", "context", "输入")  # what an instruction is about, in a column of its own
SYSTEMS = ("system", "system_prompt", "system prompt")
CALLS = ("tool_calls", "function_call")  # of a message that calls a tool
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
        table: the table; a column of :data:`INPUTS` is added to the prompts, one of :data:`SYSTEMS` comes first.
        text_column: conversations, or prompts.
        label_column: the replies to the prompts; None for conversations.
    """
    own = (text_column, label_column)
    if label_column is None:
        found = [_messages(cell) for cell in table[text_column]]
    else:
        cells = zip(table[text_column], _beside(table, INPUTS, own), table[label_column], strict=True)
        found = [_exchange(*each) for each in cells]
    told = [_told(row, system) for row, system in zip(found, _beside(table, SYSTEMS, own), strict=True)]
    return [row for row in told if _answered(row)]


def _answered(row: list[Message]) -> bool:
    """Whether something is answered, and no answer is empty."""
    answers = [message["content"] for message in row[1:] if message["role"] == "assistant"]
    return bool(answers) and all(answer.strip() for answer in answers)


def joined(messages: list[Message]) -> str:
    """A conversation as one text, by which it is told from others."""
    return "\n".join(message["content"] for message in messages)


def _beside(table: "pandas.DataFrame", names: Sequence[str], own: Sequence[str | None]) -> list[Any]:
    """The cells of the column with one of these names; None for each row where there is no such column."""
    found = [name for name in table.columns if name.casefold().strip() in names and name not in own]
    return list(table[found[0]]) if found else [None] * len(table)


def _exchange(asked: Any, about: Any, reply: Any) -> list[Message]:
    """A prompt, what it is about, and its reply as messages; an empty list where one of them is missing."""
    prompt = "\n\n".join(str(each).strip() for each in (asked, about) if not missing(each))
    if missing(reply) or not prompt:
        return []
    return [{"role": "user", "content": prompt}, {"role": "assistant", "content": str(reply).strip()}]


def _told(row: list[Message], system: Any) -> list[Message]:
    """A conversation that begins with what the model is told to be, where it does not say so itself."""
    if not row or missing(system) or row[0]["role"] == "system":
        return row
    return [{"role": "system", "content": str(system).strip()}, *row]


def _messages(cell: Any) -> list[Message]:
    """One conversation in any of the usual spellings; an empty list where it is none, or a tool takes part in it."""
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except ValueError:
            cell = listed(cell)  # as Python writes it
    if isinstance(cell, dict):
        cell = cell.get("messages") or cell.get("conversations") or []
    found = []
    for entry in cell if isinstance(cell, list) else []:
        if not isinstance(entry, dict):
            return []
        role = entry.get("role", entry.get("from"))
        content = _content(entry.get("content", entry.get("value")))
        if not isinstance(role, str) or content is None or any(entry.get(key) for key in CALLS):
            return []
        role = ROLES.get(role.casefold().strip(), role.casefold().strip())
        if role not in ("system", "user", "assistant"):
            return []
        found.append({"role": role, "content": content})
    return found


def _content(value: Any) -> str | None:
    """The text of a message, in one piece or in parts as the OpenAI API has them; None for pictures, calls of tools."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    parts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(parts) if parts and all(isinstance(part, str) for part in parts) else None


def tokenize(tokenizer: Any, messages: list[Message], length: int) -> dict[str, list[int]]:
    """Token ids and labels; everything but the answers is :data:`IGNORED`.

    Args:
        tokenizer: with a chat template.
        messages: one conversation.
        length: most tokens; the end is cut.
    """
    ids: list[int] = []
    labels: list[int] = []
    # What comes before an answer stands in its prompt: some templates take no turn without an answer.
    for number in range(1, len(messages)):
        if messages[number]["role"] == "assistant":
            ids, labels = _grown(tokenizer, messages[:number], ids, labels, learned=False, prompt=True)
            ids, labels = _grown(tokenizer, messages[: number + 1], ids, labels, learned=True, prompt=False)
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


def _told_cut(rows: list[dict[str, Any]], length: int) -> list[str]:
    """A warning about conversations that are longer than what is read."""
    cut = sum(len(row["input_ids"]) >= length for row in rows)
    return (
        [f"{cut:,} conversations are longer than {length} tokens: what lies beyond was not learned."]
        if cut
        else []
    )


def folded(messages: list[Message]) -> list[Message]:
    """The same in strict turns: what the system says within the first message of the user, neighbours joined."""
    found: list[Message] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        if found and found[-1]["role"] == role:
            found[-1] = {"role": role, "content": f"{found[-1]['content']}\n\n{message['content']}"}
        else:
            found.append({"role": role, "content": message["content"]})
    return found


def _tokenized(tokenizer: Any, messages: list[Message], length: int) -> dict[str, list[int]] | None:
    """As :func:`tokenize`; in strict turns where the template wants them, None where it takes neither."""
    from jinja2 import TemplateError

    for form in (messages, folded(messages)):
        try:
            return tokenize(tokenizer, form, length)
        except TemplateError:
            continue
    return None


Tokenized = list[list[dict[str, Any]]]


def usable(
    tokenizer: Any, rows: Sequence[list[Message]], length: int
) -> tuple[list[dict[str, Any]], list[list[Message]], int]:
    """Conversations with something to learn: tokenized, and as they are; and how many the chat template does not take.

    Those whose answer lies beyond the limit are left out.

    Args:
        tokenizer: with a chat template.
        rows: the conversations.
        length: most tokens.
    """
    found = [(_tokenized(tokenizer, row, length), row) for row in rows]
    kept = [(ids, row) for ids, row in found if ids and any(label >= 0 for label in ids["labels"])]
    strange = sum(ids is None for ids, _ in found)
    return [ids for ids, _ in kept], [row for _, row in kept], strange


def told_strange(strange: int) -> list[str]:
    """A warning about conversations that the chat template does not take."""
    said = f"{strange:,} conversations are left out: the base model's chat template does not take them."
    return [said] if strange else []


def tokenized_parts(
    run: Run, tokenizer: Any, length: int
) -> tuple[Tokenized, list[list[Message]], list[str]]:
    """Tokenized training, validation and held-out rows, the held-out conversations, and what should be told of them.

    Rows whose answer lies beyond the limit are left out, as are those that the chat template does not take.

    Raises:
        BadData: nothing is left to train on or to measure.
    """
    columns, beside = (run.plan["text_column"], run.plan["label_column"]), run.plan.get("beside", ())
    rows = conversations(read(run.spec.data, columns, beside), *columns)
    given = run.spec.test_data
    test = conversations(read(given, columns, beside), *columns) if given else None
    parts = part(rows, test, run.spec.seed, joined)
    groups = (parts.train, parts.validation, parts.test)
    each = [usable(tokenizer, group, length) for group in groups]
    found, strange = [ids for ids, *_ in each], sum(count for *_, count in each)
    if strange and strange == sum(map(len, groups)):
        raise BadData(
            "The chat template of the base model takes none of the conversations.",
            "Let user and assistant speak in turn, the user first, or choose another base model.",
        )
    if not found[0] or not found[2]:
        raise BadData(f"No answer begins within the first {length} tokens.", "Shorten the prompts.")
    return found, each[2][1], told_strange(strange) + _told_cut(found[0], length)


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
