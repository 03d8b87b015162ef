"""A conversation as a local model's own chat template writes it, tools included.

Templates differ in what they know. ``xml_tools`` is SmolLM3's word for tools. Llama 3's refuses two calls in one
message. Some know no tools at all: those get them in words, in the form that Qwen, SmolLM and Hermes models are
trained on. Thinking is switched off where a template has a switch, because its text is shown to nobody.
"""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assistant.brain.conversation import plain, text_of
from assistant.errors import ModelUnavailable

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

ROOM_FOR_REPLY = 256  # tokens kept free of the window at least
IN_WORDS = """\
You may call tools. Their signatures stand within <tools></tools>:
<tools>
{tools}
</tools>
To call one, write a JSON object with its name and arguments within <tool_call></tool_call>, and nothing after it:
<tool_call>
{{"name": <name>, "arguments": <arguments>}}
</tool_call>"""


def prompt(
    tokenizer: Any,
    window: int,
    messages: Sequence["BaseMessage"],
    tools: list[dict[str, Any]],
    max_tokens: int,
) -> Any:
    """Token ids of the prompt; the oldest turns are left out where the window is too small.

    Args:
        tokenizer: has the chat template.
        window: tokens the model can look at.
        messages: the conversation.
        tools: in OpenAI's form.
        max_tokens: longest reply, in tokens.

    Raises:
        ModelUnavailable: even the newest message does not fit, or the template cannot write the conversation.
    """
    chat = chat_of(messages)
    room = window - min(max_tokens, max(ROOM_FOR_REPLY, window // 4))
    while True:
        inputs = render(tokenizer, chat, tools)
        if inputs["input_ids"].shape[1] <= room:
            return inputs
        if not _drop_oldest_turn(chat):
            raise ModelUnavailable(
                f"The message does not fit the model's window of {window} tokens.",
                "Send a shorter one, or choose a model with a longer window.",
            )


def chat_of(messages: Sequence["BaseMessage"]) -> list[dict[str, Any]]:
    """Messages as chat templates take them."""
    system = "\n\n".join(text_of(message) for message in messages if message.type == "system")
    chat: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    names: dict[str, str] = {}
    for entry in plain(messages):
        message = {"role": entry["role"], "content": entry["content"]}
        if calls := entry.get("tool_calls"):
            names |= {call["id"]: call["name"] for call in calls}
            message["tool_calls"] = [
                {
                    "type": "function",
                    "id": call["id"],
                    "function": {"name": call["name"], "arguments": call["args"]},
                }
                for call in calls
            ]
        if entry["role"] == "tool":
            message |= {"name": names.get(entry["tool_call_id"], ""), "tool_call_id": entry["tool_call_id"]}
        chat.append(message)
    return chat


def render(tokenizer: Any, chat: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Any:
    """The chat through the template, as token ids; what the template does not know is put in words before.

    Raises:
        ModelUnavailable: the template cannot write it.
    """
    from jinja2.exceptions import TemplateError

    source = tokenizer.get_chat_template(tools=tools or None)
    options: dict[str, Any] = {"enable_thinking": False}
    if re.search(r"\bxml_tools\b", source):
        options["xml_tools"] = tools or None
    elif re.search(r"\btools\b", source):
        options["tools"] = tools or None
    elif tools:
        chat = _with_tools_in_words(chat, tools)
    if not re.search(r"\btool_calls\b", source):
        chat = calls_in_words(chat)
    try:
        return _apply(tokenizer, chat, options)
    except (TemplateError, TypeError, ValueError) as error:
        single = one_call_a_message(chat)
        if len(single) != len(chat):
            return render(tokenizer, single, tools)
        raise ModelUnavailable(
            f"The model's chat template cannot write this conversation: {error}",
            "Choose a chat model whose template takes tools.",
        ) from error


def _apply(tokenizer: Any, chat: list[dict[str, Any]], options: dict[str, Any]) -> Any:
    return tokenizer.apply_chat_template(
        chat, add_generation_prompt=True, return_tensors="pt", return_dict=True, **options
    )


def _with_tools_in_words(chat: list[dict[str, Any]], tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = IN_WORDS.format(tools="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools))
    if chat and chat[0]["role"] == "system":
        return [{"role": "system", "content": f"{chat[0]['content']}\n\n{words}"}, *chat[1:]]
    return [{"role": "system", "content": words}, *chat]


def calls_in_words(chat: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chat without tool messages: calls stand in the assistant's words, results in the user's.

    Args:
        chat: as :func:`chat_of` makes it.
    """
    told: list[dict[str, Any]] = []
    for message in chat:
        content = message["content"]
        for call in message.get("tool_calls") or []:
            written = json.dumps(call["function"], ensure_ascii=False)
            content = f"{content}\n<tool_call>\n{written}\n</tool_call>".strip()
        if message["role"] != "tool":
            told.append({"role": message["role"], "content": content})
            continue
        content = f"<tool_response>\n{content}\n</tool_response>"
        if told and told[-1].get("results"):
            told[-1]["content"] += f"\n{content}"
        else:
            told.append({"role": "user", "content": content, "results": True})
    return [{"role": message["role"], "content": message["content"]} for message in told]


def one_call_a_message(chat: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chat with parallel calls one after the other, each before its result.

    Args:
        chat: as :func:`chat_of` makes it.
    """
    results = {message["tool_call_id"]: message for message in chat if message["role"] == "tool"}
    single: list[dict[str, Any]] = []
    for message in chat:
        calls = message.get("tool_calls") or []
        if message["role"] == "tool":
            continue
        if not calls:
            single.append(message)
        for at, call in enumerate(calls):
            single.append({**message, "content": "" if at else message["content"], "tool_calls": [call]})
            single += [results[call["id"]]] if call["id"] in results else []
    return single


def _drop_oldest_turn(chat: list[dict[str, Any]]) -> bool:
    """Take the oldest user turn with its answers out; False where only the newest is left."""
    starts = [at for at, message in enumerate(chat) if message["role"] == "user"]
    if len(starts) < 2:
        return False
    del chat[starts[0] : starts[1]]
    return True
