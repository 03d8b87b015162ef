"""Wishes about models that the chat has no tool for: the reply is the command that does it.

The encoder knows the chat's tools alone, and takes "roll back router" or "delete the model router" for the nearest of
them, which does something else. So these are read by their words, in the message with its names masked. Only a message
that is such a wish from its beginning to its end counts: the same words in a text to be classified, in a reason or
beside another wish say nothing of the kind.
"""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re

from assistant.brain.asked import Asked
from assistant.brain.language import pick
from assistant.brain.values import number
from assistant.brain.wishes import LONGEST, MODEL, MODEL_ZH, Wish

_BEFORE = r"(?:version before|(?:previous|last|former|earlier|prior|older|old) (?:version|release|one))"
_BEFORE_ZH = r"(?:上一?个?|前一?个?|之前的?|旧的?|老的?)(?:版本?|发布)?"
_STAGE = r"(?:staging|canary|candidate|beta|preview|qa|uat)"
_STAGE_ZH = rf"(?:{_STAGE}|预发布?|灰度|测试)"
_SHARE = (
    r"(?:\d{1,2}(?:\.\d+)? ?(?:%|percent|per cent)|(?:a|one) (?:tenth|fifth|quarter|third|half|part)|half)"
)
_CALLERS = rf"{_SHARE} (?:of )?(?:the |our |all |my )*(?:live )?(?:traffic|callers?|requests?|calls|users?|customers?|visitors?)"
_SHARE_ZH = r"(?:百分之[一二三四五六七八九十\d]+|\d+(?:\.\d+)?[%％]|一半)"
_CALLERS_ZH = rf"{_SHARE_ZH}的?(?:流量|请求|用户|访客|调用)"
_VERSUS = rf"(?: (?:against|versus|vs\.?|and|with) (?:{MODEL}|(?:the|its) (?:current|{_BEFORE}|present)(?: (?:version|one|model))?))?"


_ROLLBACK = Wish.of(
    [
        rf"(?:roll[ -]?back {MODEL}|roll {MODEL} back)(?: to (?:the|its) {_BEFORE})?",
        rf"(?:(?:go|switch|change|get)? ?back to|return to|revert to|restore) (?:the )?{_BEFORE} of {MODEL}",
        rf"(?:revert|return|restore|switch|set|put|change) {MODEL} (?:back )?to (?:the|its) {_BEFORE}",
        rf"undo (?:the )?(?:last |latest )?(?:deployment|promotion|release|roll-?out) of {MODEL}",
    ],
    [
        rf"(?:回滚|回退){MODEL_ZH}(?:到{_BEFORE_ZH})?",
        rf"[把将]?{MODEL_ZH}(?:回滚|回退)",
        rf"[把将]?{MODEL_ZH}(?:回滚|回退|退回|恢复|切回|换回)[到成]?{_BEFORE_ZH}",
        rf"(?:恢复|切回|换回|退回)到?{MODEL_ZH}的?{_BEFORE_ZH}",
    ],
)
_ALIAS = Wish.of(
    [
        rf"(?:promote|deploy|put|move|push|ship|release|set|mark|tag|make) {MODEL} (?:to|as|into|in|on) (?:the |our |an? )?(?:alias )?{_STAGE}(?: (?:alias|environment|env|stage))?",
        rf"(?:point|move|set) (?:the )?(?:alias )?{_STAGE}(?: alias)? (?:to|at|on) {MODEL}",
        rf"give {MODEL} the alias {_STAGE}|alias {MODEL} (?:as|to) {_STAGE}|(?:make|create|add|set) (?:an|the) alias {_STAGE} (?:for|to|on) {MODEL}",
    ],
    [
        rf"[把将]?{MODEL_ZH}(?:发布|部署|推送?|推广|晋升|提升|设置?|标记?)(?:到|为|成){_STAGE_ZH}(?:环境|别名)?",
        rf"(?:给|为){MODEL_ZH}(?:加|设|设置|建|创建)(?:一个|上)?(?:{_STAGE_ZH}的?)?别名|[把将]别名{_STAGE_ZH}指向{MODEL_ZH}",
    ],
)
_SHADOW = Wish.of(
    [
        rf"(?:run|put|deploy|let|start|set|try|use) {MODEL} (?:run )?(?:in|into|as an?|in the) shadow(?: mode)?|shadow {MODEL}",
        rf"(?:send|mirror) (?:the )?shadow traffic to {MODEL}",
    ],
    [
        rf"[让把将]?{MODEL_ZH}(?:以|用|作为|做|当|进入|开启?)?影子(?:模式|流量|模型)?(?:下?运行|跑|部署|上线)?",
        rf"(?:影子|旁路)(?:部署|运行|上线){MODEL_ZH}",
    ],
)
_SPLIT = Wish.of(
    [
        rf"(?:a/?b|split)[- ]?test {MODEL}{_VERSUS}(?: (?:on|with|for) {_CALLERS})?",
        rf"(?:run|start|do|set up|make) an? a/?b[- ]?test (?:of|with|between|for|on) {MODEL}{_VERSUS}(?: (?:on|with|for) {_CALLERS})?",
        rf"(?:send|give|route|direct|shift|move|put|let) {_CALLERS} (?:go )?(?:to|on|through) {MODEL}|(?:give|send) {MODEL} {_CALLERS}",
        rf"let {MODEL} (?:answer|serve|take|handle|get|have) {_CALLERS}",
        rf"(?:try|roll out|deploy|release|ship|launch) {MODEL} (?:out )?(?:on|to|for|with) {_CALLERS}",
        rf"split (?:the )?traffic (?:between|of|for|to) {MODEL}{_VERSUS}",
    ],
    [
        rf"(?:对|用|给|拿)?{MODEL_ZH}(?:和{MODEL_ZH})?(?:做|进行|跑|来)(?:一?[个次])?A/?B测试",
        rf"A/?B测试{MODEL_ZH}",
        rf"(?:[把将让]|分配?){_CALLERS_ZH}(?:都|分配?|导|切|打|交|发|转|走|分流|引)*(?:给|到|向)?{MODEL_ZH}(?:回答|处理)?",
        rf"(?:给{MODEL_ZH}(?:分配?)?|[让由]{MODEL_ZH}(?:回答|处理|承担|接收?|服务)){_CALLERS_ZH}",
        rf"灰度(?:发布|上线){MODEL_ZH}|[把将]{MODEL_ZH}灰度(?:发布|上线)",
    ],
)
_FOR_GOOD = r"(?: (?:for good|forever|permanently|completely|for ever))?"
_DELETE = Wish.of(
    [
        rf"(?:delete|erase|get rid of|throw away|throw out|trash|destroy) {MODEL}{_FOR_GOOD}",
        rf"(?:remove|drop) (?:the |our |my |this )?(?:old )?(?:model|version) \[MODEL\]{_FOR_GOOD}",
        rf"throw {MODEL} (?:away|out)",
    ],
    [
        rf"(?:彻底|永久)?(?:删除|删掉|删了|清除){MODEL_ZH}|[把将]{MODEL_ZH}(?:给|彻底|永久)?(?:删除|删掉|删了|清除|删)(?:掉)?",
    ],
)
_PARTS = {"tenth": 10, "fifth": 20, "quarter": 25, "third": 33, "half": 50, "一半": 50}


def command_for(asked: Asked, language: str) -> str | None:
    """What to say to a wish about a model that is fulfilled outside the chat; None where it is no such wish.

    Args:
        asked: the message.
        language: ``en`` or ``zh``.
    """
    named = asked.mentions.of("model")
    names = list(dict.fromkeys(each.partition("@")[0] for each in named))
    text = asked.mentions.masked().text
    sent = asked.context.open and asked.context.asks == "text"  # any words may be the text that was asked for
    if len(names) != 1 or asked.situation.role == "visitor" or len(text) > LONGEST or sent:
        return None
    name = names[0]
    to = next((f" --to {each}" for each in named if "@" in each), "")
    if _ROLLBACK.is_all(text):
        return _told(f"models rollback {name}", "puts the version before into service", "让上一个版本重新上线", language, True)  # fmt: skip
    if _ALIAS.is_all(text):
        return _told(f"models promote {named[0]} --alias {_alias(text)}", "makes the alias and leaves what is in service", "设置别名，不影响正在服务的版本", language)  # fmt: skip
    if _SHADOW.is_all(text):
        return _told(f"models split {name}{to} --shadow", "lets it read along without answering anybody", "让它旁听而不回答", language)  # fmt: skip
    if _SPLIT.is_all(text):
        return _told(f"models split {name}{to} --share {_share(text)}", "lets it answer that many percent of the callers", "让它回答这一比例的调用者", language)  # fmt: skip
    if _DELETE.is_all(text):
        return _told(f"models delete {named[0]}", "deletes it for good", "会永久删除它", language, True)
    return None


def _alias(text: str) -> str:
    """The alias of a wish; Chinese words stand for those of the field."""
    if said := re.search(rf"(?<![a-z]){_STAGE}(?![a-z])", text, re.IGNORECASE):
        return said[0].lower()
    return "canary" if "灰度" in text else "staging"


def _share(text: str) -> str:
    """The percent of a wish; 10 where none are told."""
    if said := re.search(r"\d+(?:\.\d+)?(?= ?(?:%|％|percent|per cent))", text, re.IGNORECASE):
        return said[0]
    if said := re.search(r"百分之(?P<percent>[一二三四五六七八九十\d]+)", text):
        return str(number(said["percent"]))
    return str(next((share for word, share in _PARTS.items() if re.search(word, text, re.IGNORECASE)), 10))


def _told(command: str, does: str, does_zh: str, language: str, page: bool = False) -> str:
    return pick(
        language,
        f"That is not done in the chat, and I have changed nothing. `assistant {command}` {does}{'; so does the page Models' if page else ''}.",
        f"这件事不在对话里完成，我没有做任何改动。请用 `assistant {command}`（{does_zh}）{'，或在“模型”页面操作' if page else ''}。",
    )
