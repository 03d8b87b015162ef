"""Wishes that are read by their words: a message counts that is such a wish from its beginning to its end."""

# ruff: noqa: E501 - patterns read best in one line

import re
from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 160  # characters of a wish, with its names masked

# What may stand before and behind a wish.
LEAD = (
    r"(?:(?:please|pls|ok(?:ay)?|now|then|and|so|hi|hey|hello|thanks|just|also|(?:can|could|would|will) (?:you|we|i)|how (?:do|can) (?:i|we)|let'?s|let us|go ahead and"
    r"|(?:i|we) (?:want|need|would like)(?: you)? to|i'd like(?: you)? to|we'd like(?: you)? to)\b[ ,!.]*)*"
)
END = r"(?:[ ,]*\b(?:please|pls|now|then|too|again|for (?:now|today|me|us)|as well|right away|thanks|thank you))*[ .!?。！？]*"
LEAD_ZH = r"(?:(?:请你?|帮我|帮忙|麻烦你?|能不能|能否|可不可以|可以|我们?[想要]|现在|那就?|然后|怎么|如何|你好)[，,]?)*"
END_ZH = r"(?:[，,]?(?:吧|吗|呢|了|一下|谢谢|好吗|可以吗|好不好))*[.!?。！？]*"
MODEL = (
    r"(?:(?:the|our|my|this|old|model|classifier|version|called|named) )*\[MODEL\](?: (?:model|classifier))?"
)
MODEL_ZH = r"(?:(?:这个|我们的|旧|老|模型)*\[MODEL\](?:这个)?(?:模型)?)"


class Wish(NamedTuple):
    """A wish in the words of both languages."""

    english: re.Pattern[str]
    chinese: re.Pattern[str]

    @classmethod
    def of(cls, english: Sequence[str], chinese: Sequence[str]) -> "Wish":
        """From its ways of saying it."""
        return cls(
            re.compile(rf"{LEAD}(?:{'|'.join(english)}){END}", re.IGNORECASE),
            re.compile(rf"{LEAD_ZH}(?:{'|'.join(chinese)}){END_ZH}", re.IGNORECASE),
        )

    def is_all(self, text: str) -> bool:
        """Whether a text is this wish and nothing else."""
        return bool(
            self.english.fullmatch(" ".join(text.split())) or self.chinese.fullmatch("".join(text.split()))
        )
