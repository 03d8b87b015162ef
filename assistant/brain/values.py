"""Values inside a message: epochs, learning rates, column names, methods, tasks, names and texts to work on."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from typing import Any

from assistant.brain.mentions import Mentions

WORDS = {
    "zero": 0, "half": 0.5, "one": 1, "a": 1, "an": 1, "single": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15,
    "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100,
}  # fmt: skip
CHINESE_DIGITS = {
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "半": 0.5,
}
NUMBER = r"\d+(?:\.\d+)?|" + "|".join(sorted(WORDS, key=len, reverse=True))
CHINESE_NUMBER = r"\d+(?:\.\d+)?|[零一二两三四五六七八九十半]+"
RATE = (
    r"\d+(?:\.\d+)?\s*(?:[x×*·]\s*10\s*(?:\^|\*\*)?\s*[-−–]\s*\d+|e\s*[-−–]\s*\d+)|10\s*(?:\^|\*\*)\s*[-−–]\s*\d+|0?\.\d+|"
    r"\d+(?:\.\d+)?\s*%|(?:one|two|three|four|five|six|seven|eight|nine|\d+)\s+(?:e|times ten to the|to the)\s*"
    r"(?:minus|negative|-)\s*(?:one|two|three|four|five|six|seven|eight|nine|\d+)|1"
)

_EPOCHS = [
    re.compile(rf"\b({NUMBER})[\s-]+(?:more |full |training )*(?:epochs?|passes|rounds?)\b", re.IGNORECASE),
    re.compile(rf"\b(?:num_?)?epochs?\s*(?:to|=|:|of|is)?\s*({NUMBER})\b", re.IGNORECASE),
    re.compile(rf"({CHINESE_NUMBER})\s*(?:个)?\s*(?:轮|epochs?|遍|个周期)", re.IGNORECASE),
    re.compile(
        rf"(?:轮数|轮次|epochs?)\s*(?:改成|改为|设为|设成|为|是|=|:|：|用)?\s*({CHINESE_NUMBER})",
        re.IGNORECASE,
    ),
]
_RATE_NAMED = re.compile(
    rf"(?:learning[\s_-]*rate|\blr\b|\blearn rate\b|step size|学习率|\brate\b)\s*(?:to|=|:|：|of|is|at|改成|改为|设为|设成|为|是|用|调到|到)?\s*(?<![\w.])({RATE})",
    re.IGNORECASE,
)
_RATE_BEFORE = re.compile(
    rf"(?<![\w.])({RATE})\s*(?:as (?:the )?)?(?:learning[\s_-]*rate|lr\b|的学习率)", re.IGNORECASE
)
_RATE_BARE = re.compile(
    r"(?<![\w.\-])(\d+(?:\.\d+)?\s*e\s*[-−–]\s*\d+|\d+(?:\.\d+)?\s*[x×]\s*10\s*\^\s*[-−–]\s*\d+)(?!\w)",
    re.IGNORECASE,
)
_METHODS = [
    ("adalora", r"\bada-?lora\b"), ("qlora", r"\bq-?lora\b"), ("dora", r"\bdora\b"), ("lora", r"\blora\b"),
    ("few-shot", r"\bfew[\s-]?shot\b|\bset-?fit\b|少样本|小样本"),
    ("full", r"\bfull(?:y)?(?: (?:fine|parameter|training|model|method|update))|\bfull\b(?=\s*(?:please|method|$|[.,!]))|\ball (?:the )?(?:weights|parameters)\b|全量|全参数"),
    ("head", r"\bhead[\s-]?only\b|\b(?:only|just) (?:the |a )?head\b|\bmethod[:=\s]+head\b|\bwith (?:a |the )?head\b|\bthe head method\b|\bhead method\b|\bfrozen (?:body|encoder)\b|只训练(?:分类)?头|冻结"),
    ("auto", r"\bmethod[:=\s]+auto\b|\bauto method\b"),
]  # fmt: skip
_TASKS = [
    ("token-classification", r"\btoken[\s_-]classif\w+|\bner\b|named[\s-]entit\w+|sequence (?:labell?ing|tagging)|命名实体|实体识别|词元分类|序列标注"),
    ("image-classification", r"\bimage[\s_-]classif\w+|图像分类|图片分类"),
    ("text-classification", r"\btext[\s_-]classif\w+|文本分类"),
    ("text-generation", r"\btext[\s_-]generation\b|文本生成"),
    ("masked-lm", r"\bmasked[\s_-](?:lm|language)\b|\bmlm\b|掩码语言"),
    ("embedding", r"\bembedding(?:s)?(?: model| task| training)?\b(?! layer)|\bsentence embedding|向量模型|句向量|嵌入模型"),
]  # fmt: skip
_LOOSE_TASKS = [
    ("image-classification", r"\b(?:photos?|images?|pictures?)\b|图片|图像|照片"),
    ("token-classification", r"\b(?:tag(?:ging)?|extract(?:ing)?|find(?:ing)?) (?:names|entities|persons|products|places)|实体|抽取"),
    ("text-classification", r"\b(?:classif\w+|sentiment|spam|sort(?:ing)?|rout(?:e|ing)|categori[sz]\w+|intent|topic|triage)\b|分类|情感|垃圾|归类|意图"),
    ("text-generation", r"\b(?:chat ?bot|generat\w+|chat model|writ(?:e|ing) (?:replies|answers|texts)|instruction)\b|聊天|生成|对话|写作"),
    ("embedding", r"\b(?:semantic search|similarity|retrieval)\b|语义搜索|相似度|检索"),
]  # fmt: skip
_COLUMN = r"[\"'“‘`「]?([\w.\-\u4e00-\u9fff]+?)[\"'”’`」]?"
_LABELS = [
    re.compile(rf"\b(?:label|target|class|output|category)[\s_-]*col(?:umn)?\s*(?:is|=|:|to|should be|called|named)*\s*{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\blabels?\s*(?:is|are|=|:|is in|are in|in)\s*(?:the )?(?:column )?(?!column){_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:predict|learn|learning|predicting|classify by|by|target|on)\s+(?:the\s+)?{_COLUMN}\s+(?:column|field)\b", re.IGNORECASE),
    re.compile(rf"\b(?:with|use|using|take|and)\s+(?:the\s+)?(?:column\s+)?{_COLUMN}(?:\s+(?:column|field))?\s+(?:as|for)\s+(?:the\s+|its\s+)?(?:label|target|class|output|category)", re.IGNORECASE),
    re.compile(rf"{_COLUMN}\s+(?:is|holds|has|contains|are|as)\s+(?:the\s+)?(?:label|target|class)s?\b", re.IGNORECASE),
    re.compile(r"(?:标签|目标|类别)(?:列|字段)?(?:是|为|用|在|叫|:|：|=|改成|改为|选)+\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?(?=列|字段|[\s,，。.;；!！]|$)"),
    re.compile(r"(?:用|以|按|把|拿)\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?\s*(?:列|字段|这一?列)?\s*(?:作为|作|当作?|做|为)\s*(?:标签|目标|类别)"),
]  # fmt: skip
_TEXTS = [
    re.compile(rf"\b(?:text|input|message|content)[\s_-]*col(?:umn)?\s*(?:is|=|:|to|should be|called|named)*\s*{_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\btexts?\s*(?:is|are|=|:|is in|are in|in)\s*(?:the )?(?:column )?(?!column){_COLUMN}(?=[\s,.;!?)]|$)", re.IGNORECASE),
    re.compile(rf"\b(?:with|use|using|take|and)\s+(?:the\s+)?(?:column\s+)?{_COLUMN}(?:\s+(?:column|field))?\s+(?:as|for)\s+(?:the\s+|its\s+)?(?:text|input)", re.IGNORECASE),
    re.compile(rf"{_COLUMN}\s+(?:is|holds|has|contains|as)\s+(?:the\s+)?(?:text|input)\b", re.IGNORECASE),
    re.compile(r"(?:文本|正文|输入|内容)(?:列|字段)?(?:是|为|用|在|叫|:|：|=|改成|改为|选)+\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?(?=列|字段|[\s,，。.;；!！]|$)"),
    re.compile(r"(?:用|以|按|把|拿)\s*[\"'“‘「]?([A-Za-z_][\w.\-]*|[\u4e00-\u9fff]{1,6}?)[\"'”’」]?\s*(?:列|字段|这一?列)?\s*(?:作为|作|当作?|做|为)\s*(?:文本|输入|正文)"),
]  # fmt: skip
_NAME = re.compile(
    r"(?:\b(?:call(?:ed)?|nam(?:e|ed)|name it|save(?: it)? as|under the name(?: of)?)\b(?:\s+(?:it|the (?:new )?model|this|them|that|the result))?(?:\s+(?:as|is|=|:|to|should be))?|"
    r"\bname\s*[:=]|(?:命名为|取名(?:为|叫)?|起名(?:为|叫)?|名字(?:是|叫|为|用)?|叫做?|名为|称为))\s*[:：]?\s*"
    r"[\"'“‘`「]?([A-Za-z0-9\u4e00-\u9fff][\w.\-]*)[\"'”’`」]?",
    re.IGNORECASE,
)
_NOT_A_COLUMN = {"the", "a", "an", "it", "this", "that", "is", "column", "instead", "as", "for", "to", "in", "of", "my", "your", "please",
                 "another", "same", "which", "what", "one", "name", "text", "label", "and", "with", "on", "be", "data", "file", "use", "are"}  # fmt: skip


def number(word: str) -> float | int | None:
    """A number written as digits, an English word or Chinese characters; None where it is none of them."""
    word = word.strip().lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", word):
        value = float(word)
        return int(value) if value.is_integer() else value
    if word in WORDS:
        return WORDS[word]
    return _chinese_number(word)


def _chinese_number(word: str) -> float | int | None:
    if word in CHINESE_DIGITS:
        return CHINESE_DIGITS[word]
    found = re.fullmatch(r"([一二两三四五六七八九])?十([一二三四五六七八九])?", word)
    if not found:
        return None
    return (CHINESE_DIGITS[found[1]] if found[1] else 1) * 10 + (CHINESE_DIGITS[found[2]] if found[2] else 0)


def rate(text: str) -> float | None:
    """A learning rate in any notation: 2e-5, 2 x 10^-5, 0.00002, "two e minus five"; None where it is none."""
    low = re.sub(r"[−–]", "-", text.lower().strip())
    if spoken := re.fullmatch(r"(\w+)\s+(?:e|times ten to the|to the)\s*(?:minus|negative|-)\s*(\w+)", low):
        base, power = number(spoken[1]), number(spoken[2])
        return float(f"{base}e-{power}") if base is not None and power is not None else None
    low = re.sub(r"\s+", "", low)
    if low.endswith("%"):
        return float(low[:-1]) / 100
    if found := re.fullmatch(r"(?:(\d+(?:\.\d+)?)[x×*·])?10(?:\^|\*\*)?-(\d+)", low):
        return float(f"{found[1] or 1}e-{found[2]}")
    try:
        return float(low)
    except ValueError:
        return None


def epochs_in(text: str) -> float | int | None:
    """How many epochs a message asks for."""
    for words, digits in ((r"half a dozen", "6"), (r"a dozen", "12"), (r"a couple of", "2")):
        text = re.sub(words, digits, text, flags=re.IGNORECASE)
    for pattern in _EPOCHS:
        if found := pattern.search(text):
            return number(found[1])
    return None


def rate_in(text: str) -> float | None:
    """The learning rate a message asks for, named or as a bare number in scientific notation."""
    for pattern in (_RATE_NAMED, _RATE_BEFORE, _RATE_BARE):
        if found := pattern.search(text):
            return rate(found[1])
    return None


def _first(table: list[tuple[str, str]], text: str) -> str | None:
    return next((value for value, pattern in table if re.search(pattern, text, re.IGNORECASE)), None)


def method_in(text: str) -> str | None:
    """The fine-tuning method a message names."""
    return _first(_METHODS, text)


def task_in(text: str, loose: bool = False) -> str | None:
    """The task a message names; ``loose`` also takes descriptions such as "sort mails"."""
    return _first(_TASKS, text) or (_first(_LOOSE_TASKS, text) if loose else None)


def _column(patterns: list[re.Pattern[str]], text: str) -> str | None:
    for pattern in patterns:
        for found in pattern.finditer(text):
            if found[1].lower() not in _NOT_A_COLUMN:
                return found[1].rstrip(".")
    return None


def label_column_in(text: str) -> str | None:
    """The column that a message names as the label."""
    return _column(_LABELS, text)


def text_column_in(text: str) -> str | None:
    """The column that a message names as the text."""
    return _column(_TEXTS, text)


def name_in(text: str) -> str | None:
    """What a message wants the new model to be called."""
    for found in _NAME.finditer(text):
        if found[1].lower() not in _NOT_A_COLUMN | {"me", "back", "us", "off"}:
            return found[1].rstrip(".-")
    return None


def training_wishes(text: str, mentions: Mentions) -> dict[str, Any]:
    """Everything a message says about how to train, without the dataset.

    Args:
        text: the message.
        mentions: what it names.
    """
    plain = _without(text, mentions, ("file", "url"))
    name = name_in(plain)
    bases = [base for base in mentions.of("base") if base != name]
    wishes = {
        "task": task_in(plain),
        "base_model": bases[0] if bases else None,
        "method": method_in(plain),
        "text_column": text_column_in(plain),
        "label_column": label_column_in(plain),
        "epochs": epochs_in(plain),
        "learning_rate": rate_in(plain),
        "name": name,
    }
    return {key: value for key, value in wishes.items() if value is not None}


def _without(text: str, mentions: Mentions, kinds: tuple[str, ...]) -> str:
    """The message with mentions of some kinds blanked, so that names in them are not read as values."""
    for mention in mentions.found:
        if mention.kind in kinds:
            text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
    return text


_TEXT_AFTER = re.compile(
    r"(?:\b(?:it|model|this|that|text|sentence|message|following|one|please|classify|predict|label|redact|anonymi[sz]e|mask|censor|scrub|"
    r"say|says|try|test|explain|for|on|with|to|data|information|info|details|pii|names?|below|share|numbers?|emails?|addresses?)|MODEL|"
    r"[\u4e00-\u9fff])\s*[:：]\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_COLON = re.compile(r"[:：]\s+(.+)$|[：]\s*(.+)$", re.DOTALL)
_UNQUOTED = {
    "predict": [
        r"\b(?:try|test|run|use) (?:it|this|that|the model|my model|@) (?:out )?(?:on|with|for|against) (.+)$",
        r"\b(?:what|how) (?:would|does|will|do) (?:it|@|the model|my model|our model|they) (?:say|think|predict|make|classify|label|answer)(?: (?:to|about|for|of|on|with))? (.+)$",
        r"\b(?:classify|predict|categori[sz]e|label) (?:the (?:text|message|sentence|label for|label of|category of|category for|class of) )?(?!it\b|this\b|that\b|with\b|@)(.+?)(?: (?:with|using|by|through) (?:it|@|the model|my model))?$",
        r"@ (?:on|with|for|to) (.+)$",
        r"\b(?:and|what about|how about|now) (?!it\b|that\b|this\b|with\b|the\b|@)(.+)$",
        r"(?:试试|试一下|预测一?下?|测试一?下?|分类一?下?|判断一?下?)\s*(?:这句话?|这条)?\s*(?!模型|@|它|一下)(.+)$",
        r"(?:把|将|对)\s*(.+?)\s*(?:分类|归类|做预测|预测|怎么判断)",
        r"(?:那)?(.+?)\s*(?:属于|归到|归于|是)哪一?类",
    ],
    "explain_prediction": [
        r"\bwhy (?:does|did|would|is|was) (?:it|@|the model) (?:say|think|label|classify|call|put|see)\s+(.+?)(?: (?:is|was|as|to be|belongs|goes|under) .+)?$",
        r"\bexplain (?!it\b|that\b|this\b|why\b|the\b|how\b|@)(.+?)(?: (?:with|using|by) (?:it|@|the model))?$",
    ],
    "redact_text": [
        r"\b(?:redact|anonymi[sz]e|pseudonymi[sz]e|mask|censor|scrub|sanitise|sanitize|de-?identify)\b(?: (?:this|the following|the text|text|please|for me|sentence|message))*\s+(?!it$|that$|this$|the (?:following|text)$|please$)(.+)$",
        r"\b(?:personal|private|sensitive) (?:data|information|details|info)\b (?:from|in|out of)\s+(?!this$|it$|that$|this \w+$)(.+)$",
        r"(?:脱敏|打码|匿名化|隐去个人信息|去掉个人信息|遮盖敏感信息|处理敏感信息)(?:一下)?[\s,，:：]*(?:这句话?|这段话?|这段文字)?[\s,，:：]+(.+)$",
        r"(?:把|将)\s*(.+?)\s*(?:脱敏|打码|匿名)",
    ],
}  # fmt: skip


def text_for(tool: str, mentions: Mentions) -> str | None:
    """The text that ``predict``, ``explain_prediction`` or ``redact_text`` is asked to work on.

    Args:
        tool: the tool's name.
        mentions: what the message names; a quotation wins, then what follows a colon, then what follows the verb.
    """
    quotes = mentions.of("quote")
    if quotes and not (
        tool == "redact_text" and _colon(mentions) and len(_colon(mentions) or "") > len(quotes[0]) + 2
    ):
        return quotes[-1] if tool == "explain_prediction" and len(quotes) > 1 and False else quotes[0]
    if after := _colon(mentions):
        return after
    source = _mark_models(mentions)
    for pattern in _UNQUOTED[tool]:
        if found := re.search(pattern, source, re.IGNORECASE | re.DOTALL):
            text = _tidy(found[1])
            if text and text != "@" and not _EMPTY.fullmatch(text):
                return text
    return None


_EMPTY = re.compile(
    r"(?:it|this|that|them|these|one|me|us|something|a text|some text|a sentence|this text|that text|the text|the following|please|again|"
    r"the model|model|now|out|the label|the prediction|这个?|那个?|一下|它|这句话|这段话|一个|吧|模型)[\s.!?。！？]*",
    re.IGNORECASE,
)


def _colon(mentions: Mentions) -> str | None:
    found = _TEXT_AFTER.search(mentions.text) or _COLON.search(mentions.text)
    text = next((group for group in found.groups() if group), None) if found else None
    return _strip_quotes(text.strip()) if text and not text.strip().startswith("//") else None


def _strip_quotes(text: str) -> str:
    found = re.fullmatch(r"[\"'“‘「『](.*)[\"'”’」』][.!?。]?", text, re.DOTALL)
    return found[1] if found and not re.search(r"[\"“”「」]", found[1]) else text


def _mark_models(mentions: Mentions) -> str:
    text = mentions.text
    for mention in reversed([m for m in mentions.found if m.kind == "model"]):
        text = text[: mention.start] + "@" + text[mention.end :]
    return text.strip()


def _tidy(text: str) -> str:
    text = re.sub(r"\s+(?:please|now|instead|for me)[.!]*$", "", text.strip(), flags=re.IGNORECASE)
    text = re.sub(
        r"\s+(?:with|using|on|by|through)\s+(?:@|it|the model)[.?!]*$", "", text, flags=re.IGNORECASE
    )
    return _strip_quotes(text.strip())
