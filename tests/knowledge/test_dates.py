"""From when documents are, by what they say themselves."""

import pytest

from knowledge.dates import document_date, first_date, spoken
from knowledge.loaders import read_document


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-03-12", "2026-03-12"),
        ("12 March 2026", "2026-03-12"),
        ("March 12th, 2026", "2026-03-12"),
        ("Mon, 20 Apr 2026 09:05:00 +0000", "2026-04-20"),
        ("Updated January 2025", "2025-01"),
        ("2026年3月12日", "2026-03-12"),
        ("2026-13-40", ""),
        ("Stand: 01.03.2026", "2026-03-01"),
        ("1. März 2026", "2026-03-01"),
        ("12-Mar-2026", "2026-03-12"),
        ("25/12/2025", "2025-12-25"),
        ("12/25/2025", "2025-12-25"),
        ("12/03/2026", "2026"),  # London's and New York's differ
        ("192.168.1.1.2026", ""),
        ("version 3.2 costs 2024 euros", ""),
    ],
)
def test_dates_are_read_in_many_forms(text, date):
    assert first_date(text) == date


@pytest.mark.parametrize(
    ("name", "title", "text", "date"),
    [
        ("terms.pdf", "General terms (valid from 1 March 2024)", "1. Term.", "2024-03-01"),
        ("terms-2026.pdf", "Terms", "These are our terms.", "2026"),
        ("boarding.md", "Cattery", "Cattery\n\n(Updated January 2025)\n\nSixteen pens.", "2025-01"),
        ("a.md", "Founded", "The company was founded on 3 May 1999 by two sisters.\n\nMore.", "1999-05-03"),
        ("rates.md", "Rates", "Rates\n\nValid from 12/03/2026.", "2026"),
        ("fees.md", "Fees", "Fees\n\nFassung 2025", "2025"),
        ("about.md", "About", "About\n\nServing the town since 2012", ""),
        ("prices.md", "Prices", "A lamp costs €2024.", ""),
        ("价格.md", "价格表", "截至2024年3月1日的价格", "2024-03-01"),
        ("报告.md", "报告", "截止2024年3月1日", "2024-03-01"),
        ("活动.md", "活动", "报名截止2024年3月1日", ""),
        ("活动.md", "活动", "截止日期:2024年3月1日", ""),
        ("Report due 2024-03-01.pdf", "", "A report.", "2024-03-01"),
        ("a.md", "Review due on 2024-03-01", "A report.", ""),
        ("notes.md", "Notes", "Long ago.\n\nIn April 2020 somebody called.", ""),
    ],
)
def test_a_document_is_dated_by_its_head_title_or_name(name, title, text, date):
    assert document_date(name, title, text) == date


def test_formats_that_state_a_date():
    mail = b"Subject: Hi\nDate: Mon, 20 Apr 2026 09:05:00 +0000\n\nThe price is new."
    assert read_document(mail, "a.eml").dated == "2026-04-20"
    assert read_document(b"---\ntitle: T\ndate: 2025-02-03\n---\n\nText.", "a.md").dated == "2025-02-03"


def test_a_mail_without_a_charset_keeps_its_signs():
    mail = "Subject: Prices\n\nA night costs £17, für Gäste.".encode()
    assert "£17, für Gäste" in read_document(mail, "a.eml").text


def test_dates_in_words():
    assert [spoken(date) for date in ("2026-03-02", "2025-01", "2024")] == [
        "2 March 2026",
        "January 2025",
        "2024",
    ]
