"""Options that the encoder never learned to read, by forms so clear that a pattern reads them.

Of a training: batch size, seed, minutes, and the files beside the data. Their numbers are none of epochs. Of a deployment:
the engine. Of a document: whom it is for.
"""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assistant.brain import values
from assistant.brain.asked import Asked
from assistant.brain.mentions import Mention, Mentions, is_document

SEARCH_MINUTES = 30.0  # of a search without a time of its own
_N = r"(?P<n>\d+(?:\.\d+)?(?![\w]|\.\d)|\d+(?=[\u4e00-\u9fff])|(?-i:[a-z]+(?:-[a-z]+)?)\b|[一二两三四五六七八九十百]+)"
_IS = r"\s*(?:(?:to|of|is|at|as|should be)\b|=|:|：|改成|改为|设为|设成|设置为|为|是|用)*\s*"
_BATCH, _SEED = (
    r"(?:batch(?:[\s_-]*sizes?|es)?|批(?:次|量)?(?:大小)?)",
    r"(?:(?:random[\s_-]*)?seed|(?:随机)?种子)",
)
_UNIT = r"\s*-?(?:min(?:ute)?s?\b|分钟)"
# What a number belongs to; ``other`` is no option of a training here, and not its epochs either.
_NUMBERS = [
    ("batch_size", rf"{_BATCH}{_IS}{_N}"),
    ("batch_size", rf"{_N}\s+(?:(?:rows|examples|samples|texts)\s+)?(?:(?:a|per|each|as (?:the )?)\s*)?(?:batch|step)\b"),
    ("seed", rf"{_SEED}{_IS}{_N}"),
    ("minutes", rf"{_N}{_UNIT}"),
    ("hours", rf"{_N}\s*-?(?:hours?\b|h\b|个?小时)"),
    ("other", rf"(?:\bmax(?:imum)?[\s_-]*(?:seq(?:uence)?[\s_-]*)?len(?:gth)?|\b(?:rank|alpha|patience|warm-?up(?:[\s_-]*steps)?|workers|threads|folds?)|长度){_IS}{_N}"),
    ("other", rf"{_N}\s*(?:tokens?|steps?|folds?|seconds?|workers|threads|步)\b"),
]  # fmt: skip
_FORMS = [(key, re.compile(form, re.IGNORECASE)) for key, form in _NUMBERS]
_SEARCHES = re.compile(
    r"\b(?:search(?:ing)?|look(?:ing)?) (?:for |over )?(?:(?:the|a) )?(?:best |good |right )?(?:learning[\s-]?rates?|lrs?\b|hyper|settings|epochs|parameters)"
    r"|\bhyper-?param\w* (?:search|tuning|optimi)|\b(?:--)?search\b(?=\s*(?:for )?\d)|超参数?(?:搜索|优化|调优)|(?:搜索|寻找|找).{0,6}(?:学习率|参数)",
    re.IGNORECASE,
)
_ONE_LABEL = re.compile(
    r"\b(?:one|a single|single)[\s-]label (?:each|(?:per|a|for each|in each) (?:row|cell|text))\b|每(?:行|条|个)(?:只有)?(?:一|单)个标签",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"(?:\b(?:within|(?:at |the )?most|no (?:more|longer) than|under|up to|max(?:imum)?|budget (?:of|is)|less than|only have|takes? only|for)\s*(?:about\s*)?|不超过|最多|控制在|只有|限时)\s*$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(r"\s*(?:at most|max|or less|budget|tops)\b|\s*(?:以内|之内|内)", re.IGNORECASE)

# What stands before and behind the name of a file that is no data to train on.
_BESIDE = {
    "test_data": (
        r"(?:\b(?:test|tested|testing|evaluat\w+|measur\w+|validat\w+|check\w*) (?:(?:it|that|them|the (?:model|result)) )?(?:on|with|against|using)|\bh[oe]ld(?:ing)?[\s-]*out|\b(?:test|held-?out|hold-?out|evaluation)[\s_-]*(?:set|data|file|part)?(?:\s+(?:is|in|from)|\s*[=:])?|测试(?:集|数据|文件)?(?:是|用|为|[:：=])?)\s*(?:the\s+)?(?:file\s+)?",
        r"\s*(?:(?:is|as|for|to)\s+)?(?:(?:the|a|my|our)\s+)?(?:test(?:ing)?\b|held-?out|hold-?out|evaluation|measure\b)|\s*(?:上|来|作为|当作?|做|是|用来|用于|为)*\s*(?:测试|评估|验证)",
    ),
    "unlabeled": (
        r"(?:\bunlabell?ed(?:\s+(?:data|rows|texts|examples|file|ones))?(?:\s+(?:is|are|in|from))?|未标注(?:的)?(?:数据|文本|文件)?(?:是|用|在)?|无标签(?:的)?(?:数据|文本|文件)?(?:是|用|在)?)\s*[=:：]?\s*(?:the\s+)?(?:file\s+)?",
        r"\s*(?:(?:is|as|for|holds|has|are)\s+)?(?:(?:the|my|our|extra|more|additional)\s+)*(?:unlabell?ed)|\s*(?:作为|当作?|做|是|为)*\s*(?:未标注|无标签|没有标签)",
    ),
}  # fmt: skip
_FILES = {
    key: (re.compile(rf"{before}$", re.IGNORECASE), re.compile(after, re.IGNORECASE))
    for key, (before, after) in _BESIDE.items()
}


def _found(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Numbers that belong to an option, by what they are."""
    for key, form in _FORMS:
        for found in form.finditer(text):
            if values.is_number(found["n"]):
                yield key, found


def blanked(text: str) -> str:
    """A text, as long as before, without the numbers of options, so that none of them is read as one of epochs."""
    for _, found in list(_found(text)):
        text = text[: found.start("n")] + " " * len(found["n"]) + text[found.end("n") :]
    return text


def numbers(text: str) -> dict[str, Any]:
    """Batch size, seed and minutes in a message about a training, under the tool's argument names."""
    said: dict[str, Any] = {}
    times = []
    for key, found in _found(text):
        value = values.number(found["n"])
        if key in ("batch_size", "seed") and isinstance(value, int):
            said.setdefault(key, value)
        elif key in ("minutes", "hours") and value:
            times.append((float(value * (60 if key == "hours" else 1)), found))
    if _SEARCHES.search(text):
        said["search"] = times[0][0] if times else SEARCH_MINUTES
    elif limits := [time for time, found in times if _is_limit(found)]:
        said["minutes"] = limits[0]
    if _ONE_LABEL.search(text):
        said["one_label"] = True
    return said


def _is_limit(found: re.Match[str]) -> bool:
    """Whether a time is the most that a training may take."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    return bool(_WITHIN.search(before[-40:]) or _AT_MOST.match(after))


def files(asked: Asked) -> dict[str, str]:
    """Files that a message names beside the data to train on: to test on, or with unlabelled texts."""
    named = [each for each in asked.mentions.found if each.kind == "file" and not is_document(each.value)]
    said = {}
    for mention in named:
        key = _role(asked.text, mention)
        if key and key not in said and (len(named) > 1 or asked.context.dataset != mention.value):
            said[key] = mention.value
    return said


def _role(text: str, mention: Mention) -> str | None:
    """What a file is for, other than to train on."""
    before, after = text[: mention.start], text[mention.end :]
    roles = (key for key, (lead, tail) in _FILES.items() if lead.search(before[-60:]) or tail.match(after))
    return next(roles, None)


def without_files(asked: Asked) -> Asked:
    """A message as if it did not name the files beside the data."""
    others = set(files(asked).values())
    if not others:
        return asked
    gone = [each for each in asked.mentions.found if each.kind == "file" and each.value in others]
    kept = [each for each in asked.mentions.found if each not in gone]
    spans = [
        span for span in asked.reading.spans if all(span.end <= m.start or span.start >= m.end for m in gone)
    ]
    return replace(asked, mentions=Mentions(asked.text, kept), reading=replace(asked.reading, spans=spans))


_ENGINE = re.compile(
    r"(?:\b(?:with|on|in|by|use|using|as|engine)|用|以)\W{0,3}(int8|openvino|torch|onnx)\b", re.IGNORECASE
)


def engine(text: str) -> str | None:
    """The engine that a deployment shall have, where one is named."""
    found = _ENGINE.search(text)
    return found[1].lower() if found else None


_FOR_THE_TEAM = re.compile(
    r"\binternal(?:ly)?\b|\bteam (?:only|alone)\b|\bonly (?:for )?(?:the|our|my) team\b|"
    r"\bnot for (?:the |our )?visitors\b|内部|仅限团队|仅团队|不对外|不公开",
    re.IGNORECASE,
)


def visibility(text: str) -> str | None:
    """``internal`` where a document shall be for the team alone."""
    return "internal" if _FOR_THE_TEAM.search(text) else None
