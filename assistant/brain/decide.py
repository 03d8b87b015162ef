"""What to do about a conversation's newest message: which tool with which arguments, or what to ask, or nothing.

The encoder reads every message of the talk (``reader``); going through the talk from its beginning gives the things it
is about (``history``); the newest message is then acted on, its pointing phrases resolved (``things``, ``arguments``).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.brain import ask
from assistant.brain.arguments import arguments, offered
from assistant.brain.asked import Asked
from assistant.brain.continuing import going_on, same_again
from assistant.brain.elsewhere import command_for
from assistant.brain.filling import filled
from assistant.brain.history import Context, note_call, note_reply, note_result
from assistant.brain.labels import NONE, SLOTS
from assistant.brain.language import CHINESE, language_of
from assistant.brain.mentions import find_mentions
from assistant.brain.questions import asked_for, listed, plans
from assistant.brain.reader import reader
from assistant.brain.reading import Reading
from assistant.brain.replies.talk import PERSONAL, is_greeting
from assistant.brain.resuming import let_go_on
from assistant.brain.situation import Situation
from assistant.brain.things.explained import FLIPS, doubted
from assistant.brain.whole import over_rows

SURE = 0.97  # the confidence in an answer to an open question
UNSURE = 0.7  # share of the first tool below which others are offered; chosen on the cases developed on
RIVAL = 0.15  # tools with at least this share are offered
TURNS_REMEMBERED = 8
SHORT_WORD = 24  # characters of a reply ("好的，不急。") that asks for nothing unless it is a question
Message = Mapping[str, Any]
Read = Callable[[Sequence[dict[str, Any]], Situation], list[Reading]]


@dataclass(frozen=True)
class Decision:
    """What the assistant would do.

    ``tool`` is None for small talk and what no tool does. ``missing`` names arguments it has to ask for; ``options``
    names tools it offers instead of acting when unsure; ``question`` is what it would say in either case.
    """

    tool: str | None
    args: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    confidence: float = 1.0
    options: list[str] = field(default_factory=list)
    question: str = ""
    choices: list[str] = field(default_factory=list)
    language: str = "en"

    def as_dict(self) -> dict[str, Any]:
        """The line that ``assistant plan`` prints."""
        return {
            "tool": self.tool,
            "args": self.args,
            "missing": self.missing,
            "confidence": round(self.confidence, 3),
            "options": self.options,
        }


def decide(
    messages: Sequence[Message],
    situation: Situation,
    allowed: Collection[str] | None = None,
    read: Read | None = None,
) -> Decision:
    """Decide about the last message, which is the user's.

    Args:
        messages: ``{"role", "content"}`` in order; an assistant's may carry ``tool_calls`` (``name``, ``args``), and
            ``tool`` messages hold results as JSON.
        situation: what the workspace holds.
        allowed: names of the tools that may be called; all where None.
        read: the encoder; the package's own where left out.
    """
    talk = _recent([{**message, "content": _content(message)} for message in messages])
    readings = _read(talk, situation, read or reader().read)
    context = Context()
    for at in range(len(talk) - 1):
        _note(context, talk, at, readings.get(at), situation)
    asked = Asked(readings[len(talk) - 1], find_mentions(talk[-1]["content"], situation), context, situation)
    if (question := doubted(talk, asked)) and (allowed is None or "search_knowledge" in allowed):
        args = {"query": question, "why": True}
        return _finish("search_knowledge", args, SURE, [], asked, _language(asked.text, context))
    return _next(asked, allowed)


def _recent(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last turns of a conversation."""
    starts = [at for at, message in enumerate(messages) if message["role"] == "user"]
    return messages[starts[-TURNS_REMEMBERED] if len(starts) > TURNS_REMEMBERED else 0 :]


def spoken(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Of a conversation's last turns, the messages with words of user and assistant: what the encoder reads."""
    talk = _recent([{**message, "content": _content(message)} for message in messages])
    return [message for message in talk if _is_spoken(message)]


def _is_spoken(message: Message) -> bool:
    return message["role"] == "user" or (message["role"] == "assistant" and bool(message["content"]))


def _read(talk: list[dict[str, Any]], situation: Situation, read: Read) -> dict[int, Reading]:
    """The reading of each message with words, by its place."""
    places = [at for at, message in enumerate(talk) if _is_spoken(message)]
    return dict(zip(places, read([talk[at] for at in places], situation), strict=True))


def _note(
    context: Context, talk: list[dict[str, Any]], at: int, reading: Reading | None, situation: Situation
) -> None:
    """Go past one message of the talk."""
    message = talk[at]
    if message["role"] == "tool":
        note_result(context, message["content"])
        return
    for call in message.get("tool_calls") or []:
        note_call(context, call["name"], call["args"], situation)
    if reading is None:
        return
    asked = Asked(reading, find_mentions(message["content"], situation), context, situation)
    if message["role"] == "assistant":
        told = at > 0 and talk[at - 1]["role"] == "tool"  # a result is known better than its words
        nothing = reading.asks == "nothing" or len(asked.text) <= SHORT_WORD
        if context.idle and context.open and nothing and not _asks_again(asked.text):
            return  # after a word between, the question or proposal still stands
        note_reply(context, asked.mentions, {} if told else offered(asked))
        context.choices, context.plans = ask.offered(asked.text), plans(asked)
        context.asks = asked_for(reading.asks, asked.text, context) if context.open else "nothing"
        context.question = asked.text if context.open else ""
        context.asker = reading.tool
        context.listed = {slot: listed(slot, asked.mentions) for slot in SLOTS} if context.open else {}
    else:
        _note_user(asked, called=at + 1 < len(talk) and bool(talk[at + 1].get("tool_calls")))


def _asks_again(text: str) -> bool:
    """Whether a reply asks or proposes something itself."""
    return text.rstrip().endswith(("?", "？"))


def _note_user(asked: Asked, called: bool) -> None:
    context, text = asked.context, asked.text
    if CHINESE.search(text) or re.search(r"[A-Za-z]{2}", text):
        context.language = language_of(text)
    if not called:
        decision = _next(asked, None)
        if decision.options and context.tool:  # what is unsure does not change what the talk is about
            context.idle = True
        else:
            note_call(context, decision.tool, decision.args, asked.situation)
    files = asked.mentions.of("file")
    context.dataset = next(iter(files), context.dataset)
    context.seen |= set(files)
    context.model = next(iter(asked.mentions.of("model")), context.model)


def _content(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if isinstance(part, dict))


def _next(asked: Asked, allowed: Collection[str] | None) -> Decision:
    language = _language(asked.text, asked.context)
    if not asked.context.open and (PERSONAL.match(asked.text.strip()) or is_greeting(asked.text)):
        return Decision(None, language=language)
    if (allowed is None or "deploy_model" in allowed) and (told := command_for(asked, language)):
        return Decision(None, confidence=SURE, question=told, language=language)
    if (args := over_rows(asked)) and (allowed is None or "explain_prediction" in allowed):
        return _finish("explain_prediction", args, SURE, [], asked, language)
    step = going_on(asked)
    if step is not None and (allowed is None or step[0] is None or step[0] in allowed):
        return _finish(*step, SURE, [], asked, language)
    if (again := same_again(asked)) and (allowed is None or again in allowed):
        return _finish(again, filled(again, asked), SURE, [], asked, language)
    if (pressed := ask.button(asked.text)) and (allowed is None or pressed in allowed):
        return _finish(pressed, filled(pressed, asked), SURE, [], asked, language)
    if resumed := let_go_on(asked, allowed):
        return _finish(resumed, arguments(resumed, asked), SURE, [], asked, language)
    if _tries_it(asked) and (allowed is None or "predict" in allowed):
        return _finish("predict", filled("predict", asked), SURE, [], asked, language)
    if _flips(asked) and (allowed is None or "explain_prediction" in allowed):
        return _finish("explain_prediction", filled("explain_prediction", asked), SURE, [], asked, language)
    shares = _restrict(asked.reading.tools, allowed, asked.situation)
    tool, confidence = next(iter(shares.items()))
    if (
        confidence < UNSURE
        and asked.mentions.of("quote")
        and shares.get("predict", 0.0) >= RIVAL
        and _TRY.match(asked.text)
    ):
        tool = "predict"
    if tool == NONE:
        return _finish(None, {}, confidence, _options(shares), asked, language)
    args = filled(tool, asked)
    # A quoted text and a model to try it with: that is harmless to do, and asking back would only annoy.
    plain = tool == "predict" and asked.mentions.of("quote") and args.get("model") and args.get("text")
    return _finish(tool, args, confidence, [] if plain else _options(shares), asked, language)


# After "mend those, and train again" the encoder takes "try it on '…'" for another training.
_TRY_IT = re.compile(
    r"\W*(?:(?:ok(?:ay)?|and|now|then|so|great|please|(?:can|could) you)\W+)*(?:try|test|run) "
    r"(?:it|this|that|(?:the|this|that)(?: new)? (?:model|one)) (?:out )?(?:on|with|against)(?: this)?"
    r"\s*[:：]?\s*[\"'“‘「]",
    re.IGNORECASE,
)


def _tries_it(asked: Asked) -> bool:
    """Whether a model is to be tried on a quotation, in so many words."""
    known = asked.situation.role != "visitor" and asked.situation.model_names
    return bool(known and asked.mentions.of("quote") and _TRY_IT.match(asked.text))


def _flips(asked: Asked) -> bool:
    """Whether it is asked what small change would turn a model's answer on a text."""
    spoken_of = asked.mentions.of("model") or asked.context.model
    text = asked.mentions.of("quote") or asked.context.text
    return bool(
        asked.situation.role != "visitor" and spoken_of and text and FLIPS.search(asked.outside_quotes())
    )


_TRY = re.compile(r"\W*(?:(?:ok|and|now|then)\W+)*(?:try|test|run)\b|\W*(?:再|那)?试", re.IGNORECASE)


def _options(shares: Mapping[str, float]) -> list[str]:
    """Two or three tools to offer where none stands out; empty where one does, or only one may be meant."""
    ranked = list(shares.items())
    top = ranked[0][1]
    if top >= UNSURE:
        return []
    likely = [name for name, share in ranked[:4] if name != NONE and share >= RIVAL * top]
    return likely[:3] if len(likely) > 1 else []


def _language(text: str, context: Context) -> str:
    """The message's language; a message without words of its own ("3", "job-2") keeps the conversation's."""
    if CHINESE.search(text):
        return language_of(text)
    return "en" if re.search(r"[A-Za-z]{2}\s+[A-Za-z]{2}", text) else context.language


def _restrict(
    shares: Mapping[str, float], allowed: Collection[str] | None, situation: Situation
) -> dict[str, float]:
    """Leave only tools that may be called; for a visitor everything but small talk is a question."""
    names = {"search_knowledge"} if situation.role == "visitor" else None if allowed is None else set(allowed)
    if names is None:
        return dict(shares)
    kept = {name: share for name, share in shares.items() if name in names or name == NONE}
    heir = "search_knowledge" if "search_knowledge" in names else NONE
    kept[heir] = kept.get(heir, 0.0) + 1 - sum(kept.values())
    return dict(sorted(kept.items(), key=lambda pair: -pair[1]))


def _finish(
    tool: str | None, args: dict[str, Any], confidence: float, options: list[str], asked: Asked, language: str
) -> Decision:
    """Add what is missing and the question to a choice."""
    missing = missing_arguments(tool, args) if tool else []
    decision = Decision(tool, args, missing, confidence, options, language=language)
    question, choices = ask.question_for(decision, asked.situation)
    return replace(decision, question=question, choices=choices)


def missing_arguments(tool: str, args: Mapping[str, Any]) -> list[str]:
    """Required arguments without a value; a comparison needs two models, an explanation a text or a dataset."""
    from tools.catalog.registry import catalog

    missing = [name for name in catalog()[tool].required if not args.get(name)]
    if tool == "explain_prediction" and not (args.get("text") or args.get("dataset")):
        missing.append("text")
    if tool == "compare_models" and len(args.get("models") or []) < 2 and not missing:
        missing = ["models"]
    return missing
