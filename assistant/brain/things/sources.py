"""Which document or web address is meant."""

import re

from assistant.brain.asked import Asked
from assistant.brain.reading import Span
from assistant.brain.things.datasets import fresh_file
from assistant.brain.things.names import by_stem, nth, other
from assistant.brain.values import bare

_THAT_DOCUMENT = re.compile(
    r"(?:(?:that|this|the|these|those|same|an?|ancient|old|outdated|whole)\s+)*(?:pages?|documents?|docs?|files?|links?|ones?|sites?|articles?|sources?|it|url|thing)"
    r"|(?:那|这)?(?:个|份|篇|条|页)?(?:页面|网页|文档|文件|链接|资料|东西|它)",
    re.IGNORECASE,
)

_ATTACHED = re.compile(r"\battach\w*|\bupload\w*|附件|上传", re.IGNORECASE)


def source(asked: Asked) -> str | None:
    """The document or address meant: named, described, attached, or last spoken of."""
    for span in asked.named_first(asked.reading.of("source") + asked.reading.of("dataset")):
        if found := _source(span, asked):
            return found
    if named := asked.mentions.of("url") or asked.mentions.of("file"):
        return named[0]
    if fresh_file(asked):
        return asked.situation.files[0]
    return asked.context.source or asked.context.dataset or next(iter(asked.situation.files), None)


def _source(span: Span, asked: Asked) -> str | None:
    """The document that a span names, describes or points at."""
    files, context = asked.situation.files, asked.context
    mention, words = asked.named(span), bare(asked.words(span))
    if mention and mention.kind in ("url", "file", "quote"):
        return mention.value
    if span.pointer == "value" and not _THAT_DOCUMENT.fullmatch(words):
        attached = files and _ATTACHED.search(words)
        return by_stem(words, asked.situation.file_names) or (files[0] if attached else words)
    if span.pointer == "other":
        return other(files if len(files) > 1 else context.sources, context.source)
    if span.pointer == "this" and files and not context.source:
        return files[0]
    return nth(span.pointer, files if len(files) > 1 else context.sources)
