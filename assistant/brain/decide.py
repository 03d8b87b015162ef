"""What to do about a conversation's newest message: which tool with which arguments, or what to ask, or nothing.

Three separable parts: the choice of the tool (``choose``), the arguments (``arguments``), and asking back (here).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.brain import ask
from assistant.brain.answers import Change, read_answer
from assistant.brain.arguments import Asked, arguments, fresh_file, is_document
from assistant.brain.choose import tool_scores
from assistant.brain.followup import answer_to_question
from assistant.brain.history import Context, note_call, note_reply, note_result
from assistant.brain.language import CHINESE, language_of
from assistant.brain.mentions import Mentions, find_mentions
from assistant.brain.replies.talk import PERSONAL
from assistant.brain.situation import Situation

UNSURE = 0.45  # below this share a close rival makes the choice doubtful
RIVAL = 0.6
HOPELESS = 0.15
TURNS_REMEMBERED = 8
Message = Mapping[str, Any]


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
    messages: Sequence[Message], situation: Situation, allowed: Collection[str] | None = None
) -> Decision:
    """Decide about the last message, which is the user's.

    Args:
        messages: ``{"role", "content"}`` in order; an assistant's may carry ``tool_calls`` (``name``, ``args``), and
            ``tool`` messages hold results as JSON.
        situation: what the workspace holds.
        allowed: names of the tools that may be called; all where None.
    """
    context = read_context(messages[:-1], situation)
    return _next(_content(messages[-1]), context, situation, allowed)


def read_context(messages: Sequence[Message], situation: Situation) -> Context:
    """What the earlier turns leave behind, by going through them again.

    Args:
        messages: the conversation without its newest message.
        situation: what the workspace holds.
    """
    context = Context()
    starts = [at for at, message in enumerate(messages) if message["role"] == "user"]
    first = starts[-TURNS_REMEMBERED] if len(starts) > TURNS_REMEMBERED else 0
    for at, message in enumerate(messages[first:], start=first):
        if message["role"] == "user":
            _note_user(context, _content(message), _called(messages[at + 1 :]), situation)
        elif message["role"] == "tool":
            note_result(context, _content(message))
        elif message["role"] == "assistant":
            for call in message.get("tool_calls") or []:
                note_call(context, call["name"], call["args"], situation)
            note_reply(context, _content(message), situation)
    return context


def _called(rest: Iterable[Message]) -> bool:
    """Whether the assistant's next message calls a tool, which then need not be guessed."""
    following = next(iter(rest), None)
    return bool(following and following.get("tool_calls"))


def _note_user(context: Context, text: str, called: bool, situation: Situation) -> None:
    if CHINESE.search(text) or re.search(r"[A-Za-z]{2}", text):
        context.language = language_of(text)
    if not called:
        decision = _next(text, context, situation, None)
        note_call(context, decision.tool, decision.args, situation)
    mentions = find_mentions(text, situation)
    context.dataset = next(iter(mentions.of("file")), context.dataset)
    context.seen |= set(mentions.of("file"))
    context.model = next(iter(mentions.of("model")), context.model)


def _content(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content if isinstance(part, dict))


def _next(text: str, context: Context, situation: Situation, allowed: Collection[str] | None) -> Decision:
    language = _language(text, context)
    mentions = find_mentions(text, situation)
    asked = Asked(mentions, context, situation)
    answered = _answer(asked)
    if answered is not None:
        return _finish(*answered, 0.97, [], asked, language)
    if not context.asked and PERSONAL.match(text.strip()):
        return Decision(None, language=language)
    scores = _restrict(tool_scores(mentions.masked, hints(asked)), allowed, situation)
    if context.asked and context.tool:
        filled = answer_to_question(asked, scores)
        if filled is not None:
            return _finish(context.tool, filled, 0.9, [], asked, language)
    tool, confidence = next(iter(scores.items()))
    if tool == "none":
        return Decision(None, confidence=confidence, language=language)
    unsure = _options(scores)
    return _finish(tool, arguments(tool, asked), confidence, unsure, asked, language)


def _options(scores: Mapping[str, float]) -> list[str]:
    """The tools to offer where none stands out; empty where one does."""
    ranked = [(share, name) for name, share in scores.items() if name != "none"]
    top, second = ranked[0][0], ranked[1][0] if len(ranked) > 1 else 0.0
    doubtful = top < HOPELESS or (top < UNSURE and second > RIVAL * top)
    return [name for _, name in ranked[:3]] if doubtful and second else []


def _language(text: str, context: Context) -> str:
    """The message's language; a message without words of its own ("3", "job-2") keeps the conversation's."""
    if CHINESE.search(text):
        return language_of(text)
    return "en" if re.search(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}", text) else context.language


def _answer(asked: Asked) -> tuple[str | None, dict[str, Any]] | None:
    """The tool and arguments where the message answers a proposal; ``(None, {})`` for a no."""
    waiting = asked.situation.open_approval
    if not waiting and not (asked.context.proposed and asked.context.tool):
        return None
    tool = str(waiting["tool"]) if waiting else str(asked.context.tool)
    args = dict(waiting.get("args") or {}) if waiting else asked.context.args
    answer = read_answer(asked.text, args, tool, asked.situation)
    if answer == "yes":
        return tool, args
    if isinstance(answer, Change):
        return tool, {**args, **answer.args}
    return (None, {}) if answer == "no" else None


def _restrict(
    scores: dict[str, float], allowed: Collection[str] | None, situation: Situation
) -> dict[str, float]:
    """Leave only tools that may be called; for a visitor everything but small talk is a question."""
    names = {"search_knowledge"} if situation.role == "visitor" else None if allowed is None else set(allowed)
    if names is None:
        return scores
    kept = {name: share for name, share in scores.items() if name in names or name == "none"}
    lost = 1 - sum(kept.values())
    kept["search_knowledge" if "search_knowledge" in names else "none"] = (
        kept.get("search_knowledge" if "search_knowledge" in names else "none", 0.0) + lost
    )
    return dict(sorted(kept.items(), key=lambda pair: -pair[1]))


def hints(asked: Asked) -> dict[str, float]:
    """Points that the conversation and the attached files add to tools."""
    points: dict[str, float] = {}

    def add(tool: str, value: float) -> None:
        points[tool] = points.get(tool, 0.0) + value

    mentions, context = asked.mentions, asked.context
    if fresh_file(asked):
        document = all(is_document(name) for name in asked.situation.files)
        add("add_knowledge" if document else "inspect_dataset", 1.5)
        if re.search(r"\b(?:it|this|that)\b|这|它", asked.text):
            add("search_knowledge", -2)
    files = mentions.of("file")
    if files and not any(is_document(name) for name in files):
        add("add_knowledge", -2)
        add("search_knowledge", -2)
    elif files:
        add("finetune_model", -1.5)
    if context.tool in ("predict", "explain_prediction"):
        if mentions.of("quote"):
            add("predict", 1.5)
        if mentions.of("model") and re.search(
            r"\bsame\b|\bwith\b|\binstead\b|\band\b|呢|一样|再", asked.text
        ):
            add("predict", 4)
        add("explain_prediction", 0.5)
    if context.tool == "search_knowledge" and not mentions.found:
        add("search_knowledge", 1.0)
    if _names_model(mentions):
        add("search_knowledge", -2)
    return points


def _names_model(mentions: Mentions) -> bool:
    return bool(mentions.of("model") or mentions.of("job"))


def _finish(
    tool: str | None, args: dict[str, Any], confidence: float, options: list[str], asked: Asked, language: str
) -> Decision:
    """Add what is missing and the question to a choice."""
    if tool is None:
        return Decision(None, confidence=confidence, language=language)
    missing = missing_arguments(tool, args)
    decision = Decision(tool, args, missing, confidence, options, language=language)
    question, choices = ask.question_for(decision, asked.situation)
    return replace(decision, question=question, choices=choices)


def missing_arguments(tool: str, args: Mapping[str, Any]) -> list[str]:
    """Required arguments without a value; a comparison needs two models."""
    from tools.catalog.registry import catalog

    missing = [name for name in catalog()[tool].required if not args.get(name)]
    if tool == "compare_models" and len(args.get("models") or []) < 2 and not missing:
        missing = ["models"]
    return missing
