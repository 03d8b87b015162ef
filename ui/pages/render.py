"""From the agent's events and history to the messages of Gradio's chatbot. Pure functions; no decisions."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from html import unescape
from typing import Any

from assistant.agent import events
from assistant.agent.history import Entry
from assistant.agent.state import NOTHING_SAID
from ui.languages import say
from ui.pages.cards import approval_card, citations_block, picture, result_card
from ui.pages.how import Step, how_block, kind_of, step
from ui.pages.html import text

Message = dict[str, Any]
REPLY = "reply"  # the id of all answers in words, which tells them from steps and cards

STEPS = {
    "inspect_dataset": "Looked into the data",
    "recommend_model": "Compared the options",
    "finetune_model": "Started the fine-tuning",
    "list_jobs": "Looked at the jobs",
    "show_job": "Looked at the job",
    "cancel_job": "Cancelled the job",
    "resume_job": "Let the job go on",
    "list_models": "Looked at the models",
    "evaluate_model": "Measured the model",
    "compare_models": "Compared the models",
    "deploy_model": "Deployed the model",
    "undeploy_model": "Took the model out of service",
    "benchmark_model": "Measured the speed",
    "predict": "Ran the model",
    "explain_prediction": "Explained the prediction",
    "search_knowledge": "Searched the documents",
    "add_knowledge": "Added to the knowledge base",
    "remove_knowledge": "Removed from the knowledge base",
    "redact_text": "Looked for personal data",
}
# What Markdown reads within a line, and the ends of lines, as entities that it leaves alone.
MARKDOWN = {ord(sign): f"&#{ord(sign)};" for sign in "*_`~[]!|:@.\\\n"}
# What would make HTML, a picture, a link or a code block of words in a reply, and the quotation marks of code.
ACTIVE = re.compile(r"\\?(?:<|`|!(?=\[)|(?<=\])[(:]|:(?=//)|(?<=\bwww)\.|~(?=~~))", re.IGNORECASE)
# A block of code, at the margin or within a list, up to its end or while it is being written; and code within a line.
END = r"[ \t]*(?P=fence)[`~]*[ \t]*$"
CODE = re.compile(
    r"^(?P<lead>[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,})(?P<language>[\w+#.-]*)[^`\n]*\n"
    rf"(?P<block>(?:(?!{END}).*\n)*(?:(?!{END}).+\Z)?)(?:{END}|\Z)"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?P<words>[^\n]{1,2000}?)(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE,
)
FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
LANGUAGES = {
    "bash",
    "sh",
    "python",
    "json",
    "sql",
    "html",
    "css",
    "javascript",
    "yaml",
}  # not mermaid: it draws
SAID = re.compile(r'<span class="sa-said">(.*?)</span>', re.DOTALL)
NUMBER = re.compile(r"\[(\d{1,2})\](?!&#40;)")
ENDINGS = {
    "failed": " — failed",
    "declined": " — declined",
    "waiting": " — waiting for your yes",
    "stopped": " — stopped",
}


def user_message(words: str, files: Iterable[str] = (), id_: str = "") -> Message:
    """What the user said, with the names of the files they attached; by its id it can be edited."""
    names = "".join(f'<span class="sa-file">📎 {text(name)}</span>' for name in files)
    message: Message = {"role": "user", "content": f"{_inert(words)}{names}"}
    return {**message, "metadata": {"id": id_}} if id_ else message


def reply_message(words: str, suggestions: Iterable[str] = (), shown: Iterable[events.Event] = ()) -> Message:
    """What the assistant says, with next steps as buttons; the numbers of the passages it cites open them.

    Args:
        words: the reply.
        suggestions: the next steps.
        shown: what came with it, its citations among them.
    """
    cited = (each for each in shown if isinstance(each, events.Citation) and each.passage.isdecimal())
    content = _markdown(words, {str(each.number): each.passage for each in cited})
    message: Message = {"role": "assistant", "content": content, "metadata": {"id": REPLY}}
    if options := [{"value": each, "label": each} for each in suggestions]:
        message["options"] = options
    return message


def step_message(
    name: str, args: dict[str, Any], status: str, result: dict[str, Any], so_far: str = ""
) -> Message:
    """A tool step, folded away, with its arguments and its result; of one that runs, how far it is."""
    plain = text(name).translate(MARKDOWN | {ord("_"): "_"})  # a model may have made it up
    title = f"{say(STEPS.get(name, plain))}{say(ENDINGS.get(status, ''))}{f' — {so_far}' if so_far else ''}"
    shown = json.dumps({"arguments": args, "result": result}, ensure_ascii=False, indent=1, default=str)
    shown = shown if len(shown) < 4000 else shown[:4000] + " …"
    fence = "```"
    return {
        "role": "assistant",
        "content": f"<code>{plain}</code>\n\n{fence}json\n{shown.replace(fence, '')}\n{fence}",
        "metadata": {"title": title, "status": "pending" if status == "running" else "done"},
    }


def card_message(html: str) -> Message:
    """A card of ours; its texts are escaped already, and no empty line in it makes the rest of it Markdown."""
    return {"role": "assistant", "content": re.sub(r"\s*\n\s*\n", "\n", html)}


def hidden_note(entity_types: Iterable[str]) -> Message:
    """What was taken out of the user's message before it was stored."""
    named = say(", ").join(sorted({kind_of(each) for each in entity_types}))
    return card_message(
        f'<div class="sa-more">{text(say("Taken out of your message before it was stored"))}: {text(named)}</div>'
    )


def stopped_note(words: str) -> list[Message]:
    """Below an answer that the user stopped; where it has no words of its own, it says so itself."""
    if words in NOTHING_SAID:
        return []
    return [card_message(f'<div class="sa-more">{text(say("You stopped this answer."))}</div>')]


def stands_note(stands: Iterable[events.Stands]) -> list[Message]:
    """Below a message that was put again: what the part that was taken back had done."""
    done = [
        f"{say(STEPS.get(each.tool, each.tool))}{f' ({each.job})' if each.job else ''}" for each in stands
    ]
    if not done:
        return []
    told = f"{text(say('Done before and not undone'))}: {text('; '.join(done))}."
    return [card_message(f'<div class="sa-more">{told}</div>')]


def approval_message(row: dict[str, Any]) -> Message:
    """The card of an approval that waits."""
    return card_message(approval_card(row["summary"], row["tool"], row["args"], row["details"] or {}))


def shown_messages(shown: Iterable[events.Event]) -> list[Message]:
    """The messages of what comes with a tool's result: citations in one block, pictures and reports."""
    shown = list(shown)
    citations = [asdict(each) for each in shown if isinstance(each, events.Citation)]
    pictures = [asdict(each) for each in shown if isinstance(each, events.Artifact)]
    blocks = [citations_block(citations)] if citations else []
    return [card_message(block) for block in [*blocks, *map(picture, pictures)]]


def how_messages(
    steps: list[Step], shown: Iterable[events.Event], asked: str, said: str, model: str | None
) -> list[Message]:
    """How an answer was made, where there is something to tell; see :func:`ui.pages.how.how_block`."""
    cited = [each for each in shown if isinstance(each, events.Citation)]
    block = how_block(steps, cited, asked, said, model)
    return [card_message(block)] if block else []


def history_messages(
    lines: Iterable[Entry], asked: Callable[[str], dict[str, Any] | None] = lambda call_id: None
) -> list[Message]:
    """A stored conversation; sources and pictures stand below the reply that rests on them, as they did live.

    Args:
        lines: the conversation.
        asked: the answered approval of a tool call that was closed without a run.
    """
    messages: list[Message] = []
    held: list[Message] = []
    turn: list[Entry] = []
    for line in lines:
        if line.role == "user":
            messages += [*held, *_how(turn)]
            turn, held = [], []
            messages = without_buttons(messages)
            messages += [user_message(line.text, line.files, line.id), *stands_note(line.stands)]
        elif line.role == "assistant":
            reply = reply_message(
                line.text, line.suggestions, [event for each in turn for event in each.shown]
            )
            messages += [reply, *(stopped_note(line.text) if line.stopped else []), *held]
            held = []
        else:
            if line.status == "waiting":
                messages += [approval_message(row) for row in [asked(line.id)] if row]
            else:
                messages.append(step_message(line.name, line.args, line.status, line.result))
            if html := result_card(line.name, line.result):
                messages.append(card_message(html))
            held += shown_messages(line.shown)
        turn.append(line)
    return steps_last([*messages, *held, *_how(turn)])


def _how(turn: list[Entry]) -> list[Message]:
    """How the answer of a turn was made; nothing where the user stopped it."""
    if any(line.stopped for line in turn):
        return []
    steps = [
        step(line.name, line.args, line.status, line.result)
        for line in turn
        if line.role == "tool" and line.status != "waiting"
    ]
    shown = [event for line in turn for event in line.shown]
    asked = next((line.text for line in turn if line.role == "user"), "")
    replies = [line for line in turn if line.role == "assistant"]
    model = next((line.model for line in reversed(replies) if line.model), None)
    return how_messages(steps, shown, asked, "\n".join(line.text for line in replies), model)


def steps_last(messages: list[Message]) -> list[Message]:
    """Next steps below the last message, the only place where the chatbot shows them."""
    options = next((each["options"] for each in reversed(messages) if each.get("options")), None)
    plain = without_buttons(messages)
    return [*plain[:-1], {**plain[-1], "options": options}] if options else messages


def without_buttons(messages: list[Message]) -> list[Message]:
    """Old next steps are no longer offered once the conversation has moved on."""
    return [{key: value for key, value in each.items() if key != "options"} for each in messages]


def message_id(messages: list[Message], place: Any) -> str | None:
    """The id of the user's message at a place among the chatbot's; None where it is not stored."""
    known = isinstance(place, int) and 0 <= place < len(messages) and messages[place]["role"] == "user"
    return str((messages[place].get("metadata") or {}).get("id") or "") or None if known else None


def place_of(messages: list[Message], id_: str | None) -> int | None:
    """Where the user's message with this id stands among the chatbot's; the last stored one where left out."""
    stored = [(place, message_id(messages, place)) for place in range(len(messages))]
    places = [place for place, found in stored if found and id_ in (None, found)]
    return places[-1] if places else None


def plain_words(content: Any) -> str:
    """The words of a user's message as the chatbot holds it."""
    parts = content if isinstance(content, list) else [content]
    html = "".join(str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in parts)
    said = SAID.search(html)
    return unescape(said[1]) if said else html


def _inert(words: str) -> str:
    """Words that can become neither HTML nor Markdown."""
    return f'<span class="sa-said">{text(words).translate(MARKDOWN)}</span>'


def _markdown(words: str, places: dict[str, str]) -> str:
    """Words as Markdown without HTML, pictures and links, but that cited numbers lead to their passages.

    What is escaped is written as numbers of characters: no reading of Markdown looks into those.
    """

    def link(found: re.Match[str]) -> str:
        place = places.get(found[1])
        return f"[[{found[1]}]](/passages/{place}#here)" if place else found[0]

    words = words.replace("\r\n", "\n").replace("\r", "\n")
    made, at = [], 0
    for code in CODE.finditer(words):
        made += [NUMBER.sub(link, _escaped(words[at : code.start()])), _code(code)]
        at = code.end()
    return "".join([*made, NUMBER.sub(link, _escaped(words[at:]))])


def _escaped(words: str) -> str:
    return ACTIVE.sub(lambda sign: f"&#{ord(sign[0][-1])};", words)


def _code(found: re.Match[str]) -> str:
    """Code: a block at the margin stays Markdown's; all other becomes HTML, which every reader takes for the same.

    So does a block in which a line looks like the end of one: readers of Markdown do not agree on where it would end.
    """
    if words := found["words"]:
        padded = words[0] == words[-1] == " " and words.strip()
        return f"<code>{_coded(words[1:-1] if padded else words)}</code>"
    block = found["block"]
    if found["lead"] or FENCE.search(block):
        plain = re.sub(rf"^[ \t]{{0,{len(found['lead'])}}}", "", block, flags=re.MULTILINE)
        return f"{found['lead']}<pre><code>{_coded(plain.rstrip())}</code></pre>"
    language = found["language"] if found["language"] in LANGUAGES else ""
    ended = "" if block.endswith("\n") else "\n"
    return f"```{language}\n{block}{ended}```"


def _coded(words: str) -> str:
    return re.sub(r"[\W_]", lambda sign: f"&#{ord(sign[0])};", words)
