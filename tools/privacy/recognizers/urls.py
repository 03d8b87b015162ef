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
    r"(?i)//(?:[\w-]+\.)?(?:linkedin|facebook|instagram|x|twitter|tiktok|xing|github|gitlab|medium|weibo|zhihu|steamcommunity|vk|pinterest|behance|strava)\.[a-z]{2,8}/(?:(?:in|id|u|user|profile|profiles)/)?[\w.@%-]+/?$"
)
# The same without "https://", and what people are called where they chat.
BARE = re.compile(
    r"(?ai)(?<![\w@/.-])(?:www\.)?(?:linkedin\.com/in|instagram\.com|facebook\.com|fb\.com|t\.me|wa\.me|twitter\.com|tiktok\.com|github\.com|xing\.com/profile|linktr\.ee|onlyfans\.com|vk\.com|strava\.com/athletes|weibo\.com/u|weibo\.com|zhihu\.com/people|xiaohongshu\.com/user/profile|steamcommunity\.com/id|"
    r"douyin\.com/user|space\.bilibili\.com|threads\.net|bsky\.app/profile|youtube\.com/(?=@)|twitch\.tv|reddit\.com/u(?:ser)?|soundcloud\.com|patreon\.com|ok\.ru/profile|"
    r"(?:[\w-]{2,40}\.){1,3}[a-z]{2,10}/(?=[@~])|(?:[\w-]{2,40}\.){1,3}[a-z]{2,10}/(?:u|users?|profiles?|people))/(?!p/|explore|help|reel|settings|login|edit|me\b|new\b)@?[\w.%-]{2,60}(?<![.-])"
)
CHAT = r"(?:telegram|insta(?:gram)?|ig|discord|snap(?:chat)?|whats ?app|tiktok|twitter|signal|skype|line id|kakao(?:talk)?|wechat|weixin|mastodon|viber|psn|gamertag|xbox|steam|bluesky|threads)"
HANDLES = (
    re.compile(rf"(?i)\b{CHAT}\b[^.!?\n@]{{0,24}}(@[a-z][\w.-]{{2,30}})(?<![.-])(?![/@])"),
    re.compile(
        rf"(?i)\b{CHAT}(?:[ ](?:id|handle|name|user(?:name)?|account))?(?:[ ](?:is|too|as|under))?[ :=]{{1,3}}(?=[\w.]*[\d_])([a-z][\w.]{{3,30}})(?<!\.)(?![\w@/-])"
    ),
    re.compile(
        r"(?i)(?:微信号?|weixin|wechat|vx|威信|qq号?|telegram|飞书|小红书号?|抖音号?|微博|钉钉)(?:号|id)?[是为:@\s加我搜]{0,4}([a-z][\w-]{4,29}|(?<=qq号)\d{5,11})(?![\w@])"
    ),
    re.compile(r"(?i)(?<![A-Za-z0-9])qq(?:号码?)?[是为:\s]{0,3}(\d{5,11})(?!\d)"),
    re.compile(r"(?a)(?<![\w@/.])(@(?=\w*[\d_])[A-Za-z]\w{3,29})(?![\w/.@])"),
)
CHATS = re.compile(rf"(?i){CHAT}|微信|weixin|vx|威信|qq|飞书|小红书|抖音|微博|钉钉|@")
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
        for match in BARE.finditer(text):
            yield Entity("URL", match.start(), match.end(), 0.6)


class Handles(Recognizer):
    """What somebody is called where people chat."""

    TYPES = ("URL",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for pattern in HANDLES if CHATS.search(text) else ():
            for match in pattern.finditer(text):
                yield Entity("URL", match.start(1), match.end(1), 0.7)
