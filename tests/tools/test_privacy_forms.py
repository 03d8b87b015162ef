"""Ways in which people write personal data, what only looks like it, and shortcuts that change no result."""

import re
import sys
from pathlib import Path

import pytest

from tools.privacy.redactor import Redactor

HIDDEN = [
    ("pw: Moonlit-77-Otter", "Moonlit-77-Otter"),
    ("the alarm code is 4490, please change it", "4490"),
    ("login ann@example.com / Passw0rd!23 fails", "Passw0rd!23"),
    ("my old password was Blueberry_1999", "Blueberry_1999"),
    ("write to lars dot holm underscore b at example dot com", "holm"),
    ("my NI number is QQ 12 34 56 C", "QQ 12 34 56 C"),
    ("Marisol here, still no refund", "Marisol"),
    ("hi there its kieran from number 12", "kieran"),
    ("Patient: Ann Finch, 54, allergic to nuts", "54"),
    ("assigned to: mohammed.rahman", "rahman"),
    ("see https://www.linkedin.com/in/ann-bell", "ann-bell"),
    ("让老陈别发那批货", "老陈"),
    ("病人家属王经理在门口", "王经理"),
    ("我今年45岁", "45岁"),
    ("会员向晓波要退卡", "向晓波"),
    ("我的护照是K0938215", "K0938215"),
    ("Please ring my neighbour Tuulikki about the key.", "Tuulikki"),
    ("It must be in the name of Aurelija Stankūnaitė.", "Stankūnaitė"),
    ("The lock is jammed again. /Thandeka", "Thandeka"),
    ("Still no refund. Thanks, Ottoline", "Ottoline"),
    ("Name as printed: NUSRAT JEHAN", "JEHAN"),
    ("收件人泽仁旺姆。", "泽仁旺姆"),
    ("我是三班古丽的妈妈,姓名阿依努尔·吐尔逊", "吐尔逊"),
    ("教练 Kelechi 说可以改期", "Kelechi"),
    ("我姓欧阳,想改地址", "欧阳"),
    ("包裹丢了。—— 阿布都热西提", "阿布都热西提"),
    ("mail me: nora(dot)lind(at)fjord(dot)example", "nora"),
    ("user guest, pass kelpie-Moss-91.", "kelpie-Moss-91"),
    ("my recovery code H7QK-22PD-X9LM is public", "H7QK-22PD-X9LM"),
    ("they saw the keypad, so the code 2580# is known", "2580"),
    ("she'll bring her passport E2318847 tomorrow", "E2318847"),
    ("DVLA number HETHE857213RC9LM", "HETHE857213RC9LM"),
    ("my plate is KX19 VDR", "KX19 VDR"),
    ("I was fined, but my ute 1KD-7QZ was at home", "1KD-7QZ"),
    ("our twins, both 5, start school", "5"),
    ("my father died on 9 February 2014", "2014"),
    ("My line is 024 455 1098.", "455 1098"),
    ("I live in Moose Jaw now", "Moose Jaw"),
    ("联系恒朔律师事务所", "恒朔律师事务所"),
    ("我住望京花家地南里7号楼2单元601", "花家地南里7号楼"),
    ("I live at 102-1504, Sunny Apt, Mapo-gu, 04112 Seoul", "Mapo-gu"),
    ("Send it to #17, Street 9, F-10/2, 44000 Islamabad", "#17"),
    ("地址是Room 1407, Block C, Kwai Hing Estate, Kwai Chung", "Kwai Hing"),
    ("我家在珞喻路77号那边,2栋,1504", "1504"),
    ("Mr Quill from number 4 complains", "number 4"),
    ("Meet me at the corner of Oak Street 12 and Milda Parks", "Milda Parks"),
    ("他在喀什做生意", "喀什"),
    ("我现在在Tilburg读书", "Tilburg"),
    ("My girl Anwuli, 9, has a fever.", "9"),
    ("she turns six on 3 May", "six"),
    ("she turns six on 3 May", "3 May"),
    ("她入职2023年7月3日", "7月3日"),
    ("我的生日是民國78年11月3日", "11月3日"),
    ("he is Hamza ibn Yusuf El-Amrani", "ibn"),
    ("my pin is 2907 or maybe 2970", "2970"),
    ("Please ask our guide Odalys madam", "Odalys"),
    ("everyone calls me Funmilayo", "Funmilayo"),
    ("我老公 Danilo 的电话", "Danilo"),
    ("户名 Xu Ruolan 写错了", "Ruolan"),
    ("我叫Nana 苗。", "苗"),
    ("合同是室友阿May签的", "阿May"),
    ("我老公巴特尔的驾照", "巴特尔"),
    ("roommate 佳怡 开门", "佳怡"),
    ("物业冯姐说可以", "冯"),
    ("driver license as asked: D7381046", "D7381046"),
    ("The passport number is wrong, it should read R48L20917", "R48L20917"),
    ("Ann Quill\nTechnical writer\nPhone: 020 7946 0991", "Technical writer"),
    ("我的身份证号码是A123456789", "A123456789"),
    ("台湾身份证A123456789", "A123456789"),
    ("我的BSN是123456782", "123456782"),
    ("他的NHS号是9434765919", "9434765919"),
    ("john smith called about the order", "smith"),
    ("my wife karen smith is ill", "smith"),
    ("客户:诸葛亮,电话没打通", "诸葛亮"),
    ("我老公老周说可以", "老周"),
    ("名单:王伟、李娜、上官婉儿、赵敏", "上官婉儿"),
    ("passport G12345678 for Mei-Ling Chen", "Mei-Ling Chen"),
    ("加我QQ 123456789", "123456789"),
    ("post to https://hooks.slack.com/services/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", "XXdAbC12e"),
    ("https://x.example.com/a?t=9f8a7b6c5d4e3f2a1b0c", "9f8a7b6c5d4e3f2a1b0c"),
    ("https://x.example.com/invite/9f8a7b6c5d4e3f2a1b0c", "9f8a7b6c5d4e3f2a1b0c"),
    ("I need the V5C reissued for SH08 RZO.", "SH08 RZO"),
    ("hi this is priya nair my flat is damp", "nair"),
    ("GET /api/v1/users?email=jane%40example.com HTTP/1.1", "40example"),
    ("login ok session=9f8a7b6c5d4e3f2a1b0c", "9f8a7b6c"),
    ("reach me at j.smith (at) mail (dot) co (dot) uk", "uk"),
    ("id: 900101-14-5678", "900101-14-5678"),
    ("send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("send it to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 now", "bc1qw508"),
    ("wallet 0x52908400098527886E0F7030069857D2E4169EE7", "0x5290"),
    ("please transfer it to account 12345678 sort code 20-11-07", "12345678"),
    ("please transfer it to account 12345678 sort code 20-11-07", "20-11-07"),
    ("台胞证 12345678", "12345678"),
    ("my green card number is A123456789", "A123456789"),
    ("The flat above, I think her name is Marigold, is flooding ours", "Marigold"),
    ("redis://:s3cret@cache:6379", "s3cret"),
    ("curl -u bob:s3cretpw https://api.acme.com/x", "s3cretpw"),
    ("mysql -u root -pS3cret99 shop", "S3cret99"),
    ("sshpass -p S3cret99 ssh root@cache", "S3cret99"),
    ("AccountName=acme;AccountKey=abc123DEF456ghi789==;EndpointSuffix=core.windows.net", "abc123DEF456"),
    ("whsec_abc+def/ghi1234567890ABCDEFGH=", "1234567890"),
    ("dckr_pat_AbCdEfGhIjKlMnOpQrStUvWx12", "AbCdEf"),
    ("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "AAHdqTcv"),
    ("AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtn"),
    ("PAN ABCDE1234F", "ABCDE1234F"),
    ("4111.1111.1111.1111", "1111"),
    ("0 7 7 0 0 9 0 0 4 6 1", "4 6 1"),
    ("cc Nguyen Van An", "An"),
    ("cc Le Van An", "An"),
    ("Đỗ Văn Minh", "Minh"),
    ("mysql -phunter shop", "hunter"),
    ("curl -ubob:s3cretpw https://api.acme.com/x", "s3cretpw"),
    ("cc Trần Thị Bích Mai", "Mai"),
]
LEFT = [
    "ua=Mozilla",
    "curl -u prints the usage, mysql -p asks for it",
    "mysql is -personal- here, use mongosh -password-less mode",
    "mysql -port=3306 shop, then docker login -p 8080:80",
    "http GET -update:foo",
    "account key: standard tier",
    "Do Van Rentals Apply? Vo Van Kiet Street, Le Bao Noodles",
    "the commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "Très bien!",
    "Vielen Dank, bis bald!",
    "Customer number 100 4471 does not exist.",
    "Open http://localhost:7860/run or https://docs.example.com/setup/install",
    "The fix is in https://github.com/gradio-app/gradio/issues/12",
    "Please send the signed copy.",
    "小米手机发热",
    "Does the Henry box fit a Henry?",
    "I ordered the Marilyn lamp and got the Audrey lamp.",
    "Are Granny Smith apples in season?",
    "Is there a shop in Leeds where I can try it?",
    "Do you deliver to Norway?",
    "The hotel in Porto had no cot.",
    "Registered as a firm, can we pay later?",
    "Payment fails: issuer unavailable.",
    "你们的李锦记蚝油有素食版吗?",
    "何首乌能邮寄吗?",
    "孔明锁第六关怎么解?",
    "你们在无锡有实体店吗?",
    "Serial sticker says 0049-1711-2034.",
    "Your hotline 0800 000 1212 is busy.",
    "The door code is six digits long.",
    "密码要8位吗?",
    "Booking code QX7-LMB was cancelled.",
    "收件人写错了怎么改?",
    "你们在汕头有店吗?",
    "Is it 14 months or 24 months of warranty?",
    "Which is better, the A4 or the A5 size, in blue, large?",
    "Room 5 of the museum, is it open?",
    "老师,几点开门?",
    "小程序里的客户 Service 按钮没反应",
    "The driver is slow on Windows 11, version 2.4, and crashes.",
    "Is Black Friday on 29 November?",
    "See https://shop.example.com/share/blue-kettle-2024-edition?size=large&t=30.",
    "https://github.com/huggingface/transformers/commit/9f8a7b6c5d4e3f2a1b0c9f8a7b6c5d4e3f2a1b0c",
    "用户:诸葛亮锁怎么玩?",
    "Step-by-step Park-and-ride Song-like Ma-jor",
    "The build is 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb.",
    "My customer account 12345678 cannot log in.",
    "护照 20260101 到期怎么办?",
    "His name is wrong on the card, their name was not printed at all.",
]


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return Redactor()


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_hidden(redactor: Redactor, text: str, secret: str) -> None:
    assert secret not in redactor.redact(text)["text"]


@pytest.mark.parametrize("text", LEFT)
def test_left(redactor: Redactor, text: str) -> None:
    assert redactor.redact(text)["text"] == text


def test_an_address_ends_where_the_sentence_goes_on(redactor: Redactor) -> None:
    left = redactor.redact("My address is 14 Acacia Avenue, Slough SL1 4XY, please call before 9")["text"]
    assert left.endswith(", please call before 9") and "Acacia" not in left


def test_shortcuts_leave_nothing_out() -> None:
    """What is skipped for want of a digit, or of a people's name, would have found nothing."""
    from tools.privacy.recognizers.streets import DIGIT, _numbered
    from tools.privacy.recognizers.titles import OF_PEOPLE, Peoples

    folder = Path(__file__).parents[1] / "benchmarks/data/redaction"
    lines = [line for file in folder.glob("*.txt") for line in file.read_text("utf-8").splitlines()]
    lines += [re.sub(r"\d", "", line) for line in lines]
    without = [line for line in lines if not DIGIT.search(line)]
    assert len(without) > 400 and not any(list(_numbered(line)) for line in without)
    said = [
        "I am Sri Lankan.",
        "a GREEK citizen",
        "we're Maoris",
        "born Dutch",
        "as an Atheist",
        "I like Thai food",
    ]
    for text in [*lines, *said]:
        spans = {(found.start, found.end) for found in Peoples().spans(text, [])}
        assert {m.span(1 if m.group(1) else 2) for m in OF_PEOPLE.finditer(text)} <= spans


def test_patterns_that_are_not_tried_would_have_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a digit, Chinese, the word password, a capital inside a sentence … most patterns are left out."""
    from tools.privacy.engine import Engine
    from tools.privacy.recognizers import announced, secrets, urls

    folder = Path(__file__).parents[1] / "benchmarks/data/redaction"
    files = [folder / "support_seen.txt", folder / "clean_seen.txt"]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()[::20]]
    texts = [*lines, *(text for text, _ in HIDDEN), *(re.sub(r"\d", "", line) for line in lines[::3])]
    recognizers = Engine().recognizers()
    before = [[list(each.spans(text, [])) for each in recognizers] for text in texts]
    for module in {sys.modules[type(each).__module__] for each in recognizers}:
        for name in ("numbered", "chinese"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, lambda text: True)
    for module, name in ((secrets, "CALLED"), (secrets, "FORMED"), (announced, "INSIDE"), (urls, "CHATS")):
        monkeypatch.setattr(module, name, re.compile(""))
    for text, row in zip(texts, before, strict=True):
        for each, spans in zip(recognizers, row, strict=True):
            assert list(each.spans(text, [])) == spans, (type(each).__name__, text)


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("12345678Z", "12345678A"),
        ("X1234567L", "X1234567M"),
        ("S1234567D", "S1234567E"),
        ("529.982.247-25", "529.982.247-26"),
        ("2345 6789 0124", "2345 6789 0125"),
        ("1 85 05 78 006 084 91", "1 85 05 78 006 084 92"),
        ("811218-9876", "811218-9877"),
        ("12.345.678-5", "12.345.678-6"),
    ],
)
def test_an_identity_number_has_its_check_digit(number: str, wrong: str) -> None:
    from tools.privacy.recognizers.identity_numbers import IdentityNumbers

    spans = IdentityNumbers().spans
    assert [(each.start, each.end) for each in spans(f"it is {number}, thanks", [])] == [(6, 6 + len(number))]
    assert not list(spans(f"it is {wrong}, thanks", []))


def test_an_identity_number_is_known_by_its_name() -> None:
    from tools.privacy.recognizers.identity_numbers import IdentityNumbers

    found = {
        text[each.start : each.end]
        for text in ("PESEL: 44051401359", "the pan is 30 cm wide")
        for each in IdentityNumbers().spans(text, [])
    }
    assert found == {"44051401359"}
