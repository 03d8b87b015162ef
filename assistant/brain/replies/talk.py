"""Replies without a tool: greetings, thanks, what the assistant can do, and what it cannot."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re

from assistant.brain.language import pick
from assistant.brain.replies.reply import Reply

ABILITIES = (
    "I can look into your data, fine-tune a model on it, follow the training, evaluate, compare, explain and deploy models, "
    "answer questions from your documents, and hide personal data in texts.",
    "我可以查看数据、用数据微调模型、跟踪训练、评估、比较、解释和部署模型，根据您的文档回答问题，还能隐去文本中的个人信息。",
)
FIRST_STEPS = (
    ["What can you do?", "Which models do we have?", "How is the training going?"],
    ["你能做什么？", "有哪些模型？", "训练进度怎么样了？"],
)
VISITOR = (
    "I answer questions about our products and services. What would you like to know?",
    "我可以回答关于我们产品和服务的问题。您想了解什么？",
)

# A statement about oneself in which something was hidden; no question, no wish.
PERSONAL = re.compile(
    r"^(?:(?:hi|hello|hey|ok|so|well|by the way|fyi)\W+)*(?:my|our|his|her|their|the|here(?:'s| is| are)|this is|it'?s|i am|i'm|我的|我叫|这是|他的|她的)"
    r"(?![^?？]*\b(?:please|can|could|mask|redact|hide|remove|delete)\b)[^?？]*<[A-Z_]{3,}\d*>[^?？]*$",
    re.IGNORECASE,
)

_KINDS = [
    ("thanks", r"\b(?:thanks?|thank you|thx|ty|cheers|appreciated)\b|谢|辛苦|麻烦你了"),
    ("bye", r"\b(?:bye|goodbye|see (?:you|ya)|cya|farewell|take care|good night|have a (?:nice|good|great)|that'?s (?:all|it)|(?:talk|speak)(?: to you)? later)\b|再见|拜拜|回见|下次见|明天见|晚安|就这样"),
    ("abilities", r"what can (?:you|i)|what do you do|help\b|good at|how do you work|能做|会做|会什么|可以做|能干|功能|能帮|帮我(?:吗|做?什么)?[?？]?$"),
    ("who", r"\bwho are you|what are you|your name|are you (?:a|an|real|human|ai)\b|你是谁|你叫什么|你是(?:机器人|人|ai)"),
    ("feeling", r"\bhow (?:are|r) (?:you|u)|how'?s it going|你好吗|最近怎么样"),
    ("hello", r"^(?:hi+|hey+|hello|hallo|yo|howdy|greetings|good (?:morning|afternoon|evening|day)|morning|evening)\b|你好|您好|^嗨|哈[啰喽]|早|下午好|晚上好|在吗"),
    ("sorry", r"\bsorry\b|抱歉|对不起"),
    ("praise", r"\b(?:great|awesome|cool|nice|perfect|amazing|well done|good job|excellent|wonderful|quick|love|lol|haha)\b|棒|厉害|不错|太好|很好|真好|哈哈|真快"),
    ("fine", r"^(?:ok(?:ay)?|fine|sure|alright|yes|yep|no|nope|never ?mind|got it|i see|understood|hm+|wait|hold on|leave it|not now|don'?t|cancel|stop|later)\b|^(?:好|行|嗯|可以|收到|明白|知道|没事|不|算了|是|先不|取消|等|暂时|别)"),
]  # fmt: skip
_WORDS = {
    "personal": ("I have hidden the personal data in your message: it is not stored, logged or passed on. What can I do for you?", "我已隐去您消息中的个人信息：不会被存储、记录或转发。有什么可以帮您？"),
    "thanks": ("You're welcome! Tell me when there is more to do.", "不客气！还有需要随时告诉我。"),
    "bye": ("Goodbye! Your data and models stay where they are.", "再见！您的数据和模型都会保留。"),
    "who": ("I am the Startup Assistant, a program that runs on your own machine. {abilities}", "我是 Startup Assistant，运行在您自己的机器上。{abilities}"),
    "abilities": ("{abilities} Upload a file or ask a question to begin.", "{abilities}上传一个文件或直接提问就可以开始。"),
    "feeling": ("All is well here, thank you. What shall we work on?", "我很好，谢谢。今天要做点什么？"),
    "hello": ("Hello! What can I do for you? Upload a file, or ask me something.", "您好！有什么可以帮您？可以上传文件，也可以直接提问。"),
    "sorry": ("No problem at all.", "没关系。"),
    "praise": ("Glad to hear that. What is next?", "很高兴听到您这么说。接下来做什么？"),
    "fine": ("All right. Tell me when there is something to do.", "好的，需要时告诉我。"),
    "other": ("{cannot}. {abilities}", "{cannot}。{abilities}"),
}  # fmt: skip


_GREETING = re.compile(
    r"(?:hi+|hey+|hello|good (?:morning|afternoon|evening|night)|thanks?(?: you)?(?: so much| a lot)?|thx|bye|goodbye|你好|您好|嗨|哈[啰喽]|早上好|早安|晚上好|晚安|在吗|在不在|谢谢[你您]?|多谢|再见|拜拜)"
    r"[\s!.~,。！？?，啦呀啊哈]*",
    re.IGNORECASE,
)


def is_greeting(message: str) -> bool:
    """Whether a message is a bare greeting, thanks or goodbye."""
    return bool(_GREETING.fullmatch(message.strip()))


def kind_of_talk(message: str) -> str:
    """Which kind of small talk a message is; ``other`` for what no tool does."""
    text = message.strip().lower().replace("’", "'")
    if PERSONAL.match(message.strip()):
        return "personal"
    if len(re.findall(r"\w+", text)) > 12:
        return "other"
    if _wish(text):
        return "other"  # what remains beside the pleasantry is what the user wants
    return next((kind for kind, pattern in _KINDS if re.search(pattern, text)), "other")


def small_talk(message: str, language: str, visitor: bool = False) -> Reply:
    """Answer a message that no tool is for.

    Args:
        message: what the user said.
        language: ``en`` or ``zh``.
        visitor: whether the caller is a support visitor, who is offered answers only.
    """
    kind = kind_of_talk(message)
    abilities = pick(language, *(VISITOR if visitor else ABILITIES))
    if visitor and kind == "hello":
        return Reply(pick(language, f"Hello! {VISITOR[0]}", f"您好！{VISITOR[1]}"))
    text = pick(language, *_WORDS[kind]).format(abilities=abilities, cannot=cannot(message, language))
    first = [] if visitor or kind not in ("hello", "other", "who", "feeling") else pick_steps(language)
    return Reply(text, first)


_THANKS = r"(?:many thanks|thanks?(?: you)?|thx|ty|cheers)(?: (?:so much|very much|a lot|a bunch|in advance|again))?"
_LEAD = re.compile(
    rf"^(?:(?:hey|hi|hello|good (?:morning|afternoon|evening)|ok(?:ay)?|yes|no|sure|fine|great|cool|nice|perfect|awesome|sorry|alright|all right|well|so|and|now|please|pls|{_THANKS}|"
    r"(?:could|can|would|will) (?:you|u)|are you able to|is it possible to|(?:do|would) you mind|can i ask you to|i(?:'d| would)? (?:want|need|like)(?: you)? to|i wanna|"
    r"help (?:me|us)(?: to)?(?! with\b)|you|assistant|just|quickly|maybe|also|then)\b[\s,.!?:;-]*)+"
    r"|^(?:(?:请(?!问)|麻烦|帮忙|你好|您好|你|您|能不能|能否|能|可以|可不可以|会|给我|帮我们?|替我|我想|我要|我需要|想|顺便|再|那|好的?|嗯|行|谢谢[你您]?|太好了|不错|很好)[，,。！!、\s]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    rf"(?:\b(?:please|pls|{_THANKS}|much appreciated|appreciated|for (?:me|us)|asap|will you|would you|ok(?:ay)?|lol|haha|bye|goodbye|sorry)"
    r"|(?:多谢|谢谢|谢了|感谢|辛苦|麻烦|拜托|再见|拜拜|哈哈)[你您啦了]{0,2}|好吗|可以吗|行吗|好不好|[吗呢吧啊呀])$",
    re.IGNORECASE,
)
_MARKS = " \t\n.,!?:;~-，。！？、～…"
LONGEST = 200  # characters; what is longer holds more than a wish and its pleasantries
# A wish begins with a verb. What it is about has to follow: "cancel" and "stop it" alone only say no.
_VERBS = (
    "book|order|buy|purchase|sell|send|email|mail|text|message|call|phone|write|draft|compose|play|sing|cook|bake|draw|paint|design|translate|schedule|arrange|organi[sz]e|plan|remind|"
    "set|turn|switch|open|close|cancel|pay|transfer|reserve|rent|hire|find|search|google|look up|make|create|generate|build|fix|repair|print|post|tweet|invite|download|install|drive|"
    "deliver|ship|summari[sz]e|calculate|solve|convert|clean|wash|delete|remove|rename|stop"
)
_WISH = re.compile(
    rf"(?:{_VERBS})(?! (?:it|that|this|these|those|them|now|here|there|then|so|nothing|anything|sense|sure|later)\b) \w+"
    r"|(?:give|get|bring|show|tell|read|pick|find|do) (?:me|us|him|her|them)(?! (?:a|one) (?:sec|second|moment|minute|break|hand)\b)(?! more\b)(?! a favou?r\b) \w+"
    r"|(?:预订|预定|订|购买|买|翻译|安排|提醒|设置|设定|写|画|唱|讲|播放|转账|付款|支付|租|寄|推荐|叫(?=车|外卖|个|一|辆|份)|打(?=电话|车|个)|点(?=个|份|杯|一|外卖|餐|些|首)"
    r"|放(?=首|点|一|歌|音乐)|发(?=邮件|短信|消息|一|个|封|条|给)|开(?=灯|空调|门|窗|车)|关(?=灯|空调|门|窗)|约(?=个|一|车|会|医生)|查(?=一?下|查)|找(?=个|一|家|份)|做(?=个|一|顿|份|饭|菜)"
    r"|送(?=一|花|个|份)|取消(?!这个|那个|它|操作|任务|了|掉|一下))(?![得的到好完了过])[\u3400-\u9fff\w]+",
    re.IGNORECASE,
)  # fmt: skip
_OF_ITSELF = re.compile(
    r"\b(?:you|yourself|your|u)\b|什么|怎么|多少|[你您]", re.IGNORECASE
)  # about the assistant, or a question


def _bare(message: str) -> str:
    """A message without the politeness before and after what it says."""
    text = message.replace("’", "'").strip(_MARKS)
    if len(text) > LONGEST:
        return text
    text = _LEAD.sub("", text)
    while (shorter := _TAIL.sub("", text).rstrip(_MARKS)) != text:
        text = shorter
    return text


def _wish(message: str) -> str:
    """What a message wants done, without its pleasantries; empty where it is hardly more than these."""
    bare = _bare(message)
    return bare if _WISH.match(bare) and not _OF_ITSELF.search(bare) else ""


_MIRROR = {"me": "you", "my": "your", "mine": "yours", "us": "you", "our": "your", "myself": "yourself"}
_NO_WISH = re.compile(r"^(?:i|we|it|this|that|there|he|she|they|what|who|why|how|when|where|is|are|do|does|did|am|the|a|an|my)\b|^[我这那]|今天|什么|怎么|谁|几|多少", re.IGNORECASE)  # fmt: skip


def cannot(message: str, language: str) -> str:
    """That a wish cannot be granted, in the user's own words where they are few ("I can't book you a flight")."""
    wish = _bare(message)
    few = re.search(r"\w", wish) and len(wish.split()) <= 9 and len(wish) <= (20 if language == "zh" else 60)
    asks = _NO_WISH.match(wish) or (language == "zh" and _OF_ITSELF.search(wish))
    if not few or asks or re.search(r"[.!?。！？<\n]", wish):
        return pick(
            language,
            "That is beyond me, or I did not understand it",
            "这件事我做不到，或者我没有理解您的意思",
        )
    mirrored = re.sub(r"[A-Za-z]+", lambda word: _MIRROR.get(word[0].lower(), word[0]), wish)
    return pick(
        language,
        f"I can't {mirrored[0].lower()}{mirrored[1:]}",
        f"我没法{_for_whom(message)}{wish.replace('我', '您')}",
    )


def _for_whom(message: str) -> str:
    """The 帮您 of a refusal whose wish began with 帮我."""
    lead = _LEAD.match(message.strip())
    asked = re.search(r"([帮替给])我", lead[0]) if lead else None
    return f"{asked[1]}您" if asked else ""


def pick_steps(language: str) -> list[str]:
    """First steps to offer."""
    return list(FIRST_STEPS[1 if language == "zh" else 0])
