"""Values in forms so clear that a pattern reads them: "3 epochs", "lr 2e-5", "label column: topic", "call it spam-2".

They fill what the encoder's tagger has left open.
"""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Callable, Sequence
from typing import Any

from assistant.brain.values import FIGURE, figures, method, normal, number, rate

# Of a text in figures.
_RATE = rf"{FIGURE}(?:e-\d+|/{FIGURE}|%)|0?\.\d+"

_EPOCHS = [
    re.compile(
        rf"(?<!e-)\b({FIGURE})[\s-]+(?:more |full |training )*(?:epochs?|ep|passes|rounds?)\b", re.IGNORECASE
    ),
    re.compile(rf"\bmake (?:it|that) ({FIGURE})(?![%/]|\.?\w)", re.IGNORECASE),
    re.compile(rf"\bep\s*[=:]\s*({FIGURE})\b", re.IGNORECASE),
    re.compile(rf"\b(?:num_?)?epochs?\s*(?:to|=|:|of|is|\|)?\s*({FIGURE})\b", re.IGNORECASE),
    re.compile(rf"({FIGURE})\s*(?:个)?\s*(?:轮|epochs?|个周期)|(\d+)\s*遍", re.IGNORECASE),
    re.compile(
        rf"(?:轮数|轮次|epochs?)\s*(?:改成|改为|设为|设成|为|是|=|:|：|用)?\s*({FIGURE})", re.IGNORECASE
    ),
]
_NAMED = r"(?:learning[\s_-]*rate|\blr\b|\blearn rate\b|step size|学习率|\brate\b)\s*(?:to|=|:|：|of|is|at|\||改成|改为|设为|设成|为|是|用|调到|到)?\s*(?<![A-Za-z0-9_.])"
_RATE_NAMED = re.compile(rf"{_NAMED}({_RATE})", re.IGNORECASE)
# "learning rate 5" is none, but no number of epochs either.
_RATE_WRONG = re.compile(rf"{_NAMED}{FIGURE}(?![\d.]|\s*(?:ep|passes|rounds|个|轮|遍))", re.IGNORECASE)
_RATE_BEFORE = re.compile(
    rf"(?<![A-Za-z0-9_.])({_RATE})\s*(?:(?:as|for) (?:the )?)?(?:learning[\s_-]*rate|lr\b|的学习率)",
    re.IGNORECASE,
)
_RATE_BARE = re.compile(
    rf"(?<![A-Za-z0-9_.\-])({FIGURE}e-\d+|{FIGURE}/10{{3,}}(?!\s+of\b))(?![A-Za-z0-9_])", re.IGNORECASE
)
_METHODS = [
    ("adalora", r"\bada-?lora\b"), ("qlora", r"\bq-?lora\b"), ("dora", r"\bdora\b"), ("lora", r"\blora\b"),
    ("few-shot", r"\bfew[\s-]?shot\b|\bset-?fit\b|少样本|小样本"),
    ("full", r"\bfull(?:y)?(?: (?:fine|weights?|parameter|training|model|method|update))|\bfull\b(?=\s*(?:please|method|ft\b|$|[.,!\n`|]))|\bmethod[:=\s]+`?full|\ball (?:the )?(?:weights|parameters)\b|全量|全参数|方法[是为用:：\s]*full"),
    ("head", r"\bhead[\s-]?only\b|\b(?:only|just) (?:(?:train|tune|fit) )?(?:the |a )?head\b|\btrain (?:only |just )?the head\b|\bmethod[:=\s]+head\b|\bwith (?:a |the )?head\b|\bthe head method\b|\bhead method\b|\bfrozen (?:body|encoder)\b|只训练(?:分类)?头|冻结|[\u4e00-\u9fff]\s*head\b|[（(]head[)）]"),
    ("auto", r"\bmethod[:=\s]+auto\b|\bauto method\b|方法[是用为选:：\s]*auto\b"),
]  # fmt: skip
_TASKS = [
    ("token-classification", r"\btoken[\s_-]classif\w+|\bner\b|named[\s-]entit\w+|sequence (?:labell?ing|tagging)|命名实体|实体识别|词元分类|序列标注"),
    ("image-classification", r"\bimage[\s_-]classif\w+|图像分类|图片分类"),
    ("text-classification", r"\btext[\s_-]classif\w+|文本分类"),
    ("text-generation", r"\btext[\s_-]generation\b|文本生成"),
    ("masked-lm", r"\bmasked[\s_-](?:lm|language)\b|\bmlm\b|掩码语言"),
    ("embedding", r"\bembedding(?:s)?(?: model| task| training)?\b(?! layer)|\bsentence embedding|向量模型|句向量|嵌入模型"),
]  # fmt: skip
METHODS = ("full", "lora", "dora", "adalora", "qlora", "head", "few-shot", "全量", "少样本", "小样本")
# A column: quoted, whatever its name holds; two words with capitals ("Ticket Type"); or one word.
_COLUMN = (
    r"(?:[\"'“‘`「]([^\"'”’`」\n]{1,40})[\"'”’`」]|(?-i:([A-Z][\w\-]*(?: [A-Z][\w\-]*){1,3}))(?=[,.;!?)]|\s*$|\s+(?:and|column|field)\b)"
    r"|[\"'“‘`「]?([\w.\-\u4e00-\u9fff]+?)[\"'”’`」]?)"
)
_LABELS = [
    re.compile(r"\btext,?\s+(?:and\s+)?([A-Za-z_][\w\-]*)\s+the\s+(?:label|target)\b", re.IGNORECASE),
    re.compile(r"(?:标签|目标|类别)(?:列|字段)\s*[:：]?\s*[\"'“‘「]([^\"'”’」]{1,20})[\"'”’」]"),
    re.compile(r"^\s*labels?(?: ?col(?:umn)?)?\s*[:=]\s*([^\s,;，；][^,;，；\n]*?)\s*(?=[,;，；\n]|\Z)", re.IGNORECASE | re.MULTILINE),
    re.compile(r"\b(?:labels?|targets?)\s+[\"'“‘`]([\w.\-]+)[\"'”’`]", re.IGNORECASE),
    re.compile(rf"\b(?:predicts?|learns?|guess(?:es)?)\s+(?:the\s+)?(?:column|field)\s+(?:called |named )?{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(r"(?:标签|目标|类别)(?:列|字段)\s*[:：]?\s*[\"'“‘「]?([A-Za-z_][\w.\-]*)"),
    re.compile(r"(?:^|[，,。；;\s、])([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)\s*(?:列)?(?:是|当|作为|做)(?:标签|目标|类别)"),
    re.compile(rf"\b(?:label|target|class|output|category)[\s_-]*col(?:umn)?\b(?:\s*(?:(?:is|to|should be|called|named)\b|[=:|]))*\s*{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\blabels?\s*(?:(?:is in|are in|is|are|in)\b|[=:])\s*(?:the )?(?:column )?(?!column){_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:labels?|targets?|answers?|class(?:es)?|category|categories)\b[^,.;!?]{{0,24}}?\b(?:in|is|are|sits in|from|under)\s+(?:the\s+)?(?:column|field)\s+(?:called |named )?{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:predict|learn|learning|predicting|classify by|by|target|on)\s+(?:the\s+)?{_COLUMN}\s+(?:column|field)\b", re.IGNORECASE),
    re.compile(rf"\b(?:with|use|using|take|and)\s+(?:the\s+)?(?:column\s+)?{_COLUMN}(?:\s+(?:column|field))?\s+(?:as|for)\s+(?:the\s+|its\s+)?(?:label|target|class|output|category)", re.IGNORECASE),
    re.compile(rf"{_COLUMN}\s+(?:is|holds|has|contains|are|as)\s+(?:the\s+)?(?:label|target|class)s?\b", re.IGNORECASE),
    re.compile(rf"\b(?:column|field)\s+{_COLUMN}\s+(?:holds|has|contains|is|gives|says)\s+(?:the\s+|what (?:it|they) )?(?:right\s+)?(?:answers?|label|target|class|categor|result)", re.IGNORECASE),
    re.compile(rf"\b(?:learn|predict|guess)\w*\s+(?:is|are|sits|stands)\s+in\s+(?:the\s+)?(?:column|field)\s+{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(r"(?:标签|目标|类别|答案)(?:列|字段)?(?:是|为|用|在|叫|取|:|：|=|改成|改为|设为|设成|设置为|设置成|定为|换成|选)+\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?(?=列|字段|[那这]一?列|[\s,，。.;；!！]|$)"),
    re.compile(r"(?:标签|目标|类别)\s+([A-Za-z_][\w.\-]*)(?=[\s,，。;；]|$)"),
    re.compile(r"(?:用|以|按|把|拿)\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?\s*(?:列|字段|这一?列)?\s*(?:作为|作|当作?|做|为)\s*(?:标签|目标|类别)"),
]  # fmt: skip
_TEXTS = [
    re.compile(r"\b(?:label|target),?\s+(?:and\s+)?([A-Za-z_][\w\-]*)\s+the\s+text\b", re.IGNORECASE),
    re.compile(r"^\s*texts?(?: ?col(?:umn)?)?\s*[:=]\s*([^\s,;，；][^,;，；\n]*?)\s*(?=[,;，；\n]|\Z)", re.IGNORECASE | re.MULTILINE),
    re.compile(r"\b(?:texts?|inputs?)\s+[\"'“‘`]([\w.\-]+)[\"'”’`]", re.IGNORECASE),
    re.compile(rf"\b(?:from|out of|using)\s+(?:the\s+)?(?:column|field)\s+(?:called |named )?{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(r"(?:文本|正文|输入|内容)(?:列|字段)\s*[:：]?\s*[\"'“‘「]?([A-Za-z_][\w.\-]*)"),
    re.compile(r"(?:^|[，,。；;\s、])([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)\s*(?:列)?(?:是|当|作为|做)(?:文本|正文|输入)(?!生成|分类)"),
    re.compile(rf"\b(?:texts?|messages?|inputs?)\b[^,.;!?]{{0,16}}?\b(?:in|is|are|sits in|from|under)\s+(?:the\s+)?(?:column|field)\s+(?:called |named )?{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:text|input|message|content)[\s_-]*col(?:umn)?\b(?:\s*(?:(?:is|to|should be|called|named)\b|[=:|]))*\s*{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\btexts?\s*(?:(?:is in|are in|is|are|in)\b|[=:])\s*(?:the )?(?:column )?(?!column){_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:with|use|using|take|and)\s+(?:the\s+)?(?:column\s+)?{_COLUMN}(?:\s+(?:column|field))?\s+(?:as|for)\s+(?:the\s+|its\s+)?(?:text|input)", re.IGNORECASE),
    re.compile(rf"{_COLUMN}\s+(?:is|holds|has|contains|as)\s+(?:the\s+)?(?:text|input)\b", re.IGNORECASE),
    re.compile(r"(?:文本|正文|输入|内容|文字|原文)(?:列|字段)?(?:是|为|用|在|叫|取|:|：|=|改成|改为|设为|设成|设置为|设置成|定为|换成|选)+\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?(?=列|字段|[那这]一?列|[\s,，。.;；!！]|$)"),
    re.compile(r"(?:文本|正文|输入|内容)\s+([A-Za-z_][\w.\-]*)(?=[\s,，。;；]|$)"),
    re.compile(r"(?:用|以|按|把|拿)\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?\s*(?:列|字段|这一?列)?\s*(?:作为|作|当作?|做|为)\s*(?:文本|输入|正文)(?!生成|分类)"),
]  # fmt: skip
_NAME = re.compile(
    r"(?:(?<!column )(?<!column is )(?<!field )\b(?:call(?:ed)?|nam(?:e|ed)|name it|(?:save|register)(?: it| the (?:result|model))? (?:as|under)|under the name(?: of)?)\b(?:\s+(?:it|the (?:new )?(?:model|one)|this|them|that|the result))?(?:\s+(?:(?:as|is|to|should be)\b|=|:))?|"
    r"\bname\s*[:=]|(?:命名为|取名(?:为|叫)?|起名(?:为|叫)?|名字(?:就?(?:是|叫做|叫作|叫|为|用)|就)?|叫(?:它|他|她|做|作)?|名为|称为|模型名(?:字)?))\s*[:：]?\s*"
    r"(?:[\"“‘`「]([^\"”’`」\n]{1,40})[\"”’`」]|[\"'“‘`「]?([A-Za-z0-9\u4e00-\u9fff][\w.\-]*(?:@new\b)?)[\"'”’`」]?)",
    re.IGNORECASE,
)
NO_COLUMN = {"the", "a", "an", "it", "this", "that", "is", "column", "instead", "as", "for", "to", "in", "of", "my", "your", "please",
                 "called", "named", "another", "same", "which", "what", "one", "name", "text", "label", "and", "with", "on", "be", "data", "file", "use", "are", "dataset", "base_model", "method", "epochs", "task", "learning_rate", "text_column", "label_column",
                 "任务", "方法", "标签", "文本", "数据", "模型"}  # fmt: skip


def _number(patterns: Sequence[re.Pattern[str]], text: str, read: Callable[[str], float | int | None]) -> Any:
    """The number that the first pattern finds; the last such number where the message corrects itself."""
    at = -1 if _CORRECTS.search(text) else 0
    found = next((matches for pattern in patterns if (matches := list(pattern.finditer(text)))), None)
    return read(found[at][found[at].lastindex or 1]) if found else None


def corrects(text: str) -> bool:
    """Whether a message takes back what it has just said: the last of its values counts."""
    return bool(_CORRECTS.search(text))


_CORRECTS = re.compile(
    r"\b(?:correction|i mean|i meant|(?:no|hmm|oh) wait|wait,|sorry|scratch that|make (?:it|that))\b|更正|不对|说错",
    re.IGNORECASE,
)


def _first(table: Sequence[tuple[str, str]], text: str) -> str | None:
    """The value whose pattern is met first in the text."""
    found = [
        (match.start(), value)
        for value, pattern in table
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    return min(found)[1] if found else None


def _column(patterns: Sequence[re.Pattern[str]], text: str) -> str | None:
    for pattern in patterns:
        for found in pattern.finditer(text):
            name = found[found.lastindex or 1].strip()
            if name.lower() not in NO_COLUMN:
                return name.rstrip(".")
    return None


def _name(text: str) -> str | None:
    for found in _NAME.finditer(text):
        name = (found[1] or found[2]).strip()
        if name.lower() not in NO_COLUMN | {"me", "back", "us", "off", "result"}:
            return name.rstrip(".-")
    return None


# What is ruled out, and what was said before a correction of it.
_NOT_THAT = re.compile(
    r"\b(?:instead of|rather than|none of (?:that|the|this)|not)\s+[`\"']?[\w\-]+[`\"']?|而不是\s*\S+|\bno\s+(?:(?:q|do|ada)?lora|full|head|few-shot)\b",
    re.IGNORECASE,
)


def inside_rate(at: int, text: str) -> bool:
    """Whether what stands at a place of a text belongs to a learning rate ("a ten-thousandth")."""
    written, at = _in_figures(at, text)
    return any(
        _over(at, pattern, written) for pattern in (_RATE_NAMED, _RATE_BEFORE, _RATE_BARE, _RATE_WRONG)
    )


def whole_number(at: int, text: str) -> float | int | None:
    """The number that what stands at a place of a text belongs to: 200 at each word of "two hundred"."""
    written, at = _in_figures(at, text)
    found = _over(at, re.compile(FIGURE), written)
    return number(found[0]) if found else None


def _in_figures(at: int, text: str) -> tuple[str, int]:
    """A text in figures, and the place in it of what stands at a place of the text: as far from the end."""
    written = figures(text)
    return written, len(written) - len(figures(text[at:]))


def _over(at: int, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next((found for found in pattern.finditer(text) if found.start() <= at < found.end()), None)


def ruled_out(at: int, text: str) -> bool:
    """Whether what stands at a place of a text is named only to be ruled out ("head instead of dora")."""
    return any(found.start() < at < found.end() for found in _NOT_THAT.finditer(text))


def strict_task(text: str) -> str | None:
    """The task that a text calls by its name; a mere description ("sorts mails", "a classifier") names none."""
    return _first(_TASKS, text)


def listed_method(text: str) -> str | None:
    """The method that stands alone between the commas of a plan: "minilm, head, 8 epochs"."""
    parts = (part.strip(" `*.!?。？") for part in re.split(r"[,;|\n、，；+()（）]|\band\b|→", text))
    return next((method(part) for part in parts if part.lower() in METHODS), None)


def goes_on(text: str) -> bool:
    """Whether a training is to go on from the model spoken of."""
    return bool(_GOES_ON.search(text))


_GOES_ON = re.compile(
    r"\b(?:keep|continue|go on|carry on) (?:train|teach|fine)\w*|\btrain (?:it|that|this)(?: model)? (?:further|more|some more|on)\b|\bon top of (?:it|that)\b|\bbuild on (?:it|that)\b"
    r"|在(?:它|这个|那个|此|该)(?:模型)?(?:的)?基础上|接着(?:它)?训|继续(?:训|练|微调)",
    re.IGNORECASE,
)


# A value that gives way to another: "from 1e-3 to 1e-4", "从3轮改成5轮", "1e-3 -> 1e-4".
_OLD = rf"({FIGURE}(?:e-\d+|/{FIGURE}|%)?\s*(?:epochs?|rounds?|passes|个?轮)?)\s*"
_FROM_TO = re.compile(
    rf"(?:\bfrom\s+|(?<=\s)){_OLD}(?:(?:up|down)\s+to\b|to\b|-+>|=+>|→|into\b)\s*(?=[\d.])"
    rf"|[从由自]\s*{_OLD}(?:[改降升调提减增换变加缩]?[到成为至](?:了)?|低到|高到|->|→)\s*(?=[\d.])",
    re.IGNORECASE,
)


def _only_to(found: re.Match[str]) -> str:
    """The unit of the old value, and that a new one follows."""
    old = found[1] or found[2]
    unit = re.sub(rf"^{FIGURE}(?:e-\d+|/{FIGURE}|%)?\s*", "", old)
    return f" {unit} to " if found[1] else f"{unit}为"


def clear_values(text: str) -> dict[str, Any]:
    """The training values in a text that stand there in a clear form, under the tool's argument names.

    Args:
        text: a message without the names of files and addresses in it.
    """
    text = _NOT_THAT.sub(" ", normal(text))
    written = _FROM_TO.sub(_only_to, figures(text))
    found = {
        "task": _first(_TASKS, text),
        "method": _first(_METHODS, text),
        "text_column": _column(_TEXTS, text),
        "label_column": _column(_LABELS, text),
        "epochs": _number(_EPOCHS, written, number),
        "learning_rate": _number((_RATE_NAMED, _RATE_BEFORE, _RATE_BARE), written, rate),
        "name": _name(text),
    }
    if found["name"] in (found["text_column"], found["label_column"]):
        found["name"] = None  # "the column called comment"
    return {key: value for key, value in found.items() if value is not None}
