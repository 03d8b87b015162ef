"""What earlier turns leave behind: the things last spoken of, the last action, and the question that stands open."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.brain.mentions import find_mentions
from assistant.brain.situation import Situation
from assistant.brain.values import training_wishes

PROPOSAL = re.compile(
    r"\b(?:shall i|should i|do you want me to|would you like me to|go ahead\?|approve|want me to|ok(?:ay)? to|proceed\?|ready to)\b"
    r"|要我|需要我|是否(?:批准|同意|继续|开始)|可以开始|要不要|批准|同意吗|开始吗|继续吗|确认",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(r"\b(?:which|what|how many|whose)\b|哪|什么|多少|几", re.IGNORECASE)
ASKS = [
    ("label_column", r"\bcolumn\b.*\b(?:labels?|target|class|category|categories|predict)|label column|标签.*列|哪一?列.*(?:标签|类别)|标签在哪"),
    ("text_column", r"\bcolumn\b.*\btexts?\b|text column|文本.*列|哪一?列.*(?:文本|正文|内容)"),
    ("epochs", r"how many (?:epochs|passes|rounds)|几轮|多少轮|多少个? ?epoch"),
    ("learning_rate", r"learning rate|学习率"),
    ("name", r"what (?:should|shall|would).*\b(?:call|name)|\b(?:name|call) (?:the|your|it)\b|which name|叫什么|什么名字|取名|命名"),
    ("method", r"which method|what method|哪种方法|什么方法"),
    ("base_model", r"which base|what base|base model|基础模型"),
    ("models", r"which (?:two |\d )?models\b|哪(?:几|两)个模型"),
    ("source", r"which (?:document|source|page|address)|what should i (?:add|remove)|哪(?:个|份|篇)(?:文档|来源|资料)"),
    ("text", r"(?:what|which) (?:is the )?(?:text|sentence|message)|send me the text|text should|哪(?:句|段|条)|什么(?:文本|句子|内容)|文本是"),
    ("dataset", r"(?:which|what) (?:dataset|file|data)|upload|attach|哪(?:个|份|一个)(?:数据|文件)|上传|数据集"),
    ("job", r"which (?:job|run|training)|哪(?:个|一个)(?:任务|训练)"),
    ("model", r"which (?:model|one)|what model|哪(?:个|一个)(?:模型)?"),
    ("task", r"which task|what task|哪种任务|什么任务"),
]  # fmt: skip


@dataclass
class Context:
    """The state of a conversation before its newest message.

    ``dataset``, ``model``, ``job``, ``text``: the things last spoken of. ``pair``: models last compared.
    ``tool``, ``args``: the last action. ``asked``: the argument an open question asks for. ``proposed``: whether the
    last action waits for a yes. ``advice``: values in the assistant's own recommendation.
    ``seen``: files that came up.
    """

    dataset: str | None = None
    model: str | None = None
    base: str | None = None
    job: str | None = None
    text: str | None = None
    source: str | None = None
    best: str | None = None
    pair: list[str] = field(default_factory=list)
    tool: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    asked: str | None = None
    options: list[str] = field(default_factory=list)
    proposed: bool = False
    advice: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    language: str = "en"


def note_call(context: Context, tool: str | None, args: Mapping[str, Any], situation: Situation) -> None:
    """Remember an action that was taken or announced.

    Args:
        context: changed in place.
        tool: the tool, or None where no tool was called.
        args: its arguments.
        situation: unused names are not remembered as models.
    """
    context.asked, context.proposed, context.options = None, False, []
    if tool is None:
        return
    context.tool, context.args = tool, dict(args)
    for key in ("dataset", "model", "job", "text", "source"):
        if isinstance(args.get(key), str):
            setattr(context, key, args[key])
    context.seen |= {str(args[key]) for key in ("dataset", "source") if args.get(key)}
    if tool == "finetune_model" and args.get("name") and args["name"] in situation.model_names:
        context.model = args["name"]
    if isinstance(args.get("models"), list):
        context.pair = [str(name) for name in args["models"]]
        context.model = context.pair[0] if context.pair else context.model


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
    elif context.tool in ("show_job", "cancel_job") and isinstance(result.get("id"), str):
        context.job = result["id"]
        done = result.get("result")
        if isinstance(done, dict) and isinstance(done.get("model"), str):
            context.model = done["model"]
    elif context.tool == "compare_models" and isinstance(result.get("best"), str):
        context.best = result["best"]
    elif context.tool == "recommend_model":
        first: dict[str, Any] = next(iter(result.get("candidates") or []), {})
        context.advice = {"base_model": first.get("model"), "method": first.get("method")}


def note_reply(context: Context, content: str, situation: Situation) -> None:
    """Remember what the assistant said: the things it named first, values it recommends, and what it asked.

    Args:
        context: changed in place.
        content: the assistant's text.
        situation: whose names are recognised.
    """
    if not content:
        return
    mentions = find_mentions(content, situation)
    files, models, jobs = mentions.of("file"), mentions.of("model"), mentions.of("job")
    if files and (context.dataset is None or context.dataset not in files):
        context.dataset = files[0]
    if len(models) == 1 or (models and context.model not in models):
        context.model = models[0]
    context.job = jobs[0] if jobs else context.job
    if context.tool == "compare_models" and models:
        context.best = _winner(content, models) or context.best
        context.pair = models if len(models) > 1 else context.pair
    if context.tool == "recommend_model":
        wishes = training_wishes(content, mentions)
        context.advice = {**context.advice, **{k: v for k, v in wishes.items() if k in _ADVISABLE}}
    _note_question(context, content, mentions.of("model") or files)


_ADVISABLE = ("base_model", "method", "epochs", "learning_rate")


def _winner(content: str, models: list[str]) -> str | None:
    for name in models:
        if re.search(rf"{re.escape(name)}\S* (?:is|was|wins|performs|does|scores|comes|更|最|胜)", content):
            return name
    return None


def _note_question(context: Context, content: str, options: list[str]) -> None:
    sentences = re.findall(r"[^.!?。！？\n]*[?？]|[^.!?。！？\n]+$", content.strip())
    question = next((part for part in reversed(sentences) if part.strip().endswith(("?", "？"))), "")
    imperative = "" if question else _imperative(content)
    asks = question or imperative
    if not asks:
        return
    if PROPOSAL.search(asks) and not _OPEN_QUESTION.search(asks):
        _note_proposal(context, asks)
        return
    context.asked = next((key for key, pattern in ASKS if re.search(pattern, asks, re.IGNORECASE)), None)
    context.options = options


_PROPOSALS = [
    ("finetune_model", "dataset", r"fine-?tun|\btrain(?!ing (?:is|was))|微调|训练"),
    ("undeploy_model", "model", r"undeploy|out of service|offline|下线"),
    ("deploy_model", "model", r"deploy|into service|部署|上线"),
    ("evaluate_model", "model", r"evaluat|评估"),
    ("inspect_dataset", "dataset", r"inspect|look into|查看"),
]


def _note_proposal(context: Context, asks: str) -> None:
    """Remember what a yes would start: the action before, or the one that the question names."""
    context.proposed = True
    for tool, key, pattern in _PROPOSALS:
        if re.search(pattern, asks, re.IGNORECASE):
            if tool != context.tool:
                value = getattr(context, key)
                advice = context.advice if context.tool == "recommend_model" else {}
                context.args = {**({key: value} if value else {}), **{k: v for k, v in advice.items() if v}}
            context.tool = tool
            return


def _imperative(content: str) -> str:
    found = re.search(
        r"(?:please |请)?(?:tell me|send me|give me|upload|attach|name|告诉我|上传|发给我|说一下)[^.!。！]*[.!。！]?$",
        content,
        re.IGNORECASE,
    )
    return found[0] if found else ""
