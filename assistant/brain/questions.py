"""What the assistant's question asks for, the values it lists, and what answers it."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from assistant.brain import values
from assistant.brain.arguments import Filled, arguments, training_values
from assistant.brain.asked import Asked
from assistant.brain.history import Context
from assistant.brain.labels import ARGUMENTS
from assistant.brain.language import CHINESE
from assistant.brain.mentions import Mentions
from assistant.brain.patterns import clear_values, strict_task
from assistant.brain.things import datasets, models, texts
from assistant.brain.things.names import nth, picked_place, place_said, sharing


def answer_to(slot: str, asked: Asked) -> Any:
    """The value for a slot that the assistant has asked for: said, picked from those it listed, or the bare message.

    Args:
        slot: one of ``labels.ASKS``.
        asked: the message that answers.
    """
    listed_there = asked.context.listed.get(slot, [])
    told = place_said if slot in ("epochs", "rate", "text", "name") else picked_place
    if (place := told(asked.text)) and (picked := nth(place, listed_there)):
        return picked
    if slot in ("dataset", "model") and (meant := sharing(asked.text, _described(asked, listed_there))):
        return meant
    for span in asked.reading.spans:
        if (span.pointer.isdigit() or span.pointer == "last") and (picked := nth(span.pointer, listed_there)):
            return picked
    if slot in ("text_col", "label_col") and (column := _first_said(asked.text, listed_there)):
        return column
    if slot == "text":
        return texts.text_sent(asked)
    key = ARGUMENTS.get(slot, slot)
    if slot == "task":
        return values.task(asked.text)
    if slot in ("base", "method", "epochs", "rate", "name", "text_col", "label_col"):
        return training_values(asked).get(key) or _bare_value(slot, asked)
    tool = {"source": "add_knowledge", "job": "show_job", "models": "compare_models"}.get(slot)
    return (
        arguments(tool, asked).get(slot)
        if tool
        else (datasets.dataset if slot == "dataset" else models.model)(asked)
    )


def _first_said(text: str, names: Sequence[str]) -> str | None:
    """The name, of those listed, that a text says first."""
    found = [
        (match.start(), name)
        for name in names
        if (match := re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", text, re.IGNORECASE))
    ]
    return min(found)[1] if found else None


def _described(asked: Asked, names: Sequence[str]) -> dict[str, str]:
    """What the question says of each thing that it lists ("a.csv (August) or b.csv (September)")."""
    question = asked.context.question
    starts = sorted((question.find(name), name) for name in names if name in question)
    ends = [*(at for at, _ in starts[1:]), len(question)]
    return {name: question[at + len(name) : end] for (at, name), end in zip(starts, ends, strict=False)}


def asked_for(asks: str, question: str, context: Context) -> str:
    """What a question asks for; its own words tell text and label apart where it is a column.

    Args:
        asks: one of ``labels.ASKS``, as it was read.
        question: the assistant's words.
        context: what was asked before: "and which one is the text?" goes on from a question for the label's column.
    """
    question = values.normal(question)
    clear = [slot for slot, words in _ASKED.items() if words.search(_question(question))]
    if len(clear) == 1 and (clear == ["text"] or asks != "nothing" or re.search(r"[?？]", question)):
        return clear[0]
    going_on = context.tool == "finetune_model" and _WHICH_ONE.search(question)
    if asks not in ("text_col", "label_col") and not going_on:
        return asks
    text, label = _TEXT_WORDS.search(question), _LABEL_WORDS.search(question)
    if bool(text) == bool(label):
        return asks if asks in ("text_col", "label_col") or text else "label_col"
    return "text_col" if text else "label_col"


def _question(text: str) -> str:
    """The part of a reply that asks: its last sentence with a question mark, else the whole."""
    asking = re.findall(r"[^.!?。！？\n]+[?？]", text)
    return asking[-1] if asking else text


# What a question asks for where its words leave no doubt.
_ASKED = {
    "dataset": re.compile(
        r"\b(?:which|what) (?:file|data ?set|data|table)\b|哪[个份](?:数据集?|文件|表)", re.IGNORECASE
    ),
    "rate": re.compile(
        r"\b(?:which|what|how (?:large|high)).{0,12}learning rate\b|学习率.{0,6}(?:多少|多大|几)",
        re.IGNORECASE,
    ),
    "epochs": re.compile(r"\bhow many (?:epochs|rounds|passes)\b|(?:几|多少)轮", re.IGNORECASE),
    "name": re.compile(
        r"\b(?:what|which) name\b|\bbe called\b|\bcall (?:it|the (?:new )?model)\b|叫什么|什么名字",
        re.IGNORECASE,
    ),
    "method": re.compile(
        r"\b(?:which|what) method\b|^\W*method\W*$|(?:哪种|什么)(?:训练)?方法", re.IGNORECASE
    ),
    "base": re.compile(r"\bbase model\b|\bwhich base\b|哪个(?:基座|底座|基础模型)", re.IGNORECASE),
    "task": re.compile(
        r"\b(?:which|what(?:'s| is)?(?: the)?) task\b|哪[种个](?:类型的?)?任务|什么任务", re.IGNORECASE
    ),
    "text": re.compile(
        r"\bpaste (?:the|your|it|that) ?\w*(?: here)?\b|\b(?:which|what) (?:text|sentence|message)\b(?! col)"
        r"|\bwhat (?:should|shall) (?:i (?:give|feed)|it (?:read|look at))|哪[句段](?:话|文字|文本)?",
        re.IGNORECASE,
    ),
    "job": re.compile(r"\bwhich (?:job|training|run)\b|哪[个项](?:任务|训练)", re.IGNORECASE),
}


_WHICH_ONE = re.compile(r"\bwhich (?:one|column|field)\b|哪一?[个列]|列\s*还是", re.IGNORECASE)
_TEXT_WORDS = re.compile(r"\btexts?\b|文本|正文|内容", re.IGNORECASE)
_LABEL_WORDS = re.compile(
    r"\b(?:labels?|target|class\w*|categor\w+|answers?|predict\w*)\b|标签|类别|分类|目标", re.IGNORECASE
)


def both_columns(asked: Asked) -> Filled:
    """Text and label column, where a question asked for both and the answer names two, in the question's order."""
    question = asked.context.question
    text, label = _TEXT_WORDS.search(question), _LABEL_WORDS.search(question)
    names = [values.column(part) for part in re.split(r"\s*(?:[,，、/]|\band\b|和)\s*", asked.text.strip())]
    single = len(names) == 2 and all(name and len(name.split()) == 1 for name in names)
    if asked.context.asks not in ("text_col", "label_col") or not (text and label and single):
        return {}
    order = (
        ("text_column", "label_column") if text.start() < label.start() else ("label_column", "text_column")
    )
    return dict(zip(order, names, strict=True))


def _bare_value(slot: str, asked: Asked) -> Any:
    """The value where the message is little more than that."""
    said = values.without_interjections(asked.text)
    clause = re.split(r"[.,;]\s|[，。；\n]|\s(?:and|but|with)\s|然后", said)[0]
    words = re.sub(
        r"^(?:(?:it'?s|the|use|call it|用|就?叫|是)\s+|用|就?叫|是)|(?:\s+(?:column|please|pls|thanks)|列|吧)[.!。]*$",
        "",
        clause,
        flags=re.IGNORECASE,
    )
    if slot in ("text_col", "label_col") and (column := _COLUMN_SAID.search(asked.text)):
        return column["before"] or column["after"]
    readers: dict[str, Callable[[str], Any]] = {
        "epochs": values.number,
        "rate": values.rate,
        "method": values.method,
    }
    if slot in readers:
        return readers[slot](words)
    named = [
        m for m in asked.mentions.found if m.start < len(clause) and m.kind in ("base", "model", "quote")
    ]
    if named:
        return named[0].value
    if clear_values(clause):  # it is about something else
        return None
    longest = 10 if CHINESE.search(words) else 40
    return values.bare(words) if len(words.split()) <= 2 and len(words) <= longest else None


_COLUMN_SAID = re.compile(
    r"(?P<before>[A-Za-z_][\w\-]*)(?:\s+(?:column|field)\b|\s*[那这]?一?[列栏])|\b(?:column|field)\s+(?P<after>[A-Za-z_][\w\-]*)"
)


def listed(slot: str, mentions: Mentions) -> list[str]:
    """The values of a slot that a question lists, in its order.

    Args:
        slot: one of ``labels.SLOTS``.
        mentions: what the question names.
    """
    if slot in ("method", "task"):
        read = values.method if slot == "method" else strict_task
        found = [read(part) for part in re.split(r"[,;:?，。；、：？\n]|\bor\b|还是|或者?|和", mentions.text)]
        return list(dict.fromkeys(value for value in found if value))
    kinds = {"base": ("base", "model"), "dataset": ("file",), "source": ("file", "url")}
    if slot in ("text_col", "label_col"):
        return [m.value for m in mentions.found if m.kind == "quote"] or _named_columns(mentions.text)
    wanted = kinds.get(slot, (slot,))
    return list(dict.fromkeys(m.value for m in mentions.found if m.kind in wanted))


def plans(asked: Asked) -> list[Filled]:
    """The trainings that the assistant describes to choose from ("option 1: lora, 5 epochs. Option 2: …").

    Args:
        asked: the assistant's message.
    """
    text = asked.text
    starts = [found.start() for found in _OPTION.finditer(text)]
    if len(starts) < 2 or asked.mentions.of("job"):  # a list of trainings that run is none to choose from
        return []
    bases = [mention for mention in asked.mentions.found if mention.kind == "base"]
    for_all = {"base_model": bases[0].value} if len({base.value for base in bases}) == 1 else {}
    found = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        own = [base.value for base in bases if start <= base.start < end]
        segment = text[start:end]
        plan = clear_values(segment) | ({"base_model": own[0]} if own else {})
        if "method" not in plan and (method := values.method(segment)):
            plan["method"] = method
        found.append({**for_all, **plan} if plan else {})
    return found if all(found) else []


_OPTION = re.compile(
    r"\(\d\)|\boption \d|(?:^|[\s:：;；])\d[.)]\s|方案[一二三]|(?<![零一二三四五六七八九十])[一二三]、|第[一二三]种",
    re.IGNORECASE,
)


_BOTH_COLUMNS = re.compile(  # "two text columns, subject and body. Which one", "有 subject 和 body 两列"
    r"\b(?:columns|fields)[,:]\s*(?:the )?([\w\-]+) and ([\w\-]+)(?=[.;?!])"
    r"|([A-Za-z_][\w\-]*)\s*[和、]\s*([A-Za-z_][\w\-]*)\s*两列",
    re.IGNORECASE,
)


def _named_columns(text: str) -> list[str]:
    """Columns in a question that offers some: "topic or queue?", "the label: stars, scent, shop. Which one"."""
    if several := re.search(r"[:：]\s*(?:the )?([\w\-]+(?:(?:, |、| or | and |, or )[\w\-]+){2,})", text):
        return re.split(r", or | or | and |, |、", several[1])
    if chinese := re.search(
        r"(?:是|为|用|选)\s*([\w\-]+?)\s*列?，?\s*(?:还是|或者?)(?:是|用)?\s*([\w\-]+?)\s*列?(?=[？?。，\s呢]|$)",
        text,
    ):
        return [chinese[1], chinese[2]]
    if both := _BOTH_COLUMNS.search(text):
        return [each for each in both.groups() if each]
    found = re.search(r"([\w\-]+)(?: column| 列|列)?,? ?(?:or|还是|或) ?(?:the )?([\w\-]+)", text)
    return [found[1], found[2]] if found else []
