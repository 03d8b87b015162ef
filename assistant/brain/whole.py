"""Wishes to have a model explained as a whole, over rows rather than a text.

The encoder was trained when single texts alone were explained, so these are read by their words, as those in
``elsewhere`` are.
"""

# ruff: noqa: E501 - patterns read best in one line

import re
from typing import Any

from assistant.brain.asked import Asked
from assistant.brain.things.datasets import fresh_file, implied_dataset
from assistant.brain.things.models import implied_model
from assistant.brain.wishes import LONGEST, MODEL, MODEL_ZH, Wish
from tools.workspace import HELD_OUT

_IT = rf"(?:{MODEL}|it|(?:the|this|that|my|our) (?:model|classifier))"
_OVERALL = r"(?:as a whole|overall|globally|in general|generally|on the whole)"
_ROWS = r"(?:(?:the )?(?:data |file |rows (?:of|in) )?\[(?:FILE|DOC)\]|(?:this|that|the|these|those) (?:file|data(?: ?set)?|rows|table)|(?:the|its) held[- ]out (?:rows|data|set)(?: of its training)?)"
_FILE = rf"(?: (?:on|over|with|in|by|using|for|across) {_ROWS})?"
_LABEL = r"(?:class|classes|labels?|category|categories)"
_EACH = rf"(?:each|every|all|the|its)(?: of (?:the|its))? {_LABEL}"
_OF = rf"{_EACH} (?:of|in|for) {_IT}|{MODEL}(?:'s|’s) {_LABEL}|its {_LABEL}"
_LOOKS = r"(?:look (?:at|for)|pay attention to|focus on|rely on|go by|care about|decide by|base its (?:decisions|answers|predictions|labels) on)"
_DRIVE = r"(?:drive|define|make|decide|determine|matter (?:most )?(?:for|to)|speak (?:most )?for|count (?:most )?for|point to|are (?:typical|characteristic|(?:most )?important) (?:of|for))"
_TOP = r"(?:(?:top|key|strongest|main|most important) )?"
_WHAT = rf"(?:what|(?:which|what) {_TOP}(?:words|things|signs))"

_ALL = r"(?:整体|总体|全局)(?:上|来看|来说|而言|性?地)?"
_IT_ZH = rf"(?:{MODEL_ZH}|它|(?:这个|该|那个|我们?的)?(?:模型|分类器))"
_FILE_ZH = r"(?:[，,]?(?:用|拿|基于|根据|按|以|在|就)(?:\[(?:FILE|DOC)\]|这个(?:文件|数据集?|表)|这些数据|留出的?数据)(?:上|里|中|的?数据|来)*[，,]?)?"
_EACH_ZH = r"(?:每个|每一个|每种|各个?|各种|所有)(?:类别|标签|分类|类)"
_LOOKS_ZH = r"(?:最|主要|都|会|到底|究竟)*(?:看重|关注|重视|依据|依赖|注意|参考|看|靠)(?:的是|了)?"
_WORDS_ZH = r"(?:哪些|什么|哪几个)(?:关键|重要的?)?(?:词语?|单词|字|内容|东西|特征)"

_WHOLE = Wish.of(
    [
        rf"(?:explain|describe) (?:{_IT} {_OVERALL}{_FILE}|{_IT}{_FILE} {_OVERALL}|(?:the )?(?:whole|entire) {MODEL}{_FILE})",
        rf"(?:explain )?how (?:does )?{_IT} (?:decides?|works?|behaves?|chooses?|classif(?:y|ies)) {_OVERALL}{_FILE}",
        rf"(?:give|show|make)(?: me| us)? (?:an? |the )?(?:overall|global) explanation (?:of|for) {_IT}{_FILE}",
        rf"{_WHAT} does {_IT} (?:mostly |mainly )?{_LOOKS}(?: most)?,? (?:{_OVERALL}|(?:for|in|with|per) {_EACH}){_FILE}|{_OVERALL},? {_WHAT} does {_IT} (?:mostly |mainly )?{_LOOKS}(?: most)?{_FILE}",
        rf"(?:which|what) (?:are the )?{_TOP}words (?:that )?{_DRIVE} (?:{_OF}|{_IT} {_OVERALL}){_FILE}",
        rf"(?:(?:what|which) are|show(?: me| us)?|list|tell me) the {_TOP}words (?:(?:that )?{_DRIVE}|for|of|per|behind) (?:{_OF}){_FILE}",
        rf"what drives (?:{_OF}|{_IT} {_OVERALL}){_FILE}",
        rf"(?:is|how|how well is) {MODEL}(?: is)? (?:well[- ])?calibrated{_FILE}|(?:check|show|measure|plot)(?: me)? (?:the calibration of {MODEL}|how (?:well )?calibrated {MODEL} is){_FILE}",
        rf"(?:which|what) labels (?:in|of) \[(?:FILE|DOC)\] (?:look|seem|are|might be|may be) (?:wrong|mistaken|mislabell?ed) (?:to|for|according to|in the eyes of) {MODEL}",
    ],
    [
        rf"{_FILE_ZH}{_IT_ZH}(?:从|在)?{_ALL}{_LOOKS_ZH}{_WORDS_ZH}{_FILE_ZH}|{_ALL}[，,]?{_IT_ZH}{_LOOKS_ZH}{_WORDS_ZH}{_FILE_ZH}",
        rf"{_FILE_ZH}从?{_ALL}(?:来)?(?:解释|说明)(?:一下)?{_IT_ZH}{_FILE_ZH}|{_FILE_ZH}(?:解释|说明)(?:一下)?(?:{_IT_ZH}的?(?:整体|全局)(?:行为|表现|情况|依据)?|整个{_IT_ZH}){_FILE_ZH}",
        rf"{_FILE_ZH}哪些(?:关键)?词语?(?:最能?)?(?:决定|影响|代表|驱动)了?{_IT_ZH}的?{_EACH_ZH}",
        rf"{_FILE_ZH}{_IT_ZH}的?{_EACH_ZH}(?:是?由|主要看|看|靠){_WORDS_ZH}(?:决定|影响|驱动)?的?|{_FILE_ZH}{_IT_ZH}的?{_EACH_ZH}的?关键词(?:是|有)(?:哪些|什么)",
        rf"{MODEL_ZH}的?校准(?:得|的|情况|程度)?(?:怎么样|如何|好不好|好)|(?:检查|看看|显示|测量?)(?:一下)?{MODEL_ZH}的?校准(?:情况|程度)?",
        rf"\[(?:FILE|DOC)\](?:里|中)?的?哪些标签(?:在{MODEL_ZH}看来|对{MODEL_ZH}来说)(?:是|看起来|像是)?(?:错的?|错误的?|有误|可疑)",
    ],
)
_KIND = re.compile(r"\b(?:model|classifier)\b|模型|分类器", re.IGNORECASE)
_POINTED = re.compile(
    r"\b(?:this|that|the|these|those) (?:file|data(?: ?set)?|rows|table)\b|这个(?:文件|数据|表)|这些数据",
    re.IGNORECASE,
)


def over_rows(asked: Asked) -> dict[str, Any] | None:
    """The arguments of ``explain_prediction`` where a model is to be explained as a whole; None for any other wish.

    The dataset is the one that is named, pointed at or newly attached, else the held-out rows of the model's training.

    Args:
        asked: the message.
    """
    context, situation = asked.context, asked.situation
    named, text = asked.mentions.of("model"), asked.mentions.masked().text
    sent = context.open and context.asks == "text"  # any words may be the text that was asked for
    if len(named) > 1 or situation.role == "visitor" or len(text) > LONGEST or sent:
        return None
    talked_of = named or context.model or (situation.model_names and _KIND.search(text))
    if not talked_of or not _WHOLE.is_all(text):
        return None
    model = named[0] if named else implied_model(asked)
    return {**({"model": model} if model else {}), "dataset": _dataset(asked)}


def _dataset(asked: Asked) -> str:
    if files := asked.mentions.of("file"):
        return files[0]
    pointed = _POINTED.search(asked.outside_quotes()) or fresh_file(asked)
    return (implied_dataset(asked) if pointed else None) or HELD_OUT
