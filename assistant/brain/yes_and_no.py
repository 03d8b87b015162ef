"""Which words are a yes, which a no, and which of them only look so: "no problem, go" is none, "don't stop" neither.

Each pattern is made of whole words that are taken one after the other and never taken back, so that no message takes
longer to read than it is long.
"""

# ruff: noqa: E501 - lists of words read best in one line

import re

from assistant.brain.encoding import SIGNS

_BETWEEN = r"[\s,，、。.!！;；:：)~…\-–—]*+"


def _only(english: str, chinese: str) -> re.Pattern[str]:
    """Matches what consists of these words alone; the longest of them that fits is taken at each place."""
    longest = ["|".join(sorted(words.split("|"), key=len, reverse=True)) for words in (english, chinese)]
    return re.compile(rf"(?:(?:(?>{longest[0]})(?![a-z'])|(?>{longest[1]})){_BETWEEN})++", re.IGNORECASE)


# Words that go with a yes or a no and are neither by themselves.
_POLITE_EN = "thanks|thank you|and|then|now|it|the training|by me|good|great|perfect|just|so"
_POLITE_ZH = "谢谢|吧|啊|呀|了|的|请|麻烦|麻烦你|就|那|那就|直接"
_POLITE = _only(_POLITE_EN, _POLITE_ZH)

_YES = _only(
    f"{_POLITE_EN}|yes|yep|yeah|yup|ya|y|sure|ok|okay|k|fine|alright|all right|right|correct|agreed|approve|approved|confirm|confirmed|absolutely|definitely|"
    "certainly|of course|please|go|go for it|go ahead|go on|do it|do that|do so|let's go|lets go|let's do it|lets do it|let's do that|lets do that|proceed|continue|"
    "start|start it|start now|start the training|run it|ship it|make it so|sounds good|sounds great|looks good|looks great|looks fine|that's fine|thats fine|that's ok|thats ok|"
    "that's right|thats right|that's good|thats good|that's correct|thats correct|why not|i approve|i agree|i do|i confirm|works for me|lgtm|with pleasure|by all means|"
    "deploy it|train it|add it|remove it|undeploy it|resume it",
    f"{_POLITE_ZH}|好|行|可以|是|对|没问题|同意|批准|确认|开始|继续|嗯|ok|当然|就这样|来吧|去吧|执行|做吧|上吧|部署吧|训练|训练吧|开始训练|恢复",
)
# Of the words of a yes, those that can mean nothing else.
_GO = re.compile(
    r"\b(?:go|do (?:it|that|so)|start|proceed|continue|run it|ship it|make it so|(?:deploy|train|add|remove|undeploy|resume) it)\b|开始|继续|执行|上吧|来吧|做吧|部署吧|训练|恢复",
    re.IGNORECASE,
)
_CLEAR = re.compile(
    rf"{_GO.pattern}|\b(?:yes|yep|yeah|yup|approved?|confirm(?:ed)?|agreed)\b|可以|同意|批准|确认",
    re.IGNORECASE,
)
# "By the way", "enough" and "it has begun" look like a yes, too.
_ENOUGH = re.compile(
    r"(?s:(?=.*(?:[对行好是以始]|ok(?:ay)?)了))(?:[对行好是]了|可以了|开始了|就这样|谢谢|好的?|[嗯哦那啊呀吧行]|ok(?:ay)?了?|\W)++",
    re.IGNORECASE,
)
_TALK_ON = re.compile("继续(?:问|说|讲|聊|看|查|找|等)")
# Which tool a verb stands for.
_VERBS = {
    "finetune_model": re.compile(r"\b(?:re)?train(?:ing)?\b|fine-?tun|训练|微调", re.IGNORECASE),
    "deploy_model": re.compile(r"(?<!un-)\bdeploy(?:ing)?\b|部署|上线", re.IGNORECASE),
    "undeploy_model": re.compile(r"\bun-?deploy(?:ing)?\b|下线|取消部署", re.IGNORECASE),
    "add_knowledge": re.compile(r"\badd(?:ing)?\b|添加|加入", re.IGNORECASE),
    "resume_job": re.compile(r"\bresum(?:e|ing)\b|恢复", re.IGNORECASE),
    "remove_knowledge": re.compile(r"\b(?:remov(?:e|ing)|delet(?:e|ing))\b|删除|移除", re.IGNORECASE),
}
# Of the words to go, those that cannot mean that the talk shall go on.
_START = re.compile(
    r"\b(?:go(?! on\b)|do (?:it|that|so)|start|proceed|run it|ship it|make it so|(?:deploy|train|add|remove|undeploy|resume) it)\b|开始|执行|上吧|来吧|做吧|部署吧|训练|恢复",
    re.IGNORECASE,
)

_FILLERS = r"(?>(?:well|oh|hm+|sorry|actually|please|ok|okay|yes|yeah|but)\b[\s,.!]*|嗯[嗯\s，,]*|哦[\s，,]*|那[\s，,]*|(?:好的?|行|可以)[\s，,]+|(?:但是?|不过)[\s，,]*)*+"
_LEADING = re.compile(_FILLERS, re.IGNORECASE)
# How a no begins.
_NO = re.compile(
    rf"{_FILLERS}(?:(?:no+|nope|nah|n|not (?:now|yet|today)|cancel|stop|abort|forget it|leave it|hold on|hold off|wait|rather not|better not|later|decline|reject|"
    r"i(?:'ve)? changed my mind|skip it)\b(?! (?:idea|clue|one|longer|matter|doubt)\b)|(?:i )?(?:don'?t|do not)\b(?! (?:know|understand|get (?:it|that|this)|see|remember|care)\b)|never ?mind\b"
    r"|(?:先)?(?:不(?!错|太|懂|知|清楚|明白|确定|过|如|然|仅|只|但|同(?!意)|是(?:很|太)|得不)|别(?!的|人|家|处|名|墅|针)|取消|算了|停(?!车|机|留|电|产)|等等|等一下|等下|等会|稍等|暂时不|先不|拒绝|否(?!则)|没必要|以后再说|晚点))",
    re.IGNORECASE,
)
_NO_EN = (
    "no|nope|nah|n|no thanks|no thank you|not now|not yet|not today|don't|dont|do not|do|never mind|nevermind|cancel|stop|abort|forget it|leave it|hold on|hold off|wait|rather not|"
    "better not|later|decline|reject|changed my mind|skip it|i|i've|want|want to|need|that|this|for now|right now|today|yet|anymore|this time|please|sorry|well|oh|hm|hmm|actually|ok|okay|"
    "deploy|undeploy|train|start|run|add|remove|the deployment|the job|the model|anything|a moment|a minute|a second|maybe|perhaps"
)
_NO_ZH = "不|不要|不用|不行|不可以|不同意|不需要|不必|不想|不做|不是|别|取消|算了|停|停止|等等|等一下|等下|等会|等会儿|稍等|暂时|先|拒绝|否|没必要|以后再说|晚点|再说|做|部署|训练|添加|删除|下线|这样|嗯|哦|现在"
_BARE_NO = _only(f"{_POLITE_EN}|{_NO_EN}", f"{_POLITE_ZH}|{_NO_ZH}")
_PAUSE = re.compile(r"wait|hold|later|moment|等|晚点|稍", re.IGNORECASE)  # rather "not yet" than "no"

# What begins like a no and is none: nothing stands in the way, or only the asking is to end.
_NO_BAR_EN = (
    r"(?:no (?:problems?|worr(?:y|ies)|objections?|changes?|issues?|doubts?|rush|hurry|stress|sweat|biggie|big deal|concerns?|complaints?|(?:more |further )?(?:questions?|ado)|reason (?:not to|to wait)|"
    r"need to (?:change|wait|ask|worry|hurry|check|discuss|stop))|(?:don'?t|do not) (?:stop|worry|wait|hesitate|ask|hold back|bother asking|change (?:anything|a thing))|"
    r"stop (?:asking|waiting|talking|hesitating|stalling|worrying))"
)
_NO_BAR_ZH = r"(?:先)?(?:(?:别|不用|不要|不必|无需|没必要)再?(?:等|改|停|问|担心|犹豫|客气|调|换|变)|不管|不急|不忙|不好意思|不客气|没事|没关系)"
_NO_BAR = re.compile(rf"{_FILLERS}(?:{_NO_BAR_EN}\b|{_NO_BAR_ZH})", re.IGNORECASE)
# Where it ends: at a comma, or at a word that can only begin something new ("to start" and "until you go" go on with it).
_ASSENT = re.compile(
    rf"{_FILLERS}(?:(?:{_NO_BAR_EN}|never ?mind (?=[a-z]))"
    r"\b(?:(?!\b(?:to|until|till|before|after|if|when|whether|unless)\b)[^,.!;:?\n]){0,60}?(?:\s*[,.!;:\n–—-]\s*|\s+(?=(?:and|just|so|then)\b)|(?<=[a-z])\s+(?=(?:go|do it|start|proceed)\b)|\s*$)"
    rf"|{_NO_BAR_ZH}"
    r"(?:[了啦](?=(?:开始|继续|上|来|做)吧)|[了啦吧]?(?=(?:就|直接)(?:开始|继续|执行|上吧|来吧|做吧))|[^，,。.!！；;？?\n]{0,12}?(?:[，,。.!！；;\s]+|$)))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[^,，。.!！;；:：\n]*")
_LAST = re.compile(r"[,，。.!！;；:：\n]+|\b(?:and|just|but)\b", re.IGNORECASE)
_DOUBTS = re.compile("[🤔🤨😕😟🙄🤷😬🫤😡😠🤬😒😞😢😭⚠❓❔⁉⏳]")
_PICTURES = re.compile("[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]")


def in_words(message: str) -> str:
    """A message with signs such as 👍 in words, a doubtful face as a question mark, and without other pictures."""
    spelled = "".join(f" {SIGNS[sign]} " if sign in SIGNS else sign for sign in message)
    return _PICTURES.sub(" ", _DOUBTS.sub("?", spelled)).replace("’", "'").strip()


def is_polite(text: str) -> bool:
    """Whether a text is thanks or the like and nothing else."""
    return bool(_POLITE.fullmatch(text))


def is_yes(text: str) -> bool:
    """Whether a text consists of the words of a yes; thanks alone are none."""
    return bool(_YES.fullmatch(text)) and not is_polite(text)


def is_clear_yes(text: str) -> bool:
    """Whether a text is a yes with a word in it that can mean nothing else: "fine" alone is none, "fine, go" is."""
    return is_yes(text) and bool(_CLEAR.search(text))


def is_doubtful(text: str, tool: str) -> bool:
    """Whether a text with the words of a yes may be none for what waits: "enough", or a verb that is another tool's.

    Args:
        text: the message, as :func:`in_words` gives it.
        tool: the tool that waits.
    """
    others = [verb for name, verb in _VERBS.items() if name != tool]
    doubted = _ENOUGH.fullmatch(text) or _TALK_ON.search(text)
    return bool(doubted) or any(verb.search(text) for verb in others)


def is_unmistakable(text: str, tool: str) -> bool:
    """Whether a yes means a tool that waits even where something else was said since it was asked about.

    Args:
        text: a message that is a yes.
        tool: the tool that waits.
    """
    words = in_words(text)
    named = tool in _VERBS and _VERBS[tool].search(words)
    return bool(_START.search(words) or (named and _CLEAR.search(words)))


def begins_with_no(text: str) -> bool:
    """Whether a text begins as a no does."""
    return bool(_NO.match(text))


def is_bare_no(text: str) -> bool:
    """Whether a text is a no and holds nothing beside it."""
    bare = _BARE_NO.fullmatch(_LEADING.sub("", text, count=1))
    return begins_with_no(text) and bool(bare) and not contradicts(text)


def is_no_bar(text: str) -> bool:
    """Whether a text begins with words that look like a no and mostly are none ("no rush", "don't wait")."""
    return bool(_NO_BAR.match(text))


def after_assent(text: str) -> str | None:
    """What follows words that only look like a no ("no problem, go"); None where there are none."""
    found = _ASSENT.match(text)
    return text[found.end() :].strip() if found else None


def contradicts(text: str) -> bool:
    """Whether a text that begins with a no ends with the words to go ahead."""
    last = _LAST.split(text.rstrip(" .!。！"))[-1].strip()
    return is_yes(last) and bool(_GO.search(last))


def after_refusal(text: str) -> str:
    """What follows a first clause that is a no and no mere "wait" ("no, evaluate it first"); empty where none is."""
    clause = _CLAUSE.match(text)
    first, rest = (clause[0], text[clause.end() :].lstrip(" ,，。.!！;；:：\n")) if clause else ("", "")
    return rest if is_bare_no(first.strip()) and not _PAUSE.search(first) else ""
