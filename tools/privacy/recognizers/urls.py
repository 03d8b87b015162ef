"""Addresses on the web that point to somebody: a site as such, a profile, what is called somebody's page."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, before

URL = re.compile(
    r"(?ai)(?<![\w@])(?:https?://|www\.)[^\s<>\"'()\u4e00-\u9fff]{3,2000}[^\s<>\"'().,;:!?\u4e00-\u9fff]"
)

# The path of a page about somebody, and words that say so; other paths lead to a shop's or a program's pages.
PROFILE = re.compile(r"(?i)/(?:~|@|in/|u/|users?/|people/|profiles?/|author/|company/)[\w.%-]")
SOCIAL = re.compile(
    r"(?i)//(?:[\w-]+\.)?(?:linkedin|facebook|instagram|x|twitter|tiktok|xing|github|gitlab|medium|weibo|zhihu)\.com/[\w.%-]+/?$"
)
CALLED = re.compile(
    r"(?i)\b(?:my|his|her|their|our|personal) (?:web ?site|site|web ?page|home ?page|page|profile|blog|portfolio|url|link|shop|cv)\b|个人主页|网站|博客"
)
# This machine, and where everybody finds software and its manuals.
NOBODY = re.compile(
    r"(?i)(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|docs\.|(?:www\.)?(?:pypi|python|npmjs|wikipedia|readthedocs)\.|[\w-]+\.readthedocs\.)"
)


class Urls(Recognizer):
    """Web addresses."""

    TYPES = ("URL",)
    GATED = False

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for match in URL.finditer(text):
            url = match.group()
            site = url.partition("//")[2] or url
            bare = not site.partition("/")[2] and "?" not in site
            if NOBODY.match(url):
                continue
            if bare or PROFILE.search(site) or SOCIAL.search(url) or before(text, match.start(), CALLED, 48):
                yield Entity("URL", match.start(), match.end(), 0.6)
