"""Keys, tokens and passwords, which open doors and so are worse to lose than a name."""

# ruff: noqa: E501 - patterns are lists of words

import re
from collections.abc import Iterator
from typing import Any

from tools.privacy.entity import Entity
from tools.privacy.recognizer import Recognizer, near

KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|pk|rk)[-_](?:[A-Za-z]{2,10}[-_]){0,3}[A-Za-z0-9_-]{16,}"
    r"|(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{20,64}|dckr_[po]at_[A-Za-z0-9_-]{20,64}|hf_[A-Za-z0-9]{20,64}"
    r"|(?:AKIA|ASIA|AGPA|AROA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,400}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,200}|npm_[A-Za-z0-9]{30,64}|pypi-[A-Za-z0-9_-]{30,250}|SG\.[\w-]{16,64}\.[\w-]{16,64}"
    r"|(?:whsec|rk|ak|api|tok|sess|key)[-_](?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{10,64}"
    r"|whsec_[A-Za-z0-9+/]{16,64}={0,2}|[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33}"  # webhooks, Telegram's bots
    r"|LTAI[A-Za-z0-9]{12,30}|AKID[A-Za-z0-9]{28,40}"
    r")(?![A-Za-z0-9])"
)
JWT = re.compile(r"(?a)(?<![\w-])eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]{4,}+(?:\.[A-Za-z0-9_-]*+)?")
BEARER = re.compile(
    r"(?i)\b(?:bearer|basic|token)[ :=]+(?=[A-Za-z0-9._~+/=-]{0,400}[0-9_.])([A-Za-z0-9._~+/=-]{16,})"
)
PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)")
NAMED = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase|code)?|\bpwd?|secret(?:[ _-]?key)?|(?:api|access|private|auth)[ _-]?(?:key|token|secret)|account[ _-]?(?:token|secret)|(?P<account>account[ _-]?key)|"
    r"client[ _-]?secret|密码|口令|密钥)[\"']?(?:\s*(?:[:=]|:)\s*|\s+(?:is|was)[ :]\s*|\s*(?:是|为)\s*)[\"']?"
    r"(?!<)(?(account)(?=[^\s\"'<>,;]*\d))([^\s\"'<>,;,。;]{4,})"
)
# "WIFI PASSWORD Sunflower99", "the password \"hunter2\"": nothing between, so it has to look like one.
BESIDE = re.compile(
    r"(?i)\b(?:password|passwort|passphrase|passcode|pwd?|secret)\s+(?:[\"']([^\s\"']{4,64})[\"']|(?=[^\s\d]*\d)(?=[^\sA-Z]*[A-Z])([^\s,;]{6,64}))"
)
# Short codes that open cards, accounts and doors.
CODE = re.compile(
    r"(?ai)(?:\b(?:pin|cvv2?|cvc2?|otp|passcode|(?:security|verification|access|door|gate|alarm|entry) code|code (?:for|of|to) (?:the |my |our )?\w{3,12})(?: code| number)?|验证码|安全码|密码|口令|门禁)"
    r"(?:\s*[:=]\s*|\s+(?:is|was)\s+|\s*(?:是|为)\s*|\s+)(\d{3,8})(?!\d)"
)
# "pass kelpie-Moss-91", "recovery code H7QK-22PD", "the three digits 418", "the keypad visible, so the code 2580#", "密码830427".
LOOSE = (
    re.compile(
        r"(?i)\b(?:pass|pw|pwd|passwort|kennwort|contraseña|mot de passe|senha|wachtwoord|parola)\s+(?=\S*\d)(?=\S*[A-Za-z])([^\s,;]{6,64}?)(?=[.,;]?(?:\s|$))"
    ),
    re.compile(
        r"(?i)\b(?:recovery|backup|back-up|unlock|reset|pairing|security|access|one[- ]time|login|log-in|sign-in|auth(?:entication)?|2fa|mfa|sms|puk|activation|licen[cs]e|product|safe|locker|master)[ -](?:code|key|pin|phrase)s?(?: is| was| are)?[ :=]{1,3}"
        r"(?-i:(?=[A-Za-z0-9-]*\d)([A-Za-z0-9]{3,12}(?:-[A-Za-z0-9]{2,12}){0,7}))(?!\w)"
    ),
    re.compile(
        r"(?i)\b(?:three|four|3|4) digits(?: on the (?:back|front|card))?(?: are| is| were)?[ :]{1,2}(\d{3,4})(?!\w)"
    ),
    re.compile(
        r"(?i)\b(?:door|gate|keypad|key ?safe|key ?box|lock(?:er|box)?|safe|alarm|entry|entrance|garage|intercom|building|pin|phone|screen|sim|card|suitcase)\b[^.!?\n\d]{0,60}\b(?:code|combination|pin|combo)(?: is| was|:|=)?[ ]([#*]?\d(?:[ -]?\d){2,7}[#*]?)(?![\w-])"
    ),
    re.compile(
        r"(?:密码|口令|验证码|安全码|校验码|动态码|支付码)(?:就?是|为|设成|改成|设为|[::])?\s?[\"“]?(\d(?:[- ]?\d){3,7})(?!\d|位|个)"
    ),
    re.compile(
        r"(?:密码|口令)(?:就?是|为|设成|改成|设为|[::])?\s?[\"“]?(?=[!-~]*\d)(?=[!-~]*[A-Za-z])([!-~]{6,64})"
    ),
    re.compile(
        r"(?i)\bpass(?:word|code|phrase)\b[^.\n]{0,60}?\b(?:it['’]?s|it is|namely|being)[ ][\"']?(?=[^\s\"']*[\d!#$%&*_-])(?=[^\s\"']*[A-Za-z])([^\s\"',;]{6,64})"
    ),
    # "password … (plum-otter-8841)", "密码忘了,之前设的是…": what nobody but a password looks like.
    re.compile(
        r"(?i:pass(?:word|code|phrase|wort)?|\bpwd|密码|口令|\blogin)[^\n]{0,60}?(?<![A-Za-z0-9@./-])(?=[A-Za-z0-9])(?=[^\s()]{0,44}\d)(?=[^\s()]{0,44}[a-z])(?=[^\s()]{0,44}[!#$%&*?_+^~@-])(?![\w.+-]{1,44}@[\w-]{1,44}\.)([A-Za-z0-9][A-Za-z0-9!#$%&*?_+^~@-]{6,40}[A-Za-z0-9!#$%&*?])(?![\w@/])"
    ),
    re.compile(
        r"(?i)\b(?:api|access|auth|secret|licen[cs]e|product|serial|activation)?[ ]?(?:key|token)s?(?: is|:)?[ ](?-i:(?=[A-Za-z0-9-]*\d)(?=[A-Za-z0-9-]*[A-Z])([A-Za-z0-9]{3,12}(?:-[A-Za-z0-9]{3,24}){1,7}))(?![\w-])"
    ),
    re.compile(
        r"(?ai)\b(?:m|u|admin |card |sim |door |phone )?pin\b[^.!?\n\d]{0,16}(?<![\d-])(\d{4,6})(?![\d-])"
    ),
    re.compile(
        r"(?:密码|口令|取件码|提货码|开锁码|验证码|核销码)[^\d\n。]{0,12}?(\d(?:[\d-]{2,8})\d)(?![\d位个])"
    ),
    re.compile(
        r"(?:密码|口令)[^\n]{0,30}?(?:是|为|成|用)\s?((?=[a-zA-Z]*\d)[a-zA-Z]{2,20}\d{2,12})(?![\w@.-])"
    ),
    re.compile(r"(?i)\bpass?w[a-z]{1,5}d?(?: is|:|=)[ ]((?=[^\s]*\d)[a-z0-9]{6,40})(?![\w@.-])"),
    re.compile(
        r"(?i)\b(?:two[- ]factor|2fa|otp|sms|verification|login|security)\b[^\n]{0,60}?\bcode\b[^.\n\d]{0,16}(\d{3}[ -]\d{3})(?![\d-])"
    ),
    re.compile(
        r"(?i)\b(?:alarm|door|gate|entry|keypad|lock) code[^.\n\d]{0,28}[ (]([#*]?\d{3,8}[#*]?)(?![\w-])|\bpin\b[^.\n\d]{0,40}\((\d{4,6})\)"
    ),
    re.compile(r"(?i)\bcode\b[^.\n\d]{0,24}\b(?:is|was|got)[ ](\d{3}[ -]\d{3})(?![\d-])"),
    re.compile(
        r"(?:备用码|恢复码|激活码|序列号|授权码|注册码)\s?(?:[::是])?\s?([A-Z0-9]{3,6}(?:-[A-Z0-9]{3,6}){1,6})(?![\w-])"
    ),
    re.compile(r"(?<![\w-])((?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3,7})(?![\w-])"),
    # "Gate code C4417Y", "keypad 5190#", "the PIN? I tried 8823", "the code 739-204 fails", "门禁密码是 #2480"
    re.compile(
        r"(?i)\b(?:gate|door|entry|entrance|access|alarm|building|lobby|garage|locker|lock(?:box)?|barrier|buzzer|intercom|keypad|shed|lift|stair(?:s|well)?) (?:code|combination|pin|number)(?: for (?:the |my |our )?\w{2,12}| now)?(?: is| was|[:=])?[ ](?-i:(?=[A-Z#*]{0,4}\d)([A-Z0-9#*]{3,10}))(?![\w-])"
    ),
    re.compile(
        r"\b(?:keypad|key ?safe|key ?box|lock ?box|buzzer|door ?lock|smart ?lock)(?: code| is| number|:){0,2}[ ]([#*]?[A-Z]?\d{3,8}[A-Z]?[#*]|[#*]?[A-Z]?\d{4,8}[A-Z]?)(?![\w-])"
    ),
    re.compile(
        r"(?i)\b(?:pin|pass ?code|password|combination)\b[^\n\d]{0,60}\b(?:tried|tries|used|entered|typed|keyed in|put in|punched in|set (?:it )?(?:to|as)|changed (?:it )?to|was|is|it['’]s)[ :]{1,2}[\"'“]?(\d{4,8})(?![\w-]|[ ](?:times|digits?|characters?|minutes|hours|days)\b)"
    ),
    re.compile(
        r"(?i)(?<!error )(?<!fault )(?<!product )(?<!promo )(?<!item )(?<!article )(?<!part )(?<!area )(?<!post )(?<!colour )(?<!color )(?<!discount )(?<!status )\bcode(?: is| was|:)?[ ](\d{3}[ -]\d{3})(?![\d-])"
    ),
    re.compile(
        r"(?i)\b(?:texted|sms|one-time|otp|2fa|authenticator|log(?:ging)?[ -]?in|verif\w{1,9}|sign(?:ing)?[ -]?in)\b[^\n]{0,60}?\bcode\b[^.\n\d]{0,16}(?<![\d-])(\d{4,8})(?![\d-])"
    ),
    re.compile(
        r"(?:门禁|大门|单元门|楼道门?|门锁|密码锁|智能锁|开门|入户|保险[箱柜]|储物柜|快递柜|丰巢|取件|取货|取餐|提货|核销|解锁|锁屏|支付|登录|动态|校验|(?i:wi-?fi))(?:的)?(?:密码|码|口令|pin)[^\d\nA-Za-z。]{0,10}([#*]?[A-Za-z]{0,2}\d[\dA-Za-z-]{1,10}[#*]?)(?![A-Za-z0-9-]|[位个])"
    ),
    re.compile(r"(?i)\b(?:memorable|secret|security) word(?: is|:)? ([a-z]{4,20})(?=[.,]|$)"),
    re.compile(
        r"(?i)\b(?:seed|recovery|mnemonic|secret|backup) (?:phrase|words)(?: is| are)?[ :]{1,2}((?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})\b"
    ),
)
# What is called a key in capitals, as environments are set, and a login beside its address.
SET = re.compile(
    r"\b[A-Z][A-Z0-9_]{0,40}(?:TOKEN|SECRET|PASS|PASSWD|KEY|CREDENTIALS?)\s?=\s?[\"']?(?=[^\s\"']*\d)([^\s\"'<>$]{8,200})"
)
PAIRED = re.compile(
    r"@[\w.-]{1,80}\.[A-Za-z]{2,10}(?:\s/\s|\s?\|\s?|\s:\s|:)(?=[^\s]*\d)(?=[^\s\d]*[A-Za-z])([^\s,;|]{6,64})"
)
IN_URL = re.compile(
    r"(?i)[?&](?:token|key|api_?key|access_token|auth|sig|signature|secret|password|code)=([^\s&#\"'<>]{8,})"
)
# Links that let in whoever has them: an invitation, a reset, a webhook.
LINK = re.compile(
    r"(?i)(?:hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/\d{5,25}/|api\.telegram\.org/bot\d{6,12}:)([\w/-]{20,})"
    r"|[?&](?:t|k|s|tk|sid|sess(?:ion)?|jwt|otp|ticket|invite|hash|nonce|confirm(?:ation)?|reset)=(?=[^\s&#]{0,40}\d)(?=[^\s&#]{0,40}[A-Za-z])([\w.~-]{16,})"
    r"|\b(?:(?:php|j|asp)?sess(?:ion)?(?:[_-]?id)?|sid|csrf(?:[_-]?token)?)[=:][ ]?[\"']?(?=[\w.~-]{0,40}\d)(?=[\w.~-]{0,40}[A-Za-z])([\w.~-]{16,})"
    r"|https?://[^\s/]{3,80}/(?:[\w-]{1,30}/){0,3}(?:invit(?:e|ation)|join|reset(?:-password)?|password|verify|verification|confirm|activate|magic(?:-link)?|login|auth|unsubscribe|share)s?/(?=[A-Za-z_]{0,60}\d)(?=[\d_]{0,60}[A-Za-z])(\w{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w-])"
)
LOGIN_IN_URL = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://([^\s/:@]{0,80}:[^\s/@]{1,200})@")
# Given to a program on its command line: "curl -u bob:s3cretpw", "mysql -pS3cret99", "sshpass -p S3cret99".
ON_A_LINE = re.compile(
    r"\b(?:curl|http|xh|wget)\s(?:[^\n]{0,160}?\s)?(?:-u(?!pdate|pload|rl|ser|se\b)|--user)[ =]?[\"']?([^\s:\"']{1,80}:[^\s\"']{1,200})"
    r"|\b(?:mysql\w{0,12}|mariadb\w{0,12})\s(?:[^\n]{0,160}?\s)?-p(?!assword\b|ort\b|[a-z]+-)[\"']?([^\s\"'-][^\s\"']{3,99})"
    r"|\b(?:sshpass|mongo\w{0,12}|docker login)\s(?:[^\n]{0,160}?\s)?-p(?!assword\b|ort\b|retty\b|[a-z]+-) ?[\"']?(?!\d{1,5}:\d{1,5}\b)([^\s\"'-][^\s\"']{3,99})"
    r"|\bredis-cli\s(?:[^\n]{0,160}?\s)?-a ?[\"']?([^\s\"'-][^\s\"']{3,99})"
)
# Amazon's secret keys have no mark but their length, and stand beside the id of the key.
KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
BESIDE_ID = re.compile(
    r"(?<![A-Za-z0-9/+])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Z0-9/+]{0,39}[a-z])(?=[A-Za-z/+]{0,39}\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
)
# Words that follow "the password is" in ordinary sentences.
ORDINARY = re.compile(
    r"(?i)^(?:not|wrong|incorrect|correct|expired|too|invalid|required|needed|missing|reset|lost|forgotten|stored|hashed|"
    r"the|set|sent|being|safe|secure|weak|strong|here|there|empty|none|null|true|false|case|different|unknown|what|"
    r"什么|多少|错|不|空)(?:\W|$)|^(?:错误|多少|什么|不对|不正确|必填)"
)


# What a text has to hold for any of these: no other is searched for longer.
FORMED = re.compile(r"[-_]|[A-Za-z0-9.]{14}")
CALLED = re.compile(
    r"(?i)pass|pasw|\bpw|kennwort|contrase|senha|wachtwoord|parola|code|key|\b[mu]?pin|phrase|word|digits|token|bearer|basic|secret|"
    r"cvv|cvc|otp|combo|combination|login|sess|csrf|[=@/]|\s-[apu]|(?-i:[A-Z0-9]-[A-Z0-9])|码|密|口令|门禁|序列号|keypad|lock|buzzer|key ?safe|key ?box"
)


class Secrets(Recognizer):
    """Keys of well-known services, tokens, private keys, and what is called a password."""

    TYPES = ("SECRET",)

    def spans(self, text: str, named: list[Any]) -> Iterator[Entity]:
        """See the base class."""
        for pattern in (KEY, JWT, PEM) if FORMED.search(text) else ():
            for match in pattern.finditer(text):
                if pattern is not KEY or _random(match.group()):
                    yield Entity("SECRET", match.start(), match.end(), 1.0)
        for match in BESIDE_ID.finditer(text) if KEY_ID.search(text) else ():
            if near(text, *match.span(), KEY_ID):
                yield Entity("SECRET", match.start(), match.end(), 0.98)
        if not CALLED.search(text):
            return
        for pattern in (
            BEARER,
            IN_URL,
            LINK,
            LOGIN_IN_URL,
            ON_A_LINE,
            NAMED,
            BESIDE,
            CODE,
            SET,
            PAIRED,
            *LOOSE,
        ):
            for match in pattern.finditer(text):
                start, end = match.span(match.lastindex or 1)
                if not ORDINARY.match(text[start:end]):
                    yield Entity("SECRET", start, end, 0.98)


def _random(key: str) -> bool:
    """Keys hold digits or mixed case; "sk-learn-pipeline-example" does not."""
    return any(c.isdigit() for c in key) or (any(c.isupper() for c in key) and any(c.islower() for c in key))
