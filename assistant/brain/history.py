"""What earlier turns leave behind: the things last spoken of, the last action, and what the assistant offered."""

# ruff: noqa: E501 - patterns read best in one line

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.brain.mentions import Mentions
from assistant.brain.situation import Situation
from tools.workspace import HELD_OUT


@dataclass
class Context:
    """The state of a conversation before its newest message.

    ``dataset``, ``model``, ``job``, ``text``, ``source``: the things last spoken of; ``texts``: all of them, in order. ``pair``: models last named together,
    and ``best`` of them. ``tool``, ``args``: the last action, which the assistant may still have a question about
    (``open``). ``offer``: the arguments in what it recommended or proposed. ``choices``: tools it offered to choose from.
    ``asks``: the slot it has asked for, ``asker``: for which tool, in which words (``question``), ``listed``: the values it named, by slot; ``plans``: the trainings it offered to choose from. ``states``: how
    each job it named stands, ``told``: what it said of each. ``proposed``: the thing of each kind that its question names. ``deployed``: the model last put into service. ``jobs``, ``sources``: those spoken of one by
    one, in this order; ``recent``: models, the last one last. ``done``: the last arguments of each action. ``idle``: whether
    the last message was small talk or a question beside an open matter. ``seen``: files that came up. ``columns``: those of ``looked_into``, the dataset last looked into.
    """

    dataset: str | None = None
    model: str | None = None
    job: str | None = None
    text: str | None = None
    source: str | None = None
    best: str | None = None
    texts: list[str] = field(default_factory=list)
    pair: list[str] = field(default_factory=list)
    recent: list[str] = field(default_factory=list)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    idle: bool = False
    tool: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    open: bool = False
    offer: dict[str, Any] = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    asks: str = "nothing"
    asker: str | None = None
    question: str = ""
    plans: list[dict[str, Any]] = field(default_factory=list)
    listed: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    proposed: dict[str, str] = field(default_factory=dict)
    deployed: str | None = None
    jobs: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    sources: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    looked_into: str | None = None
    language: str = "en"


def note_call(context: Context, tool: str | None, args: Mapping[str, Any], situation: Situation) -> None:
    """Remember an action that was taken or announced.

    Args:
        context: changed in place.
        tool: the tool, or None where no tool was called.
        args: its arguments.
        situation: unused names are not remembered as models.
    """
    context.idle = tool is None or (tool == "search_knowledge" and context.open)
    if tool is None or context.idle:  # a word or a question between leaves an open matter open
        return
    context.open, context.choices, context.plans = False, [], []
    context.asks, context.listed = "nothing", {}
    if tool == "search_knowledge" and context.tool:  # a question between leaves the matter where it is
        return
    advised = context.offer if tool == context.tool == "recommend_model" else {}
    context.tool, context.args, context.offer = tool, dict(args), advised
    context.done[tool] = dict(args)
    if isinstance(args.get("model"), str):
        context.recent = [name for name in context.recent if name != args["model"]] + [args["model"]]
    for key in ("dataset", "model", "job", "text", "source"):
        if isinstance(args.get(key), str) and args[key] != HELD_OUT:
            setattr(context, key, args[key])
    if isinstance(args.get("text"), str) and args["text"] not in context.texts:
        context.texts.append(args["text"])
    context.seen |= {str(args[key]) for key in ("dataset", "source") if args.get(key)}
    if args.get("source") and args["source"] not in context.sources:
        context.sources.append(str(args["source"]))
    if tool == "finetune_model" and args.get("name") and args["name"] in situation.model_names:
        context.model = args["name"]
    if tool == "deploy_model":
        context.deployed = args.get("model")
    if isinstance(args.get("models"), list):
        context.pair = [str(name) for name in args["models"]]
        context.model, context.best = (context.pair[0] if context.pair else context.model), None


def note_result(context: Context, content: str) -> None:
    """Remember what a tool's result names: the new model, the job, the best of a comparison, the recommendation.

    Args:
        context: changed in place.
        content: the tool message's JSON.
    """
    try:
        result = json.loads(content)
    except (json.JSONDecodeError, TypeError):
        return
    if not isinstance(result, dict) or "error" in result or result.get("declined"):
        return
    if context.tool == "finetune_model":
        context.model, context.job = result.get("model") or context.model, result.get("job") or context.job
    elif context.tool in ("show_job", "cancel_job", "resume_job") and isinstance(result.get("id"), str):
        context.job = result["id"]
        done = result.get("result")
        if isinstance(done, dict) and isinstance(done.get("model"), str):
            context.model = done["model"]
    elif context.tool == "inspect_dataset":
        columns = [each for each in result.get("columns") or [] if isinstance(each, dict)]
        context.looked_into = context.args.get("dataset")
        context.columns = [str(each["name"]) for each in columns if each.get("name")]
    elif context.tool == "compare_models" and isinstance(result.get("best"), str):
        context.best = result["best"]
    elif context.tool == "recommend_model":
        first: dict[str, Any] = next(iter(result.get("candidates") or []), {})
        advice = {"base_model": first.get("model"), "method": first.get("method")}
        context.offer = {key: value for key, value in advice.items() if value}


def note_reply(context: Context, mentions: Mentions, offer: Mapping[str, Any]) -> None:
    """Remember what the assistant said: the things it named first, the winner of a comparison, what it offers.

    Args:
        context: changed in place.
        mentions: what it named.
        offer: the arguments read in it.
    """
    files, models, jobs = mentions.of("file"), mentions.of("model"), mentions.of("job")
    if files and (context.dataset is None or context.dataset not in files):
        context.dataset = files[0]
    if len(models) == 1 or (models and context.model not in models):
        context.model = models[0]
    if len(jobs) == 1 or (jobs and context.job not in jobs and context.tool != "list_jobs"):
        context.job = jobs[0]
        context.jobs += [jobs[0]] if len(jobs) == 1 and jobs[0] not in context.jobs else []
    told = _told(mentions)
    context.told = told or context.told
    context.proposed = _proposed(mentions)
    context.states = _states(told) or context.states
    context.seen |= set(files)
    if context.tool == "search_knowledge" and (files or mentions.of("url")):
        context.source = (files + mentions.of("url"))[0]
    if len(models) > 1:
        context.pair = models
    if context.tool in ("compare_models", "list_models", "evaluate_model") and models:
        context.best = winner(mentions) or context.best
        if context.tool == "compare_models" and context.best:
            context.model = context.best
    context.offer = {**context.offer, **offer}
    context.open = mentions.text.rstrip().endswith(("?", "？")) or bool(_ASKS.search(mentions.text))


# How a job stands, as people and replies say it.
_STATES = {
    "failed": re.compile(r"fail|crash|broke|error|went wrong|失败|挂了|报错|出错", re.IGNORECASE),
    "running": re.compile(r"running|in progress|going on|运行|在跑|进行|正在", re.IGNORECASE),
    "queued": re.compile(r"queued|waiting|pending|排队|等待", re.IGNORECASE),
    "succeeded": re.compile(r"finished|done|complete|succe|完成|成功|跑完", re.IGNORECASE),
}


def state_of(words: str) -> str | None:
    """The state of a job that some words tell of."""
    return next((state for state, pattern in _STATES.items() if pattern.search(words)), None)


_ASKS = re.compile(
    r"\b(?:please (?:tell|send|name|confirm|upload)|tell me|send me|paste (?:it|the|your)|let me know|waiting for your|approv\w+|y/n)\b|请(?:告诉|发|提供|确认|批准)|待确认|等待确认|\?|？",
    re.IGNORECASE,
)
_BETTER = r"\W{0,4}(?:is|was|wins|won|performs|does|scores|comes|leads|beats|beat|clearly|takes|edges|更|最|胜|赢|略|领先|好)(?! (?:worse|behind|last|second))"
_SCORE = re.compile(r"(?<![\w.\-])(0?\.\d+|\d{1,3}(?:\.\d+)?(?=\s*%)|1\.0+)")


def _proposed(mentions: Mentions) -> dict[str, str]:
    """The job, model or file that a question at the end of a reply names, where it is one only of its kind."""
    text = mentions.text.rstrip()
    if not text.endswith(("?", "？")):
        return {}
    begins = max((found.end() for found in re.finditer(r"[.!?。！？]\s+|[。！？]|\n", text[:-1])), default=0)
    last = [m for m in mentions.found if m.start >= begins]
    kinds = {"job": "job", "model": "model", "file": "dataset"}
    one = {kind: {m.value for m in last if m.kind == kind} for kind in kinds}
    return {kinds[kind]: next(iter(values)) for kind, values in one.items() if len(values) == 1}


def _told(mentions: Mentions) -> dict[str, str]:
    """What a reply says of the jobs that it names: the words behind each name."""
    jobs = [m for m in mentions.found if m.kind == "job"]
    ends = [*(m.start for m in jobs[1:]), len(mentions.text)]
    return {m.value: mentions.text[m.end : end] for m, end in zip(jobs, ends, strict=False)}


def _states(told: Mapping[str, str]) -> dict[str, str]:
    """How the jobs stand that a reply tells of."""
    states = {name: state_of(words) for name, words in told.items()}
    return {name: state for name, state in states.items() if state}


def winner(mentions: Mentions) -> str | None:
    """The model that a comparison in words puts first: by the scores behind the names, else the one said to be better."""
    models = [m for m in mentions.found if m.kind == "model"]
    scores: dict[str, float] = {}
    for at, mention in enumerate(models):
        end = models[at + 1].start if at + 1 < len(models) else len(mentions.text)
        if found := _SCORE.search(mentions.text[mention.end : end]):
            value = float(found[1])
            scores.setdefault(mention.value, value / 100 if value > 1 else value)
    if len(scores) > 1 and len(scores) == len({m.value for m in models}):
        return max(scores, key=lambda name: scores[name])
    for mention in models:
        if re.match(_BETTER, mentions.text[mention.end :], re.IGNORECASE):
            return mention.value
    return None
