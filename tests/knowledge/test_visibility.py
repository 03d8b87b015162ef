"""Internal documents leave no trace in anything a visitor gets: not in results, scores, counts or abstention."""

import re

import pytest

from knowledge import prepare
from knowledge.base import KnowledgeBase
from knowledge.chunk import headings_of
from knowledge.embed import encoder as shared_encoder
from knowledge.errors import UnknownSource
from knowledge.passages import numbered
from tools.models.embedded import minilm_folder

OPEN = {
    "prices.md": "# Prices\n\nThe Basic plan costs 9 euros a month.\n\nThe Team plan costs 29 euros a month.",
    "hours.md": "# Hours\n\nThe office is open from 9:00 to 17:00.\n\nOn Sundays it stays closed.",
    "refunds.md": "# Refunds\n\nYou may return a lamp within 30 days. The money comes back in 5 days.",
    "zh.md": "# 退款\n\n三十天内可以退货,五天内退款。",
}
# The secrets repeat the visitors' words often: whatever weighs a word by its frequency would move.
CANARIES = {
    "merger.md": "# Merger\n\nProject Canary: the merger with Halcyon costs 9 million euros a month. " * 3,
    "plan.md": "The Team plan will cost 99 euros. The Team plan, the Team plan, the lamp, the lamp, the office.",
    "hours.md": "# Hours\n\nThe office is open from 9:00 to 17:00.\n\nOn Sundays it stays closed. Canary.",
    "内部.md": "# 退款\n\n退款 退款 退款:金丝雀计划明年取消退款。",
}
QUESTIONS = [
    "What does the Team plan cost?",
    "how much is the basic plan",
    "When is the office open?",
    "Is it open on Sundays?",
    "how do I return a lamp?",
    "canary",
    "What is Project Canary?",
    "the merger with Halcyon",
    "How much does the merger cost a month?",
    "Team plan lamp office euros",
    "退款要多久?",
    "金丝雀计划是什么?",
]


@pytest.fixture
def opened(base):
    for name, text in OPEN.items():
        base.add_text(name, text)
    return base


def seen(base: KnowledgeBase) -> dict:
    """Everything that a visitor can get out of a base."""
    terms = ["plan", "team", "lamp", "canary", "merger", "退款"]
    ids = base.store.ids()
    return {
        "search": {each: base.search(each, k=20, visitor=True) for each in QUESTIONS},
        "ask": {each: base.ask(each, visitor=True) for each in QUESTIONS},
        "follow-up": base.ask("and the Basic one?", ["What does the Team plan cost?"], visitor=True),
        "passages": {each: shown for each in ids if (shown := passage(base, each))},
        "weights": {each: base.store.frequency(terms, visitor=True) for each in QUESTIONS},
        "spread": {each: base.store.spread(each, visitor=True) for each in terms},
        "count": base.store.count(visitor=True),
        "ids": base.store.ids(visitor=True),
        "words": {each: base.store.match(f'"{each}"', 50, visitor=True) for each in terms},
    }


def passage(base: KnowledgeBase, number: int) -> dict | None:
    try:
        return base.passage(number, visitor=True)
    except UnknownSource:
        return None


def test_internal_documents_change_nothing_for_visitors(opened):
    before = seen(opened)
    assert before["ask"]["What does the Team plan cost?"]["answered"]
    for name, text in CANARIES.items():
        opened.add_text(f"internal-{name}", text, visibility="internal")
        assert seen(opened) == before
    assert "Halcyon" in str(opened.search("merger Halcyon"))
    sources = [each["source"] for each in opened.list()["items"]]
    opened.reindex()  # gives the passages new numbers, and nothing else
    assert [each["source"] for each in opened.list()["items"]] == sources
    after = seen(opened)
    for kind in ("weights", "spread", "count"):
        assert after[kind] == before[kind]
    for question in QUESTIONS:
        assert after["ask"][question]["answer"] == before["ask"][question]["answer"]
    for name in CANARIES:
        opened.remove(f"internal-{name}")
        assert seen(opened) == after


def test_no_word_of_an_internal_document_reaches_a_visitor(opened):
    for name, text in CANARIES.items():
        opened.add_text(f"internal-{name}", text, visibility="internal")
    everything = seen(opened)
    shown = str([*everything["search"].values(), *everything["ask"].values(), everything["passages"]])
    for secret in ("Halcyon", "Project Canary", "99 euros", "金丝雀计划明年", "internal-"):
        assert secret not in shown


def test_a_document_made_internal_is_gone_for_visitors(opened):
    assert "30 days" in str(opened.search("return a lamp", visitor=True))
    opened.add_text("refunds.md", OPEN["refunds.md"], visibility="internal")
    assert "30 days" not in str(opened.search("return a lamp", visitor=True))
    assert opened.store.match('"lamp"', 9, visitor=True) == []
    assert opened.store.match('"lamp"', 9) != []


def test_a_source_is_published_and_withdrawn_though_its_file_is_gone(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=lambda text: text.replace("Annika", "<PERSON>"))
    file = tmp_path / "pay.md"
    file.write_text("# Pay\n\n## Rates\n\nAnnika earns 10 euros an hour.")
    base.add([file], "internal", tags=["hr"])
    file.unlink()
    before = base.passages("pay.md")
    [item] = base.show("pay.md", "published")["items"]
    assert (item["visibility"], item["tags"]) == ("published", ["hr"])
    assert "<PERSON> earns 10 euros" in str(base.search("earns", visitor=True))
    assert base.show("pay.md", "internal")["items"][0]["visibility"] == "internal"
    assert base.search("earns", visitor=True)["results"] == [] and base.passages("pay.md") == before
    with pytest.raises(UnknownSource):
        base.show("pay", "published")


def test_visitors_cannot_probe_redacted_words(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=lambda text: text.replace("Annika", "<PERSON>"))
    base.add_text("team.md", "Annika leads the repairs.")
    assert base.store.match('"annika"', 5) != []
    assert base.store.match('"annika"', 5, visitor=True) == []
    assert base.store.frequency(["annika"], visitor=True) == {"annika": 0}


HEADED = (
    "# Night bell\n\nRing when the shop is shut.\n\n## Ask Annika, +49 170 1234567\n\nShe opens in 5 minutes.\n\n"
    "## Rules\n\nRing once."
)


def hidden(text: str) -> str:
    return text.replace("Annika", "<PERSON>").replace("+49 170 1234567", "<PHONE_NUMBER>")


def told(base: KnowledgeBase) -> str:
    """What a visitor reads of the bell."""
    seen = numbered(base, "how soon does somebody open the shop?", visitor=True)
    answer = base.ask("when does she open?", visitor=True)
    return str([seen, answer, list(base.store.passages(base.store.ids(), visitor=True).values())])


def test_headings_are_redacted_for_visitors(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=hidden)
    base.add_text("bell.md", HEADED)
    assert "Night bell > Ask <PERSON>, <PHONE_NUMBER>" in told(base)
    assert "Annika" not in told(base)
    assert base.store.match('"annika"', 5, visitor=True) == []
    assert "Annika" in str(numbered(base, "who opens?"))


def test_a_heading_that_is_part_of_a_word_and_a_title_of_two_parts_are_redacted(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=lambda text: re.sub(r"\bAnn\b", "<PERSON>", text))
    base.add_text(
        "a.md", "# Shop > Ann\n\nRing.\n\n## Ann\n\nThe Annual report is hers.\n\n## Rules\n\nRing once."
    )
    found = base.store.passages(base.store.ids(), visitor=True).values()
    title = "Shop > <PERSON>"
    assert [each.context for each in found] == [title, f"{title} > <PERSON>", f"{title} > Rules"]


def test_headings_of_an_older_file_are_redacted(tmp_path, encoder, monkeypatch):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=hidden)
    base.add_text("bell.md", HEADED + "\n\n" + "Ring once more, and then wait for a while. " * 40)
    with base.store.writing() as connection:
        connection.execute("UPDATE public_words SET context = 'night bell ask annika' WHERE rowid = 2")
        connection.execute("ALTER TABLE chunks DROP COLUMN public_context")
        connection.execute("ALTER TABLE chunks DROP COLUMN pages")
        connection.execute("DROP TABLE bands")
        connection.execute("PRAGMA user_version = 4")
    assert base.store.match('"annika"', 5, visitor=True) == [2]
    read: list[str] = []
    monkeypatch.setattr(
        prepare, "headings_of", lambda *given: [read.append(given[0]), *headings_of(*given)][1:]
    )
    again = KnowledgeBase(base.folder, encoder)
    assert len(read) == len(set(read)) == 3  # each heading once, however many passages stand below it
    assert "Annika" not in told(again) and "+49" not in told(again)
    assert "Night bell > Rules" in told(again)
    assert again.store.match('"annika"', 5, visitor=True) == []


def test_a_base_of_the_first_version_gets_its_visitors_index(opened):
    expected = seen(opened)
    with opened.store.writing() as connection:
        connection.execute("DROP TABLE public_words")
        connection.execute("DROP TABLE tuned_vectors")
        connection.execute("DROP TABLE bands")
        connection.execute("ALTER TABLE chunks DROP COLUMN public_context")
        connection.execute("ALTER TABLE chunks DROP COLUMN pages")
        for column in ("dated", "tags", "language", "sketch"):
            connection.execute(f"ALTER TABLE documents DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
    again = KnowledgeBase(opened.folder, opened.encoder)
    assert seen(again) == expected
    assert {each["language"] for each in again.store.documents()} == {"en", "zh"}


def test_one_encoder_serves_a_process():
    assert shared_encoder(minilm_folder()) is shared_encoder(minilm_folder())
