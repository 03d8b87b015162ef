"""Which text is to be worked on."""

import re

from assistant.brain.asked import Asked
from assistant.brain.language import CHINESE
from assistant.brain.mentions import Mention
from assistant.brain.reading import Span
from assistant.brain.things.names import nth, other, place_said
from assistant.brain.values import unquoted

_THAT_TEXT = re.compile(
    r"(?:(?:the|that|this|same|very)\s+)*(?:sentence|text|message|line|phrase|one)\b|(?:下面|以下|上面)?[同这那一]*[句条段](?:话|文本|文字)?$",
    re.IGNORECASE,
)


def text_sent(asked: Asked) -> str | None:
    """The text that was sent because the assistant had asked for it: the message, less a few words before a colon."""
    pointed = any(span.pointer != "value" for span in asked.reading.of("text"))
    if (asked.mentions.of("quote") or pointed) and (found := text(asked)):
        return found
    lead = re.match(r"([^:：\n]{1,30})[:：\n]\s*(\S.*)", asked.text, re.DOTALL)
    if lead and len(lead[1].split()) <= 5 and not _OWN_COLON.search(lead[1]):
        return unquoted(lead[2])
    return asked.text.strip()


_OWN_COLON = re.compile(r"[\d@]|\b(?:re|subject)$", re.IGNORECASE)  # the colon belongs to the text


def _told(pointer: str, asked: Asked) -> str | None:
    """The text of the conversation that a pointing phrase counts to."""
    told = asked.context.texts
    if len(told) < 2:
        return None
    if pointer == "old":
        return told[0]
    return other(told, asked.context.text) if pointer == "other" else nth(pointer, told)


_POINTS_AT_IT = re.compile(r"这[句段条]|\bthis (?:sentence|text|line|message|note)\b", re.IGNORECASE)
_SAME_TEXT = re.compile(
    r"\b(?:the same|that) (?:sentence|text|message|line)\b(?!\s*[:：])|同一[句段条](?!\s*[:：])",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[\w\-]{1,24}")
_INTRODUCED = re.compile(
    r"\b(?:with|on|for|to) (?:the|this|that) (?:sentence|text|message|line|phrase)[:,]?\s+(.{8,})$",
    re.IGNORECASE | re.DOTALL,
)
_INSIDE = re.compile(r"[:：]\s*(\S.+)", re.DOTALL)  # the tagger took the text along
_FOLLOWS = re.compile(r"(?:\s*\w{1,2})?\s*[:：]\s*(\S.*)", re.DOTALL)  # "on this text: …", "那这句呢：…"


def text(asked: Asked) -> str | None:
    """The text to work on, exactly as it was given."""
    spans, quotes = asked.reading.of("text"), asked.mentions.of("quote")
    if asked.context.text and not quotes and _SAME_TEXT.search(asked.text):
        return asked.context.text
    for span in spans:
        if span.pointer == "value" and not _THAT_TEXT.match(asked.words(span)) and not _slight(span, asked):
            return _value(span, asked)
    if (
        asked.reading.tool == "explain_prediction"
        and asked.context.text
        and quotes
        and _LABEL.fullmatch(quotes[0])
    ):
        return asked.context.text  # "where does 'urgent' come from": the quotation is what the model said
    if quotes:
        return quotes[0]
    for span in spans:
        if follows := _FOLLOWS.match(asked.text[span.end :]):
            return unquoted(follows[1])
        if inside := _INSIDE.search(asked.words(span)):
            return unquoted(_to_the_end(inside[1], asked.text[span.end :]))
        if meant := _told(span.pointer, asked) or asked.context.text:
            return meant
    if introduced := _INTRODUCED.search(asked.text):
        return unquoted(introduced[1])
    follows = re.search(r"[:：]\s+(\S.{3,})$|：(\S.{3,})$|\n(\S.{3,})$", asked.text, re.DOTALL)
    if follows:
        return unquoted(next(group for group in follows.groups() if group))
    return _told(place, asked) if (place := place_said(asked.text)) else None


def _slight(span: Span, asked: Asked) -> bool:
    """A word or two that the tagger took for the text, where a prediction is asked about ("why this account?")."""
    asks_why = asked.reading.tool == "explain_prediction" and asked.context.text is not None
    return asks_why and len(asked.words(span).split()) <= 2 and asked.words(span).isascii()


def next_text(asked: Asked) -> str | None:
    """The message itself, where it is but another text for the model that has just been tried."""
    words = asked.text.split()
    long = len(words) > 2 or (CHINESE.search(asked.text) and len(asked.text) > 6)
    plain = not asked.reading.spans and not asked.mentions.found and not _ABOUT.search(asked.text)
    tried = asked.context.tool == "predict" == asked.reading.tool
    return _LEAD.sub("", asked.text.strip()) if tried and plain and long else None


_LEAD = re.compile(r"^(?:(?:and|now|next|then|try|also|那|再试试|再来|换)\b[\s:：,，-]+)+", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:it|that|this|model|again|same|other|try|predict\w*|classif\w*|label)\b|它|这|那|模型|再|试|测|预测|换",
    re.IGNORECASE,
)


def _value(span: Span, asked: Asked) -> str | None:
    """A span's text: the quotation in it, the text spoken of ("that sentence"), or its words."""
    quotes = [
        m for m in asked.mentions.found if m.kind == "quote" and m.start < span.end and m.end > span.start
    ]
    if quotes and (span.end - span.start) - (quotes[0].end - quotes[0].start) <= 3:
        return quotes[0].value
    # The quotation alone, where little stands around it; else it is part of the text ("it says "delivered" but …"),
    # as it is behind a colon, and where something is to be hidden, unless the wish points at it.
    if len(quotes) == 1 and not _part_of_text(quotes[0], span, asked):
        return quotes[0].value
    return _trimmed(span, asked.text) or None


def _part_of_text(quote: Mention, span: Span, asked: Asked) -> bool:
    around = asked.text[span.start : quote.start] + " " + asked.text[quote.end : span.end]
    if asked.reading.tool == "redact_text" and not _POINTS_AT_IT.search(asked.outside_quotes()):
        return True
    words = len(around.split()) + len(CHINESE.findall(around)) // 2
    why = asked.reading.tool == "explain_prediction"  # "why it says shipping and not refund for "…""
    return (words > 3 and not why) or bool(
        asked.text[: span.start].rstrip().endswith((":", "：")) and around.strip()
    )


def _trimmed(span: Span, message: str) -> str:
    """A text without words of the wish that the tagger took along: what stands before a colon near its beginning."""
    begins = message.rfind("\n", 0, span.start) + 1
    start = (
        begins if 0 < begins < span.start <= begins + 12 else span.start
    )  # the tagger missed the first words
    words = message[start : span.end]
    before = message[:start].rstrip()
    lead = re.match(r"[^:：\n]{0,16}[:：\n]\s*(\S.*)", words, re.DOTALL)
    colon = before.endswith((":", "："))
    if lead and (not before or before[-1] not in ":：\n"):
        words, colon = lead[1], words.startswith((":", "："))
    if colon:
        words = _to_the_end(words, message[span.end :])
    words = re.sub(r"^(?:to|on|for|with)\s+(?=[\u3400-\u9fff“「『])", "", words)  # "say to 这家店太差了"
    return unquoted(words.lstrip(":：,，-–— "))


def _to_the_end(words: str, rest: str) -> str:
    """Words after a colon with the rest of the message, where it is the shorter part: the tagger stopped early."""
    return words + rest if len(_HIDDEN.sub("", rest)) <= len(words) else words


_HIDDEN = re.compile(r"<[A-Z_]{3,}\d*>")
