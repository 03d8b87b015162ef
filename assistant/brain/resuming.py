"""Whether a message lets a training go on. The encoder does not know the wish, and reads it as one to stop the training."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Collection

from assistant.brain.arguments import training_values
from assistant.brain.asked import Asked

_OF_JOBS = ("cancel_job", "show_job", "list_jobs")
_GO_ON = (
    r"\b(?:resum(?:e|ed|ing)|unpause|continu(?:e|ed|ing)|(?:go|goes|carry|move) on|restart(?:ed)?|(?:keep|get) (?:\S+ )?(?:going|running)|"
    r"pick(?:ed)? (?:\S+ )?up|where it (?:left off|stopped))\b|继续|恢复|重启|重新(?:开始|启动)|接着(?:跑|训|做|来)|续(?:训|跑)"
)
_RESUMES = re.compile(_GO_ON, re.IGNORECASE)
# To stop something, in so many words: "cancelled" and "停止的" only tell which one shall go on.
_STOPS = re.compile(
    r"\b(?:stop|cancel|abort|kill|halt|terminate|(?<!the )end)\b|(?<!被)(?:取消|停[止掉下]?+|终止|中[止断])(?![了掉]?的|后)",
    re.IGNORECASE,
)
_NOT = re.compile(
    rf"(?:n't|\b(?:not|never|no longer|no need to|instead of|rather than)\b|别|不)[^,.;!?，。；！？]*(?:{_GO_ON})",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\W*(?:when|why|how|what|where|which|whether|is|are|was|were|does|do|did|has|have|will(?! you))\b|.*(?:什么|何时|多久|是不是|会不会|怎么|如何|为何|还在)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:jobs?|training|run|it|that|this|one|resum\w+)\b|任务|作业|训练|它|恢复|续", re.IGNORECASE
)


def let_go_on(asked: Asked, allowed: Collection[str] | None) -> str | None:
    """The tool for a message that lets a training go on, or asks about that; None for any other message.

    Args:
        asked: the message.
        allowed: names of the tools that may be called; all where None.
    """
    text = asked.outside_quotes("model", "base")
    if not _RESUMES.search(text) or _STOPS.search(text) or _NOT.search(text) or not _of_a_job(asked, text):
        return None
    tools = ("show_job",) if _ASKS.match(text) else ("resume_job", "show_job")
    return next((tool for tool in tools if allowed is None or tool in allowed), None)


def _of_a_job(asked: Asked, text: str) -> bool:
    """Whether a message is about a job, and not about another training with other values or data."""
    named = bool(asked.mentions.of("job"))
    if asked.reading.tool in _OF_JOBS:
        return named or bool(asked.reading.of("job") or _ABOUT.search(text))
    again = asked.reading.tool == "finetune_model"
    return again and named and not asked.mentions.of("file") and not training_values(asked)
