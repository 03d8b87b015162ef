"""Wishes about models that the chat has no tool for: the reply is the command that does it.

The encoder knows the chat's tools alone, and takes "roll back router" or "delete the model router" for the nearest of
them, which does something else. So these are read by their words, in the message with its names masked.
"""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re

from assistant.brain.asked import Asked
from assistant.brain.language import pick

_MODEL = r"(?:(?:the|our|my|this|old|model|version|called|named|模型)\s*)*\[MODEL\]"
_BEFORE = r"(?:version before|(?:previous|last|former|earlier|prior|older) (?:version|release|one))"
_ROLLBACK = re.compile(
    rf"\broll(?:ing)?[ -]?back (?!to\b){_MODEL}"
    rf"|\b(?:(?:back|return|revert) to|restore) (?:the )?{_BEFORE} of {_MODEL}"
    rf"|\b(?:revert|return|restore|go back|switch|set|put|change)\b.{{0,12}}\[MODEL\] (?:back )?to (?:the|its) {_BEFORE}"
    rf"|\bundo (?:the )?(?:last |latest )?(?:deployment|promotion|release|roll-?out) of {_MODEL}"
    rf"|(?:回滚|回退)(?!到)\s*{_MODEL}|\[MODEL\]\s*(?:模型)?\s*(?:回滚|回退|退回|恢复|切回|换回)(?:到)?\s*(?:上一?|前一?|之前|旧)",
    re.IGNORECASE,
)
_ALIAS = re.compile(
    rf"\b(?:promote|deploy|put|move|push|ship|release|set|mark|tag|make)\b.{{0,16}}\[MODEL\] (?:\w+ )?(?:to|as|into?|on) (?:the |our )?(?:alias )?(?P<en>staging|canary|candidate|beta|preview|qa|uat)\b"
    rf"|\b(?:alias|staging|canary)\b.{{0,24}}\b(?:point|to|for)\b.{{0,12}}{_MODEL}"
    r"|\[MODEL\].{0,6}(?:到|为|成|上|推到|发布到|部署到)\s*(?:staging|canary|预发布?|灰度|测试)(?:环境)?|\[MODEL\].{0,12}别名|别名.{0,12}\[MODEL\]",
    re.IGNORECASE,
)
_SHARE = r"(?:\d{1,2}(?:\.\d+)? ?(?:%|percent|per cent)|(?:a|one) (?:tenth|fifth|quarter|third|half|part))"
_SPLIT = re.compile(
    rf"\bA/?B[- ]?test(?:s|ing|ed)?\b.{{0,40}}\[MODEL\]|\[MODEL\].{{0,24}}\bA/?B[- ]?test|\b{_SHARE} (?:of )?(?:the |our |all )?(?:traffic|callers?|requests?|calls|users?|customers?|visitors?)\b"
    rf"|\bsplit\b.{{0,12}}\btraffic\b|\b(?:in|as an?|run) shadow\b|\bshadow(?:ing)? (?:mode|traffic|{_MODEL})"
    r"|A/?B\s*测试|灰度|分流|影子|(?:百分之|[\d.]+ ?%)\s*的?(?:流量|请求|用户)",
    re.IGNORECASE,
)
_DELETE = re.compile(
    rf"(?<!n't )(?<!not )(?<!never )\b(?:(?:delete|erase|get rid of|throw (?:away|out)|trash|destroy) {_MODEL}|(?:remove|drop) (?:the |our |my )?(?:old )?(?:model|version) {_MODEL})"
    r"(?!['’]s|[ \w]* (?:from|out of|off)\b)"
    rf"|(?<![别勿不要])(?:删除|删掉|删了|清除)\s*{_MODEL}(?!\s*(?:的|里))|把\s*{_MODEL}\s*(?:模型|这个模型)?(?:给?删)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"\bexplain\w* {_MODEL} (?:as a whole|overall|globally|in general)|\bwords? (?:that )?(?:drive|drives|define|make|makes|decide|decides)\b.{{0,16}}\b(?:each|every|the) (?:class|classes|label|labels|category|categories)\b"
    rf"|\b(?:well[- ])?calibrat\w*\b|\blabels?\b.{{0,30}}\b(?:look|looks|seem|seems|are|be) (?:wrong|mistaken|mislabell?ed)\b.{{0,12}}{_MODEL}"
    rf"|(?:整体|全局)(?:地)?(?:解释|说明)|(?:每个|各个?)(?:类别|标签).{{0,8}}(?:词|关键词)|校准",
    re.IGNORECASE,
)
_SHADOW = re.compile(r"\bshadow|影子", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,2}(?:\.\d+)?) ?(?:%|percent|per cent)", re.IGNORECASE)
_PARTS = {"tenth": 10, "fifth": 20, "quarter": 25, "third": 33, "half": 50}


def command_for(asked: Asked, language: str) -> str | None:
    """What to say to a wish about a model that is fulfilled outside the chat; None where it is no such wish.

    Args:
        asked: the message.
        language: ``en`` or ``zh``.
    """
    named = asked.mentions.of("model")
    names = list(dict.fromkeys(each.partition("@")[0] for each in named))
    if len(names) != 1 or asked.situation.role == "visitor":
        return None
    text, name = asked.mentions.masked().text, names[0]
    if _ROLLBACK.search(text):
        return _told(f"models rollback {name}", "puts the version before into service", "让上一个版本重新上线", language, True)  # fmt: skip
    if aliased := _ALIAS.search(text):
        alias = (aliased["en"] or "staging").lower()
        return _told(f"models promote {named[0]} --alias {alias}", "makes the alias and leaves what is in service", "设置别名，不影响正在服务的版本", language)  # fmt: skip
    if _SPLIT.search(text):
        to = next((f" --to {each}" for each in named if "@" in each), "")
        if _SHADOW.search(text):
            return _told(f"models split {name}{to} --shadow", "lets it read along without answering anybody", "让它旁听而不回答", language)  # fmt: skip
        return _told(f"models split {name}{to} --share {_share(text)}", "lets it answer that many percent of the callers", "让它回答这一比例的调用者", language)  # fmt: skip
    if _WHOLE.search(text):
        data = next(iter(asked.mentions.of("file")), "FILE")
        return _told(f"explain {name} --data {data} --html whole.html", "shows what drives each class, where the model is weak, its calibration and labels that look wrong", "展示每个类别由哪些词决定、模型的弱点、校准情况和可疑的标签", language, True)  # fmt: skip
    if _DELETE.search(text):
        return _told(f"models delete {named[0]}", "deletes it for good", "会永久删除它", language, True)
    return None


def _share(text: str) -> str:
    if number := _NUMBER.search(text):
        return number[1]
    return str(
        next((share for word, share in _PARTS.items() if re.search(rf"\b{word}\b", text, re.IGNORECASE)), 10)
    )


def _told(command: str, does: str, does_zh: str, language: str, page: bool = False) -> str:
    return pick(
        language,
        f"That is not done in the chat, and I have changed nothing. `assistant {command}` {does}{'; so does the page Models' if page else ''}.",
        f"这件事不在对话里完成，我没有做任何改动。请用 `assistant {command}`（{does_zh}）{'，或在“模型”页面操作' if page else ''}。",
    )
