"""What each recognizer finds by itself, in invented examples, and what it leaves alone."""

from typing import Any

import pytest

from tools.privacy.engine import Engine

FOUND = [
    ("Secrets", "The gate code is B7719K, thanks", "B7719K"),
    ("Secrets", "Entry code: *6402# after six", "6402"),
    ("Secrets", "use the side entrance, keypad 9034#", "9034#"),
    ("Secrets", "Forgot the PIN. I have tried 6617 twice", "6617"),
    ("Secrets", "it asks for a code, the code 512-880 is refused", "512-880"),
    ("Secrets", "They texted me the code 771093", "771093"),
    ("Secrets", "小区门禁密码是#3391,别外传", "#3391"),
    ("Secrets", "取件码5-2-8817打不开柜子", "5-2-8817"),
    ("Ibans", "the refund should go to 40-12-76 55120934", "40-12-76 55120934"),
    ("Ibans", "sort code on the form: 40-12-76", "40-12-76"),
    ("IdentityNumbers", "my BVN 22900417735 is not linked", "22900417735"),
    ("IdentityNumbers", "NID smart card number 8813046627", "8813046627"),
    ("IdentityNumbers", "student id: S2207731 was mistyped", "S2207731"),
    ("IdentityNumbers", "我的学号是20218830117", "20218830117"),
    ("IdentityNumbers", "医保卡号:6630117742", "6630117742"),
    ("IdentityNumbers", "工号A50921,想换班", "A50921"),
    ("NationalIds", "he showed me license K0718834 and left", "K0718834"),
    ("Phones", "the code is never sent to 07700900817", "07700900817"),
    ("Plates", "The car was towed: QWE2R34 is the number", "QWE2R34"),
    ("Plates", "I parked my Fiat, FT 482 KL, outside", "FT 482 KL"),
    ("Urls", "他的主页weibo.com/u/cloud_99被封了", "weibo.com/u/cloud_99"),
    ("Urls", "see forum.example.org/users/otter_fan", "forum.example.org/users/otter_fan"),
    ("Streets", "Send it to Carraig na Mara, Pier Road, Kinsale P17 XY48.", "Carraig na Mara"),
    ("Streets", "to 3-11-8 Sakuradai, Nerima-ku, Tokyo 176-0002 please", "3-11-8 Sakuradai"),
    ("Streets", "〒460-0008 愛知県名古屋市中区栄3-15", "愛知県名古屋市中区栄3-15"),
    ("Streets", "我住海棠花园三期12-1-503", "海棠花园三期12-1-503"),
]
NOTHING = [
    ("Secrets", "The gate code is wrong."),
    ("Secrets", "Does the door code have 4 digits or 6?"),
    ("Secrets", "error code 512-880 on the display"),
    ("Secrets", "Keypad 3000 is out of stock"),
    ("Secrets", "the pin is 40 mm long"),
    ("Secrets", "取件码是几位?"),
    ("Ibans", "open from 10-12-24 to 11-12-24"),
    ("IdentityNumbers", "our student card costs 25 euros"),
    ("IdentityNumbers", "the nin festival has 20 bands"),
    ("IdentityNumbers", "学号写错了怎么改"),
    ("NationalIds", "the licence covers 25 seats"),
    ("Phones", "Part code 0049-1711-2034."),
    ("Plates", "The lamp QWE2R34 is broken"),
    ("Urls", "the guide is on docs.example.org/users"),
    ("Urls", "open example.org/settings/users/new"),
    ("Streets", "the score was 3-11-8 today"),
    ("Streets", "花园里的灯坏了,订单12-1"),
]


@pytest.fixture(scope="module")
def recognizers() -> dict[str, Any]:
    return {type(each).__name__: each for each in Engine().recognizers()}


def _spans(recognizer: Any, text: str) -> list[str]:
    return [text[each.start : each.end] for each in recognizer.spans(text, [])]


@pytest.mark.parametrize(("name", "text", "value"), FOUND)
def test_found(recognizers: dict[str, Any], name: str, text: str, value: str) -> None:
    assert any(value in span for span in _spans(recognizers[name], text))


@pytest.mark.parametrize(("name", "text"), NOTHING)
def test_left(recognizers: dict[str, Any], name: str, text: str) -> None:
    assert not _spans(recognizers[name], text)
