"""What a message names: files, models, jobs, base models, addresses, quoted texts; and the message with those masked.

Masking gives the same shape to "train on tickets.csv" and "train on orders.xlsx", so that the tool is chosen by the
sentence and not by the names in it.
"""

import re
from dataclasses import dataclass, field

from assistant.brain.language import CHINESE
from assistant.brain.situation import Situation
from assistant.brain.values import normal

EXTENSIONS = (
    "csv|tsv|xlsx|xls|jsonl|ndjson|json|parquet|zip|txt|md|markdown|pdf|docx|pptx|eml|html|htm|conll|arrow"
)
DOCUMENTS = ("txt", "md", "markdown", "pdf", "docx", "pptx", "eml", "html", "htm")

_QUOTES = re.compile(
    r"“(?P<a>[^”]+)”|「(?P<b>[^」]+)」|『(?P<c>[^』]+)』|‘(?P<d>[^’]+)’|\"(?P<e>[^\"]+)\"|`(?P<f>[^`]+)`"
    r"|«(?P<g>[^»]+)»|(?<![\w])'(?P<h>[^'\n]*(?:'\w[^'\n]*)*)'(?!\w)"
)
_HIDDEN = re.compile(r"<[A-Z][A-Z_]{2,}\d*>")  # the gate's placeholders
_URL = re.compile(  # brackets in pairs belong to it: …/wiki/Python_(language)
    r"(?:https?://|\bwww\.)(?:[^\s<>\"'“”‘’，。！？、（）()]|\([^\s<>\"'“”‘’，。！？、（）()]*\))+",
    re.IGNORECASE,
)
_CHINESE_FILE = re.compile(
    rf"(?<![\w.\-])(?:(?:请|帮我|帮忙|看一?看|看一?下|检查|分析|用|拿|把|在|将|从|对|给|基于|添加|加入|删除|导入|和|跟|与)+)?"
    rf"([\w\-\u4e00-\u9fff]+(?:[（(][\w\-\u4e00-\u9fff]+[)）][\w\-\u4e00-\u9fff]*)?\.(?:{EXTENSIONS}))(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
# Characters that a name without Chinese ones may follow at once: "用data.csv训练", not "调度守则v1.docx".
_LEADS = "用把在将从对给看查析看删加入和跟与拿是的了据件份个叫到传于讀看進"
_ASCII_FILE = re.compile(
    rf"(?<![A-Za-z0-9_.\-/])(?:(?:~|\.{{1,2}})?/)?(?:[A-Za-z0-9_.\-]+/)*[A-Za-z0-9_\-.]*[A-Za-z0-9_\-](?:\([\w\-]+\))?\.(?:{EXTENSIONS})(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_JOB = re.compile(r"\bjob[\s\-_#]*(?:no\.?|number)?\s*(\d+)\b|(?:任务|作业)\s*#?\s*(\d+)", re.IGNORECASE)
_BASES = re.compile(
    r"(?<![A-Za-z0-9_/-])(?:minilm|mini-lm|all-minilm-l6-v2|smollm2?(?:-135m)?|(?:distil)?(?:al|deb|mod(?:ern)?|ro|cam|tiny|mini|mobile|sci|bio|fin|legal)?bert(?:a)?(?:-v\d)?"
    r"(?:-(?:tiny|mini|small|base|large|multilingual|chinese|cased|uncased|v\d))*|xlm-roberta(?:-base|-large)?|"
    r"qwen\d?(?:\.\d)?(?:-[\w.]+)*|llama-?\d(?:\.\d)?(?:-[\w.]+)*|gemma-?\d?(?:-[\w.]+)*|mpnet|electra|bge-[\w-]+|t5-\w+|vit)"
    r"(?![A-Za-z0-9_/-])",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w/])(?:~|\.{1,2})?/(?:[\w.\-]+/)*[\w.\-]*\w")
_HUB = re.compile(r"(?<![\w/.:-])([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*[A-Za-z0-9])(?![\w/])")
_HUB_DATA = re.compile(
    r"(?<![\w/])hf:[A-Za-z0-9][\w.-]*(?:/[\w.-]*[A-Za-z0-9]){1,3}"
)  # a data set of the hub
_SCORED = re.compile(r"\s*\((?:0?\.\d|\d{1,3}\s*%)")  # a label such as "defect/zip (0.95)"
_NOT_HUB = re.compile(r"^(?:and/or|yes/no|en/zh|he/she|\d+/\d+|i/o|n/a|true/false|either/or)$", re.IGNORECASE)

LONGEST = 2_000  # characters in which names are looked for; what follows is a text to work on
MASKS = {
    "file": "[FILE]",
    "model": "[MODEL]",
    "job": "[JOB]",
    "url": "[URL]",
    "base": "[BASE]",
    "quote": "[TEXT]",
}
DOCUMENT_MASK = "[DOC]"


@dataclass(frozen=True)
class Mention:
    """One thing named in a message: its value as it is known, and where it stands.

    ``kind``: a key of ``MASKS``, or ``hidden``.
    """

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Mentions:
    """All things named in a message, in order, and the message with their names masked."""

    text: str
    found: list[Mention] = field(default_factory=list)

    def of(self, kind: str) -> list[str]:
        """Values of one kind, in order, each once."""
        return list(dict.fromkeys(mention.value for mention in self.found if mention.kind == kind))

    def masked(self) -> "Masked":
        """The message with each mention replaced by its mask."""
        masked, at = Masked(), 0
        for mention in self.found:
            masked.copy(self.text, at, mention.start)
            masked.replace(mask_of(mention), mention.start, mention.end)
            at = mention.end
        masked.copy(self.text, at, len(self.text))
        return masked


@dataclass
class Masked:
    """A text with masks, and the characters of the message that each of its characters stands for."""

    text: str = ""
    places: list[tuple[int, int]] = field(default_factory=list)

    def copy(self, source: str, start: int, end: int) -> None:
        """Add a stretch of the message as it is."""
        self.text += source[start:end]
        self.places += [(at, at + 1) for at in range(start, end)]

    def replace(self, mask: str, start: int, end: int) -> None:
        """Add a mask for a stretch of the message."""
        self.text += mask
        self.places += [(start, end)] * len(mask)

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the masked text stands in the message."""
        return self.places[start][0], self.places[end - 1][1]


def mask_of(mention: Mention) -> str:
    """What stands for a mention; documents and tables differ, and what the redaction gate has hidden says nothing."""
    if mention.kind == "hidden":
        return ""
    return DOCUMENT_MASK if mention.kind == "file" and is_document(mention.value) else MASKS[mention.kind]


def is_document(name: str) -> bool:
    """Whether a file's name is that of a text document rather than a table."""
    return name.rsplit(".", 1)[-1].lower() in DOCUMENTS


def find_mentions(text: str, situation: Situation) -> Mentions:
    """Find what a message names.

    Args:
        text: the message.
        situation: whose names of files, models and jobs are recognised exactly, and returned as they are known.
    """
    taken: list[Mention] = []
    head = text[:LONGEST]

    def take(kind: str, value: str, start: int, end: int) -> None:
        if value and all(end <= other.start or start >= other.end for other in taken):
            taken.append(Mention(kind, value, start, end))

    for match in _QUOTES.finditer(head):  # first: what is hidden in a quotation belongs to it
        _take_quote(match, situation, take)
    for match in _HIDDEN.finditer(head):
        take("hidden", match[0], match.start(), match.end())
    for match in _URL.finditer(head):
        address = match[0].rstrip(".,;:!?")
        take("url", address, match.start(), match.start() + len(address))
    for match in _HUB_DATA.finditer(head):
        take("file", match[0], match.start(), match.end())
    known = [("file", name) for name in situation.file_names] + [
        ("model", name) for name in situation.model_names
    ]
    known += [("job", job) for job in situation.job_ids]
    spoken = [(kind, name, name) for kind, name in known] + _stems(situation)
    lower = head.lower()
    for kind, name, said in sorted(spoken, key=lambda each: -len(each[2])):
        if said.lower() not in lower:  # most are not there, and to make a pattern takes longer than to look
            continue
        for match in re.finditer(_exactly(said, kind == "model"), head, re.IGNORECASE):
            take(kind, name + (match["version"] or ""), match.start(), match.end())
    if numbered := _NUMBER_FIRST.match(head) or _NUMBER_LAST.search(head):
        for job in situation.job_ids:
            if re.search(rf"(?<!\d){normal(numbered[1])}$", job):
                take("job", job, numbered.start(1), numbered.end(1))
    _take_patterns(head, situation, take)
    return Mentions(text, sorted(taken, key=lambda mention: mention.start))


def _stems(situation: Situation) -> list[tuple[str, str, str]]:
    """File names without their endings, where they are no ordinary words: "south_region" for south_region.tsv."""
    stems = [(name, name.rsplit(".", 1)[0]) for name in situation.file_names if "." in name]
    models = set(situation.model_names)
    telling = [
        (name, stem) for name, stem in stems if re.search(r"\w[_\-]\w|\w\d", stem) and stem not in models
    ]
    spaced = [(name, re.sub(r"[_\-]", " ", stem)) for name, stem in telling]
    return [("file", *each) for each in telling + [each for each in spaced if " " in each[1]]]


# A job's number at the beginning of a message: "and 32?", "52 为什么挂了".
_NUMBER_FIRST = re.compile(
    r"(?:(?:ok|okay|ah|i see|and|what about|how about|那|还有|看看|看下)[\s,.]*)*#?"
    r"(\d{1,4})(?=\s*[?？.!]*$|\s*(?:号|为什么|怎么|呢|的))",
    re.IGNORECASE,
)


# … and at its end: "ok cancel 57".
_NUMBER_LAST = re.compile(
    r"(?:\b(?:cancel|stop|kill|abort|show|check|resume)\s|取消|停掉|停止?|看看?)\s*(?:the\s)?(?:no\.?\s)?#?(\d{1,4})(?=\s*[?？.!。！]*$)",
    re.IGNORECASE,
)


def _exactly(name: str, versioned: bool = False) -> str:
    """The name as a word; of a model also with the version that is meant: ``router@2``, ``router@staging``."""
    # "router@new" is the wish for a version that is not there yet: no name of anything.
    version = r"(?!@new\b)(?P<version>@[A-Za-z0-9][A-Za-z0-9_-]*)?" if versioned else "(?P<version>)"
    return rf"(?<![A-Za-z0-9_\-/]){re.escape(name)}{version}(?![A-Za-z0-9_]|-\w|\.\w)"


def _take_quote(match: re.Match[str], situation: Situation, take) -> None:
    content = next(group for group in match.groups() if group is not None).strip()
    kind, value = "quote", content
    for other, names in (
        ("file", situation.file_names),
        ("model", situation.model_names),
        ("job", situation.job_ids),
    ):
        for name in names:
            if content.lower() == name.lower():
                kind, value = other, name
    if kind == "quote" and re.fullmatch(rf"\S+\.(?:{EXTENSIONS})", content, re.IGNORECASE):
        kind = "file"
    elif kind == "quote" and (_BASES.fullmatch(content) or _HUB.fullmatch(content)):
        kind, value = "base", _base(content)
    take(kind, value, match.start(), match.end())


def _take_patterns(text: str, situation: Situation, take) -> None:
    for match in _ASCII_FILE.finditer(text):
        before = text[: match.start()][-1:]
        if not CHINESE.match(before) or (match[0][0].isalpha() and before in _LEADS):
            take("file", match[0], match.start(), match.end())
    for match in _CHINESE_FILE.finditer(text):
        take("file", match[1], match.start(1), match.end())
    for match in _JOB.finditer(text):
        number = normal(match[1] or match[2])
        ids = [job for job in situation.job_ids if re.search(rf"(?<!\d){number}$", job)]
        take("job", ids[0] if ids else f"job-{number}", match.start(), match.end())
    for match in _PATH.finditer(text):
        take("base", match[0], match.start(), match.end())
    for match in _HUB.finditer(text):
        if (
            not _NOT_HUB.match(match[0])
            and not _SCORED.match(text, match.end())
            and not match[0].lower().endswith(tuple(f".{e}" for e in EXTENSIONS.split("|")))
        ):
            take("base", match[0], match.start(), match.end())
    for match in _BASES.finditer(text):
        take("base", _base(match[0]), match.start(), match.end())


def _base(word: str) -> str:
    low = word.lower()
    if low in ("mini-lm", "all-minilm-l6-v2", "minilm"):
        return "minilm"
    return "smollm2" if low.startswith("smollm") else word
