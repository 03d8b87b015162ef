"""Wishes about models that the chat has no tool for: the reply is the command that does it.

The encoder knows the chat's tools alone, and takes "roll back router" or "delete the model router" for the nearest of
them, which does something else. So these are read by their words, in the message with its names masked. Only a message
that is such a wish from its beginning to its end counts: the same words in a text to be classified, in a reason or
beside another wish say nothing of the kind.
"""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.brain.asked import Asked
from assistant.brain.language import pick
from assistant.brain.values import number

LONGEST = 160  # characters of a wish, with its names masked

# What may stand before and behind a wish.
_LEAD = (
    r"(?:(?:please|pls|ok(?:ay)?|now|then|and|so|hi|hey|hello|thanks|just|also|(?:can|could|would|will) (?:you|we|i)|how (?:do|can) (?:i|we)|let'?s|let us|go ahead and"
    r"|(?:i|we) (?:want|need|would like)(?: you)? to|i'd like(?: you)? to|we'd like(?: you)? to)\b[ ,!.]*)*"
)
_END = r"(?:[ ,]*\b(?:please|pls|now|then|too|again|for (?:now|today|me|us)|as well|right away|thanks|thank you))*[ .!?。！？]*"
_LEAD_ZH = r"(?:(?:请你?|帮我|帮忙|麻烦你?|能不能|能否|可不可以|可以|我们?[想要]|现在|那就?|然后|怎么|如何|你好)[，,]?)*"
_END_ZH = r"(?:[，,]?(?:吧|吗|呢|了|一下|谢谢|好吗|可以吗|好不好))*[.!?。！？]*"
_MODEL = (
    r"(?:(?:the|our|my|this|old|model|classifier|version|called|named) )*\[MODEL\](?: (?:model|classifier))?"
)
_MODEL_ZH = r"(?:(?:这个|我们的|旧|老|模型)*\[MODEL\](?:这个)?(?:模型)?)"
_FILE = r"(?: (?:on|with|in|by|using|for) (?:the )?(?:data |file )?\[(?:FILE|DOC)\])?"

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
_VERSUS = rf"(?: (?:against|versus|vs\.?|and|with) (?:{_MODEL}|(?:the|its) (?:current|{_BEFORE}|present)(?: (?:version|one|model))?))?"
_CLASSES = r"(?:class|classes|labels?|category|categories)"
_CLASSES_ZH = r"(?:每个|每一个|各个?)(?:类别|标签|分类)"


class _Wish(NamedTuple):
    """A wish in the words of both languages."""

    english: re.Pattern[str]
    chinese: re.Pattern[str]

    @classmethod
    def of(cls, english: Sequence[str], chinese: Sequence[str]) -> "_Wish":
        """From its ways of saying it."""
        return cls(
            re.compile(rf"{_LEAD}(?:{'|'.join(english)}){_END}", re.IGNORECASE),
            re.compile(rf"{_LEAD_ZH}(?:{'|'.join(chinese)}){_END_ZH}", re.IGNORECASE),
        )

    def is_all(self, text: str) -> bool:
        """Whether a text is this wish and nothing else."""
        return bool(
            self.english.fullmatch(" ".join(text.split())) or self.chinese.fullmatch("".join(text.split()))
        )


_ROLLBACK = _Wish.of(
    [
        rf"(?:roll[ -]?back {_MODEL}|roll {_MODEL} back)(?: to (?:the|its) {_BEFORE})?",
        rf"(?:(?:go|switch|change|get)? ?back to|return to|revert to|restore) (?:the )?{_BEFORE} of {_MODEL}",
        rf"(?:revert|return|restore|switch|set|put|change) {_MODEL} (?:back )?to (?:the|its) {_BEFORE}",
        rf"undo (?:the )?(?:last |latest )?(?:deployment|promotion|release|roll-?out) of {_MODEL}",
    ],
    [
        rf"(?:回滚|回退){_MODEL_ZH}(?:到{_BEFORE_ZH})?",
        rf"[把将]?{_MODEL_ZH}(?:回滚|回退)",
        rf"[把将]?{_MODEL_ZH}(?:回滚|回退|退回|恢复|切回|换回)[到成]?{_BEFORE_ZH}",
        rf"(?:恢复|切回|换回|退回)到?{_MODEL_ZH}的?{_BEFORE_ZH}",
    ],
)
_ALIAS = _Wish.of(
    [
        rf"(?:promote|deploy|put|move|push|ship|release|set|mark|tag|make) {_MODEL} (?:to|as|into|in|on) (?:the |our |an? )?(?:alias )?{_STAGE}(?: (?:alias|environment|env|stage))?",
        rf"(?:point|move|set) (?:the )?(?:alias )?{_STAGE}(?: alias)? (?:to|at|on) {_MODEL}",
        rf"give {_MODEL} the alias {_STAGE}|alias {_MODEL} (?:as|to) {_STAGE}|(?:make|create|add|set) (?:an|the) alias {_STAGE} (?:for|to|on) {_MODEL}",
    ],
    [
        rf"[把将]?{_MODEL_ZH}(?:发布|部署|推送?|推广|晋升|提升|设置?|标记?)(?:到|为|成){_STAGE_ZH}(?:环境|别名)?",
        rf"(?:给|为){_MODEL_ZH}(?:加|设|设置|建|创建)(?:一个|上)?(?:{_STAGE_ZH}的?)?别名|[把将]别名{_STAGE_ZH}指向{_MODEL_ZH}",
    ],
)
_SHADOW = _Wish.of(
    [
        rf"(?:run|put|deploy|let|start|set|try|use) {_MODEL} (?:run )?(?:in|into|as an?|in the) shadow(?: mode)?|shadow {_MODEL}",
        rf"(?:send|mirror) (?:the )?shadow traffic to {_MODEL}",
    ],
    [
        rf"[让把将]?{_MODEL_ZH}(?:以|用|作为|做|当|进入|开启?)?影子(?:模式|流量|模型)?(?:下?运行|跑|部署|上线)?",
        rf"(?:影子|旁路)(?:部署|运行|上线){_MODEL_ZH}",
    ],
)
_SPLIT = _Wish.of(
    [
        rf"(?:a/?b|split)[- ]?test {_MODEL}{_VERSUS}(?: (?:on|with|for) {_CALLERS})?",
        rf"(?:run|start|do|set up|make) an? a/?b[- ]?test (?:of|with|between|for|on) {_MODEL}{_VERSUS}(?: (?:on|with|for) {_CALLERS})?",
        rf"(?:send|give|route|direct|shift|move|put|let) {_CALLERS} (?:go )?(?:to|on|through) {_MODEL}|(?:give|send) {_MODEL} {_CALLERS}",
        rf"let {_MODEL} (?:answer|serve|take|handle|get|have) {_CALLERS}",
        rf"(?:try|roll out|deploy|release|ship|launch) {_MODEL} (?:out )?(?:on|to|for|with) {_CALLERS}",
        rf"split (?:the )?traffic (?:between|of|for|to) {_MODEL}{_VERSUS}",
    ],
    [
        rf"(?:对|用|给|拿)?{_MODEL_ZH}(?:和{_MODEL_ZH})?(?:做|进行|跑|来)(?:一?[个次])?A/?B测试",
        rf"A/?B测试{_MODEL_ZH}",
        rf"(?:[把将让]|分配?){_CALLERS_ZH}(?:都|分配?|导|切|打|交|发|转|走|分流|引)*(?:给|到|向)?{_MODEL_ZH}(?:回答|处理)?",
        rf"(?:给{_MODEL_ZH}(?:分配?)?|[让由]{_MODEL_ZH}(?:回答|处理|承担|接收?|服务)){_CALLERS_ZH}",
        rf"灰度(?:发布|上线){_MODEL_ZH}|[把将]{_MODEL_ZH}灰度(?:发布|上线)",
    ],
)
_WHOLE = _Wish.of(
    [
        rf"explain {_MODEL} (?:as a whole|overall|globally|in general){_FILE}",
        rf"(?:which|what) (?:are the )?words (?:that )?(?:drive|define|make|decide|matter (?:most )?for|are typical (?:of|for)) (?:each|every|the) (?:of the )?{_CLASSES} (?:of|in|for) {_MODEL}{_FILE}",
        rf"(?:is|how|how well is) {_MODEL}(?: is)? (?:well[- ])?calibrated{_FILE}|(?:check|show|measure|plot)(?: me)? (?:the calibration of {_MODEL}|how (?:well )?calibrated {_MODEL} is){_FILE}",
        rf"(?:which|what) labels (?:in|of) \[(?:FILE|DOC)\] (?:look|seem|are|might be|may be) (?:wrong|mistaken|mislabell?ed)(?: (?:to|for|according to|in the eyes of) {_MODEL})",
    ],
    [
        rf"(?:从?(?:整体|全局)上?地?)(?:解释|说明)(?:一下)?{_MODEL_ZH}|(?:解释|说明)(?:一下)?{_MODEL_ZH}的?(?:整体|全局)(?:行为|表现|情况)?",
        rf"哪些(?:关键)?词(?:决定|影响|代表)了?{_MODEL_ZH}的?{_CLASSES_ZH}|{_MODEL_ZH}的?{_CLASSES_ZH}(?:是?由|主要看|看)哪些(?:关键)?词(?:决定|影响)?的?",
        rf"{_MODEL_ZH}的?校准(?:得|的|情况|程度)?(?:怎么样|如何|好不好|好)|(?:检查|看看|显示|测量?)(?:一下)?{_MODEL_ZH}的?校准(?:情况|程度)?",
        rf"\[(?:FILE|DOC)\](?:里|中)?的?哪些标签(?:在{_MODEL_ZH}看来|对{_MODEL_ZH}来说)(?:是|看起来|像是)?(?:错的?|错误的?|有误|可疑)",
    ],
)
_FOR_GOOD = r"(?: (?:for good|forever|permanently|completely|for ever))?"
_DELETE = _Wish.of(
    [
        rf"(?:delete|erase|get rid of|throw away|throw out|trash|destroy) {_MODEL}{_FOR_GOOD}",
        rf"(?:remove|drop) (?:the |our |my |this )?(?:old )?(?:model|version) \[MODEL\]{_FOR_GOOD}",
        rf"throw {_MODEL} (?:away|out)",
    ],
    [
        rf"(?:彻底|永久)?(?:删除|删掉|删了|清除){_MODEL_ZH}|[把将]{_MODEL_ZH}(?:给|彻底|永久)?(?:删除|删掉|删了|清除|删)(?:掉)?",
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
    if _WHOLE.is_all(text):
        data = next(iter(asked.mentions.of("file")), "FILE")
        return _told(f"explain {name} --data {data} --html whole.html", "shows what drives each class, where the model is weak, its calibration and labels that look wrong", "展示每个类别由哪些词决定、模型的弱点、校准情况和可疑的标签", language, True)  # fmt: skip
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
