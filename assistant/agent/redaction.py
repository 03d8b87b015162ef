"""The redaction gate: nothing personal enters a checkpoint, a log or a model, and nothing leaves with a reply."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from assistant.agent.context import TurnContext

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

# Free text is gated, and what is made here stays as it is. Names that somebody gave (labels, models, columns) are no
# texts about people, so guesses about words say nothing about them; but they may be somebody's address or number.
MADE_HERE = {
    "id",
    "code",
    "entity_type",
    "job",
    "task",
    "method",
    "status",
    "kind",
    "path",
    "report",
    "passage",
}
GIVEN = {"label", "model", "name", "base"}
_FORMS = re.compile(r"[\d@:/]")  # signs that an address, a number or a key of a program has at least one of
GUESSES = frozenset({"PERSON", "LOCATION", "AGE", "DATE_TIME", "LEFT_OUT"})


def clean_text(
    text: str, context: TurnContext, heard: bool = False, left: Collection[str] = ()
) -> tuple[str, list[str]]:
    """A text without personal data, and the types of what was taken out.

    Args:
        text: any text.
        context: the turn, which knows the names to leave alone and the contacts that citations make public.
        heard: it is the user's word, of which only personal data is taken out.
        left: types that stay.
    """
    if not text.strip():
        return text, []
    from tools.privacy.redactor import replaced

    entities = (context.personal if heard else context.redactor).gated(
        text, allow=[*context.allow, *context.quoted]
    )
    entities = [entity for entity in entities if entity.entity_type not in left]
    cleaned = replaced(text, entities, operators=context.vault)
    return cleaned, [entity.entity_type for entity in entities]


def clean_message(message: "AIMessage", context: TurnContext) -> "AIMessage":
    """A model's message as it may be kept: its text and its tool calls' texts redacted."""
    content = message.content
    if isinstance(content, str):
        content = clean_text(content, context)[0]
    else:
        content = [
            block | {"text": clean_text(block["text"], context)[0]}
            if isinstance(block, dict) and block.get("type") == "text"
            else block
            for block in content
        ]
    calls = [call | {"args": _walk(call["args"], context, [], heard=True)} for call in message.tool_calls]
    return message.model_copy(update={"content": content, "tool_calls": calls})


def clean_result(result: dict[str, Any], context: TurnContext) -> tuple[dict[str, Any], list[str]]:
    """A tool's arguments or result with its free texts redacted, and the types of what was taken out.

    Contacts in passages of the knowledge base are the team's own words to its readers; they stay, there and in the
    answer that quotes them. (What a visitor may see of them, the knowledge base has decided before.)
    """
    for quoted in [*(result.get("citations") or []), *(result.get("passages") or [])]:
        context.quoted.update(_contacts(quoted.get("text", ""), context))
    found: list[str] = []
    return _walk(result, context, found), found


def _contacts(text: str, context: TurnContext) -> set[str]:
    return {text[entity.start : entity.end] for entity in context.personal.find_quoted(text)}


def _walk(value: Any, context: TurnContext, found: list[str], key: str = "", heard: bool = False) -> Any:
    if isinstance(value, dict):
        return _fields(value, context, found, heard)
    if isinstance(value, list | tuple):
        return [_walk(item, context, found, key, heard) for item in value]
    if isinstance(value, str) and key not in MADE_HERE:
        cleaned, entities = clean_text(value, context, heard, GUESSES if key in GIVEN else ())
        found.extend(entities)
        return cleaned
    return value


def _key(name: Any, context: TurnContext, found: list[str], heard: bool) -> Any:
    """A key without addresses, numbers and keys of programs; most have no sign of any, and there may be thousands."""
    return _walk(name, context, found, "name", heard) if _FORMS.search(str(name)) else name


def _fields(value: dict[Any, Any], context: TurnContext, found: list[str], heard: bool) -> dict[Any, Any]:
    """An object whose keys are cleaned as names are, for labels and columns are keys, too."""
    fields: dict[Any, Any] = {}
    for name, item in value.items():
        key, number = _key(name, context, found, heard), 2
        while key in fields:  # two labels that look alike now are still two
            key, number = f"{key} ({number})", number + 1
        fields[key] = _walk(item, context, found, str(name), heard)
    return fields
