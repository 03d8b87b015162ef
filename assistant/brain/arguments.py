"""Fill a tool's arguments from the message, the attached files, the workspace and the earlier turns."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assistant.brain.history import Context
from assistant.brain.mentions import DOCUMENTS, Mentions
from assistant.brain.situation import Situation
from assistant.brain.values import task_in, text_for, training_wishes

ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "第一": 0, "第二": 1, "第三": 2, "第四": 3, "第五": 4, "第1": 0, "第2": 1, "第3": 2, "倒数第一": -1, "最后一": -1, "final": -1,
}  # fmt: skip
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent|last|new|just (?:trained|made|built|finished|created|fine-?tuned)|freshly)\b|最新|最近|刚刚?(?:训练|做|微调)?|新的?(?:模型|那个)",
    re.IGNORECASE,
)
_BEST = re.compile(
    r"\b(?:better|best|winner|winning|more accurate|stronger|higher)\b|更好|最好|较好|赢的|更准|最准|好的那个",
    re.IGNORECASE,
)
_OTHER = re.compile(r"\bother (?:one|model)\b|\bthe other\b|另(?:外)?一?个", re.IGNORECASE)
_OLDEST = re.compile(r"\b(?:oldest|earliest)\b|最早|最旧", re.IGNORECASE)
_ALL = re.compile(
    r"\ball\b|\bevery\b|\bmy models\b|\bour models\b|所有|全部|我们的模型|我的模型", re.IGNORECASE
)
_POINTING_FILE = re.compile(
    r"\b(?:this|that|the|attached|uploaded|my|same)\s+(?:\w+\s+)?(?:file|dataset|data|csv|spreadsheet|table|upload|test set|sheet|one)\b|\b(?:on|against|with|from|of) (?:it|this|that)\b"
    r"|这(?:个|份|张)?(?:文件|数据|表格?|测试集)|附件|上传的|它",
    re.IGNORECASE,
)
_NEW_FILE = re.compile(
    r"\b(?:this|new|attached|uploaded) (?:file|data\w*|csv|table|one|spreadsheet)\b|这个文件|这份|新的|刚上传",
    re.IGNORECASE,
)
_UNKNOWN_MODEL = re.compile(
    r"(?:\bmodel|\bun-?deploy|\bdeploy|\bevaluate|\bbenchmark|\bserve|\bpublish|\btest|\btry|\bis|\bof|\bwith|\bon|部署|上线|下线|评估|压测|把|用)\s*"
    r"(?:the model |called |named )?([A-Za-z][\w.]*-[\w.\-]*\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """Everything an argument can be read from: the message's mentions, the conversation, the workspace."""

    mentions: Mentions
    context: Context
    situation: Situation

    @property
    def text(self) -> str:
        """The message."""
        return self.mentions.text


def arguments(tool: str, asked: Asked) -> dict[str, Any]:
    """The arguments of a tool call as far as they are known.

    Args:
        tool: the tool's name.
        asked: what they are read from.

    Returns:
        Only the arguments that have a value; required ones may be missing.
    """
    filled = _FILLERS[tool](asked)
    return {key: value for key, value in filled.items() if value not in (None, [], "")}


def ordinal(text: str) -> int | None:
    """The position named by "the second one", "the last", 第二个; None where there is none."""
    found = re.search(
        r"\b(first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|final)\b|((?:倒数)?第[一二三四五123]|最后一)(?:个|份|项|条)",
        text,
        re.IGNORECASE,
    )
    if found:
        return ORDINALS[(found[1] or found[2]).lower()]
    numbered = re.search(r"\b(?:number|no\.?|#)\s*([1-9])\b", text, re.IGNORECASE)
    return int(numbered[1]) - 1 if numbered else None


def _nth(text: str, names: list[str]) -> str | None:
    at = ordinal(text)
    return names[at] if at is not None and -len(names) <= at < len(names) else None


def dataset(asked: Asked, guess: bool = True) -> str | None:
    """The dataset meant: named, attached, pointed at, last spoken of, or the only one.

    Args:
        asked: what it is read from.
        guess: whether a dataset that is not named or pointed at may be taken.
    """
    named = asked.mentions.of("file") or _stems(asked)
    if named:
        return named[0]
    files = asked.situation.files or asked.situation.file_names
    counted = r"file|dataset|data|csv|文件|数据" + (r"|one|个" if guess else "")
    if re.search(counted, asked.text, re.IGNORECASE) and (nth := _nth(asked.text, files)):
        return nth
    if not guess and not _POINTING_FILE.search(asked.text) and not fresh_file(asked):
        return None
    if fresh_file(asked):
        return asked.situation.files[0]
    if asked.context.dataset:
        return asked.context.dataset
    if asked.situation.files:
        return asked.situation.files[0]
    if len(asked.situation.datasets) == 1 or (asked.situation.datasets and _LATEST.search(asked.text)):
        return asked.situation.datasets[0]
    return None


def fresh_file(asked: Asked) -> bool:
    """Whether the newest attached file is the one to talk about: it has not come up yet, and no other attached one has,
    or the message points at it. Files stay attached for the length of a conversation.
    """
    files, context = asked.situation.files, asked.context
    if not files or files[0] in context.seen:
        return False
    return context.dataset not in files or bool(_NEW_FILE.search(asked.text))


def _stems(asked: Asked) -> list[str]:
    found = []
    for name in asked.situation.file_names:
        stem = re.escape(name.rsplit(".", 1)[0])
        spoken = stem.replace("_", "[ _-]").replace(r"\-", "[ _-]")
        if match := re.search(
            rf"(?<![\w\-/.]){spoken}(?![\w\-/])(?!\s+(?:classifier|model|tickets?))",
            asked.text,
            re.IGNORECASE,
        ):
            found.append((match.start(), name))
    return [name for _, name in sorted(found)]


def model(asked: Asked) -> str | None:
    """The model meant: named, described, counted, judged, the newest, last spoken of, or the only one."""
    situation, context, text = asked.situation, asked.context, _without_quotes(asked.mentions)
    names = situation.model_names
    if named := asked.mentions.of("model") or _described(text, names):
        return named[0]
    if unknown := _UNKNOWN_MODEL.search(_without_files(asked.mentions)):
        return unknown[1]
    if _BEST.search(text) and (best := _best(context, situation)):
        return best
    if _OTHER.search(text) and (other := _other(context, names)):
        return other
    if nth := _nth(text, context.pair if len(context.pair) > 1 else names):
        return nth
    if _OLDEST.search(text) and names:
        return names[-1]
    if _LATEST.search(text) and names:
        return newest(situation)
    if context.model:
        return context.model
    return names[0] if len(names) == 1 else None


def newest(situation: Situation) -> str:
    """The newest model: by its date, else by the number at the end of names of one stem, else the first listed."""
    dated = [m for m in situation.models if m.get("created_at")]
    if dated:
        return str(max(dated, key=lambda m: str(m["created_at"]))["name"])
    parts = [re.fullmatch(r"(.*?)[-_ ]?v?(\d+)", name) for name in situation.model_names]
    if len(parts) > 1 and all(parts) and len({part[1] for part in parts if part}) == 1:
        return max(situation.model_names, key=lambda name: int(re.findall(r"\d+$", name)[0]))
    return situation.model_names[0]


def _described(text: str, names: list[str]) -> list[str]:
    """Models whose name shares a distinctive word with "the spam model" or "the ticket classifier"."""
    words = re.findall(
        r"([a-z0-9]+)(?:'s)? (?:model|classifier|one|filter|tagger)\b|([a-z0-9]+)\s*(?:模型|分类器)",
        text.lower(),
    )
    for pair in words:
        word = next(part for part in pair if part)
        hits = [
            name for name in names if any(_akin(word, part) for part in re.split(r"[^a-z0-9]+", name.lower()))
        ]
        if len(hits) == 1 and len(word) > 2:
            return hits
    return []


def _akin(word: str, part: str) -> bool:
    return word == part or word.rstrip("s") == part.rstrip("s")


def _best(context: Context, situation: Situation) -> str | None:
    if context.best:
        return context.best
    scored = [
        (_quality(m), m["name"]) for m in situation.models if not context.pair or m["name"] in context.pair
    ]
    known = [(score, name) for score, name in scored if score is not None]
    return max(known)[1] if known else None


def _quality(entry: dict[str, Any]) -> float | None:
    metrics = entry.get("metrics") or entry
    return next(
        (float(metrics[key]) for key in ("f1", "accuracy") if isinstance(metrics.get(key), int | float)), None
    )


def _other(context: Context, names: list[str]) -> str | None:
    pool = context.pair if len(context.pair) == 2 else names
    rest = [name for name in pool if name != context.model]
    return rest[0] if len(rest) == 1 else None


def _without_quotes(mentions: Mentions) -> str:
    return " ".join(re.sub(r"\b(?:FILE|TEXT|URL)\b", " ", mentions.masked).split())


def _without_files(mentions: Mentions) -> str:
    text = mentions.text
    for mention in mentions.found:
        text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


def models(asked: Asked) -> list[str]:
    """The models to compare: those named, or "it" and the named one, or the pair spoken of, or all."""
    named, names, context = asked.mentions.of("model"), asked.situation.model_names, asked.context
    if len(named) >= 2:
        return named
    if len(named) == 1:
        others = [name for name in names if name != named[0]]
        if context.model and context.model != named[0]:
            return [context.model, named[0]]
        return [named[0], others[0]] if len(others) == 1 else named
    if len(names) <= 2 or _ALL.search(asked.text):
        return names
    if len(context.pair) > 1 and re.search(
        r"\b(?:them|those|these|both|two)\b|它们|两个|这些", asked.text, re.IGNORECASE
    ):
        return context.pair
    if count := re.search(
        r"\b(?:last|latest|newest|first) (two|three|2|3)\b|最近(?:的)?(两|三)个", asked.text, re.IGNORECASE
    ):
        return names[: 3 if (count[1] or count[2]) in ("three", "3", "三") else 2]
    if re.search(r"\b(?:models|which|best)\b|哪个|模型", asked.text, re.IGNORECASE):
        return names
    return [context.model] if context.model else []


def job(asked: Asked) -> str | None:
    """The job meant, where the message names or counts one or the last action was about a certain one."""
    if named := asked.mentions.of("job"):
        return named[0]
    if re.search(r"job|run|training|任务|训练|one|个", asked.text, re.IGNORECASE) and (
        nth := _nth(asked.text, asked.situation.job_ids)
    ):
        return nth
    if asked.context.tool in ("show_job", "cancel_job"):
        return asked.context.args.get("job")
    return None


def source(asked: Asked) -> str | None:
    """The document or address meant: named, attached, described after the verb, or last spoken of."""
    named = asked.mentions.of("url") or asked.mentions.of("file")
    if named:
        return named[0]
    if asked.situation.files:
        return asked.situation.files[0]
    if quoted := asked.mentions.of("quote"):
        return quoted[0]
    if stems := _stems(asked):
        return stems[0]
    found = re.search(
        r"\b(?:remove|delete|drop|forget|purge|erase|unlearn)(?: about)? (?:the |our |that |my )?(?!it\b|this\b|that\b)(.+?)(?: (?:from|out of)\b.*)?[.!?]*$"
        r"|(?:删除|删掉|移除|去掉|忘掉)(?:知识库(?:里|中)的?)?\s*(.+?)[。！!.]*$|从知识库(?:里|中)?(?:把)?(.+?)(?:删|移|去)",
        asked.text,
        re.IGNORECASE,
    )
    if found and asked.context.tool != "add_knowledge":
        return next(group for group in found.groups() if group).strip()
    return asked.context.source or asked.context.dataset


def _finetune(asked: Asked) -> dict[str, Any]:
    wishes = training_wishes(asked.text, asked.mentions)
    if "base_model" not in wishes and _goes_on(asked):
        wishes["base_model"] = model(asked)
    if _takes_advice(asked):
        wishes = {**{k: v for k, v in asked.context.advice.items() if v}, **wishes}
    again = asked.context.tool == "finetune_model" and re.search(
        r"\b(?:again|instead|same|another|retry|rerun|repeat)\b|再|重新|还是|改成|换成", asked.text
    )
    kept = {k: v for k, v in asked.context.args.items() if k != "name"} if again else {}
    return {**kept, "dataset": dataset(asked), **wishes}


def _goes_on(asked: Asked) -> bool:
    """Whether training is to start from one of the team's own models: one is named that is not the new one's name."""
    named = asked.mentions.of("model")
    return bool(named) and named[0] != training_wishes(asked.text, asked.mentions).get("name")


def _takes_advice(asked: Asked) -> bool:
    return asked.context.tool == "recommend_model" and bool(
        re.search(
            r"\b(?:that|it|your|the (?:first|recommended|suggested)|suggestion|recommend\w*|those|this)\b|这个|就用|你推荐|按",
            asked.text,
            re.IGNORECASE,
        )
    )


def _recommend(asked: Asked) -> dict[str, Any]:
    named = dataset(asked, guess=False)
    task = task_in(asked.text, loose=not named)
    pointed = named or (None if task else asked.context.dataset)
    return {"task": task, "dataset": pointed}


def _text_work(tool: str) -> Callable[[Asked], dict[str, Any]]:
    def fill(asked: Asked) -> dict[str, Any]:
        text = text_for(tool, asked.mentions)
        return {"model": model(asked), "text": text or asked.context.text}

    return fill


def _redact(asked: Asked) -> dict[str, Any]:
    return {"text": text_for("redact_text", asked.mentions)}


_FILLERS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "inspect_dataset": lambda asked: {"dataset": dataset(asked)},
    "recommend_model": _recommend,
    "finetune_model": _finetune,
    "list_jobs": lambda asked: {},
    "show_job": lambda asked: {"job": job(asked)},
    "cancel_job": lambda asked: {"job": job(asked)},
    "list_models": lambda asked: {},
    "evaluate_model": lambda asked: {"model": model(asked), "dataset": dataset(asked, guess=False)},
    "compare_models": lambda asked: {"models": models(asked)},
    "deploy_model": lambda asked: {"model": model(asked)},
    "undeploy_model": lambda asked: {"model": _served(asked)},
    "benchmark_model": lambda asked: {"model": model(asked)},
    "predict": _text_work("predict"),
    "explain_prediction": _text_work("explain_prediction"),
    "search_knowledge": lambda asked: {"query": asked.text.strip()},
    "add_knowledge": lambda asked: {"source": source(asked)},
    "remove_knowledge": lambda asked: {"source": source(asked)},
    "redact_text": _redact,
}


def _served(asked: Asked) -> str | None:
    found = model(asked)
    deployed = [m["name"] for m in asked.situation.models if m.get("status") == "deployed"]
    if found is None and len(deployed) == 1:
        return str(deployed[0])
    return found


def is_document(name: str) -> bool:
    """Whether a file's name is that of a text document rather than a table."""
    return name.rsplit(".", 1)[-1].lower() in DOCUMENTS
