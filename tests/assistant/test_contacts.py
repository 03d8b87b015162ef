"""Visitors read what a company tells everybody, and nothing private of people."""

import pytest

from assistant.workspace.contacts import for_visitors
from tools.privacy.redactor import Redactor


@pytest.fixture(scope="module")
def redactor():
    return Redactor()


@pytest.mark.parametrize(
    "text",
    [
        "The course is for children aged 12 and over. Riders must be 18 years old.",
        "Acme Robotics Ltd ships with DHL. We work with Siemens AG.",
        "Dr. Helen Smith leads the clinic.",
        "Pay to IBAN DE89 3704 0044 0532 0130 00, Acme GmbH.",
        "统一社会信用代码:91350100M000100Y43",
        "Write to reservations@hotel.example, enquiries@hotel.example or shop@hotel.example.",
        "Call our hotline 020 7946 0958 or ask Ann Bell at the desk.",
        "We are open 9:00 to 17:00 at 4 Quay Street, Bristol BS1 4AP.",
        "Founded on 12 March 1984 by Ann Bell.",
        "Ask for Ann Bell at our shop, 12 High Street, Leeds LS1 4AP.",
        "Ann Bell runs the desk, phone 020 7946 0958.",
        "See https://acme.example/help.",
    ],
)
def test_what_a_company_tells_everybody_stays(redactor, text):
    assert for_visitors(text, redactor) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Our customer Ann Bell, born 12 March 1984, lives at 12 High Street, Leeds LS1 4AP.",
            "Our customer Ann Bell, born <DATE_TIME>, lives at <LOCATION>.",
        ),
        (
            "Name: Ann Bell · DOB: 12/03/1984 · Address: 12 High Street, Leeds LS1 4AP · Phone: 0170 1234567",
            "Name: Ann Bell · DOB: <DATE_TIME> · Address: <LOCATION> · Phone: <PHONE_NUMBER>",
        ),
        ("@ann_bell is my telegram", "<URL> is my telegram"),
        ("Ring Ann Bell on +44 7700 900123.", "Ring Ann Bell on <PHONE_NUMBER>."),
        ("Ann Bell, aged 34, won.", "Ann Bell, aged <AGE>, won."),
        ("Mail ann.bell@hotel.example.", "Mail <EMAIL_ADDRESS>."),
        ("His card is 4111 1111 1111 1111.", "His card is <CREDIT_CARD>."),
    ],
)
def test_what_is_private_goes(redactor, text, shown):
    assert for_visitors(text, redactor) == shown


def test_chinese_homes_and_birth_dates_go(redactor):
    shown = for_visitors("王小明 出生于1984年3月12日 住在北京市海淀区中关村大街27号", redactor)
    assert "王小明" in shown and "1984" not in shown and "中关村" not in shown
