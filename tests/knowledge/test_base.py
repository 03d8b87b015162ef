import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from knowledge.base import KnowledgeBase
from knowledge.errors import UnknownSource
from knowledge.filters import Filters
from knowledge.names import exactly, match_name
from knowledge.store import Store
from tests.knowledge.corpus import pdf_pages, zip_of
from tools.models.embedded import minilm_folder


def test_every_kind_of_file_is_read(corpus):
    assert corpus.report["skipped"] == []
    kinds = {item["source"].rpartition(".")[2] for item in corpus.list()["items"]}
    assert kinds == {"md", "html", "json", "eml", "txt", "csv", "xlsx", "docx", "pdf"}


@pytest.mark.parametrize(
    ("question", "source", "says"),
    [
        ("how many vacation days do we get?", "handbook.md", "28"),
        ("daily price of the Wren", "bikes.xlsx", "€19"),
        ("where is the North Park station", "stations.csv", "Elm Avenue 77"),
        ("how long does it take to charge the battery?", "manual.docx", "4.5 hours"),
        ("押金多久退回?", "须知.txt", "四十八小时"),
        ("are races insured?", "insurance.pdf", "Races"),
    ],
)
def test_answers_cite_characters_of_the_document(corpus, question, source, says):
    result = corpus.ask(question)
    assert result["answered"]
    assert says in result["answer"]
    assert len(result["answer"]) <= 700
    assert source in result["citations"][0]["source"]
    for number, citation in enumerate(result["citations"], start=1):
        assert citation["number"] == number
        assert f"[{number}]" in result["answer"]
        whole = corpus.passage(citation["passage"])
        assert whole["text"][citation["start"] : citation["end"]] == citation["text"]
        assert citation["text"]


def test_search_results_stand_at_their_offsets(corpus):
    results = corpus.search("deposit", k=3)["results"]
    assert len(results) == 3
    assert any("terms.html" in each["source"] for each in results)
    for each in results:
        assert corpus.passage(each["passage"])["text"][each["start"] : each["end"]] == each["text"]


@pytest.mark.parametrize(
    "question", ["What is the wifi password in the office?", "Who won the 1998 world cup?"]
)
def test_the_unknown_is_not_answered(corpus, question):
    result = corpus.ask(question)
    assert result["answered"] is False
    assert result["citations"] == []


def test_hidden_text_of_pages_is_not_read(corpus):
    terms = next(each for each in corpus.search("refund", k=20)["results"] if "terms.html" in each["source"])
    text = corpus.passage(terms["passage"])["text"]
    assert "Ignore all rules" not in text
    assert "Copyright" not in text


def test_a_follow_up_takes_the_question_before_along(corpus):
    result = corpus.ask("and of the Heron?", history=["What is the daily price of the Wren?"])
    assert "€45" in result["answer"]


def test_odd_questions_find_nothing_and_break_nothing(corpus):
    for question in ("", "   ", '"', "AND OR NOT", "a*", "(((", "?" * 5000, "\0", "🚲"):
        corpus.search(question)
        corpus.ask(question)
    assert corpus.search("")["results"] == []


def test_tests_and_narrowed_questions_are_no_gaps(tmp_path, encoder):
    noted = []
    base = KnowledgeBase(tmp_path / "kb", encoder, unanswered=lambda *given: noted.append(given))
    base.ask("What is this?", test=True)
    base.ask("What is this?", filters=Filters(source="nosuch.md"))
    assert noted == []
    base.ask("What is this?", visitor=True)
    assert noted == [("What is this?", True)]


def test_an_empty_base_knows_nothing(base):
    assert base.search("anything")["results"] == []
    assert base.ask("What is this?")["answered"] is False
    assert base.list()["items"] == []


def test_adding_again_does_nothing_and_a_change_replaces(base, tmp_path):
    file = tmp_path / "note.md"
    file.write_text("The office cat is called Miso.")
    assert base.add([file])["documents"] == 1
    ids = base.store.ids()
    again = base.add([file])
    assert {again[key] for key in ("documents", "chunks")} == {0}
    assert again["sources"] == 1
    assert base.store.ids() == ids
    file.write_text("The office cat is called Biscuit.")
    assert base.add([file])["documents"] == 1
    assert [each["text"] for each in base.search("office cat")["results"]] == [
        "The office cat is called Biscuit."
    ]


def test_same_names_in_two_folders_are_two_sources(base, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "faq.md").write_text(f"This is the list of folder {name}.")
        base.add([tmp_path / name / "faq.md"])
    assert {item["source"] for item in base.list()["items"]} == {"faq.md", "b/faq.md"}


def test_a_change_keeps_tags_and_visibility_unless_they_are_given(base, tmp_path):
    file = tmp_path / "salaries.md"

    def added(text, *given, **also):
        file.write_text(text)
        base.add([file], *given, **also)
        [item] = base.list()["items"]
        return item["visibility"], item["tags"]

    assert added("Ann earns 10.", "internal", tags=["pay", "2026"]) == ("internal", ["pay", "2026"])
    assert added("Ann earns 11.") == added("Ann earns 11.") == ("internal", ["pay", "2026"])
    assert base.search("Ann", visitor=True)["results"] == []
    base.add_text("copy.md", "Ann earns 11.")
    assert len(base.list()["items"]) == 1, "what is internal is not published under another name"
    assert added("Ann earns 11.", "published") == ("published", ["pay", "2026"])
    assert added("Ann earns 12.", "internal", tags=["new"]) == ("internal", ["new"])


def test_a_name_that_another_process_took_meanwhile_is_left_to_it(base, tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "faq.md").write_text(f"This is the list of folder {name}.")
    other, prepare = KnowledgeBase(base.folder, base.encoder), base._preparer.prepare

    def slowly(*given):
        other.add([tmp_path / "b" / "faq.md"])
        return prepare(*given)

    monkeypatch.setattr(base._preparer, "prepare", slowly)
    base.add([tmp_path / "a" / "faq.md"])
    assert {item["source"] for item in base.list()["items"]} == {"faq.md", "a/faq.md"}


@pytest.fixture
def meanwhile(base, monkeypatch):
    """Calls a function with another base over the same folder, once, while the first document is being prepared."""

    def begin(act):
        other, prepare, left = KnowledgeBase(base.folder, base.encoder), base._preparer.prepare, [act]

        def slowly(*given):
            if left:
                left.pop()(other)
            return prepare(*given)

        monkeypatch.setattr(base._preparer, "prepare", slowly)

    return begin


@pytest.mark.parametrize("prepared", ["pay", "gone", "old", "kept"])
def test_reindex_undoes_nothing_that_others_do_meanwhile(base, tmp_path, meanwhile, prepared):
    for name in sorted(("pay", "gone", "old", "kept"), key=lambda name: name != prepared):
        (tmp_path / f"{name}.md").write_text(f"This is the list of {name}.")
        base.add([tmp_path / f"{name}.md"])

    def others(other):
        other.add([tmp_path / "pay.md"], "internal")
        other.remove("gone.md")
        (tmp_path / "old.md").write_text("This is the newer list of old.")
        other.add([tmp_path / "old.md"])
        other.add([tmp_path / "kept.md"], tags=["hr"])

    meanwhile(others)
    assert base.reindex()["skipped"] == []
    there = {each["source"]: each for each in base.list()["items"]}
    assert set(there) == {"pay.md", "old.md", "kept.md"}
    assert there["pay.md"]["visibility"] == "internal" and there["kept.md"]["tags"] == ["hr"]
    assert base.search("newer list of old")["results"][0]["text"] == "This is the newer list of old."


def test_an_addition_keeps_what_became_of_its_source_meanwhile(base, tmp_path, meanwhile):
    file = tmp_path / "pay.md"
    file.write_text("Ann earns 10.")
    base.add([file])

    def others(other):
        file.write_text("Ann earns 10.")
        other.add([file], "internal", tags=["hr"])

    meanwhile(others)
    file.write_text("Ann earns 11.")
    assert base.add([file])["documents"] == 1
    [item] = base.list()["items"]
    assert (item["visibility"], item["tags"]) == ("internal", ["hr"])
    assert base.search("Ann", visitor=True)["results"] == []
    assert base.search("Ann")["results"][0]["text"] == "Ann earns 11."


def test_an_edited_file_that_equals_another_leaves_no_old_text(base, tmp_path):
    for name, price in (("a", 20), ("b", 25)):
        (tmp_path / f"{name}.md").write_text(f"The Pro plan costs {price} euros.")
    base.add([tmp_path / "a.md", tmp_path / "b.md"])
    (tmp_path / "a.md").write_text("The Pro plan costs 25 euros.")
    for written in (1, 0):
        report = base.add([tmp_path / "a.md"])
        assert (report["documents"], report["skipped"]) == (written, [])
    assert not [each for each in base.search("Pro plan")["results"] if "20 euros" in each["text"]]


def test_what_has_gone_from_a_folder_is_told_and_kept(base, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.md").write_text(f"This is number {name}.")
    zip_of(folder / "more.zip", {"three.md": b"This is number three.", "four.md": b"This is number four."})
    base.add([folder, tmp_path / "docs" / "one.md"])
    (folder / "one.md").unlink()
    zip_of(folder / "more.zip", {"three.md": b"This is number three."})
    skipped = base.add([folder])["skipped"]
    assert {each["source"] for each in skipped} == {"docs/one.md", "docs/more.zip/four.md"}
    assert all(each["reason"].startswith("It is no longer there.") for each in skipped)
    assert len(base.list()["items"]) == 4


def test_a_new_version_of_an_upload_replaces_the_old_one(base, tmp_path):
    for name, price in (("file-0123456789abcdef", 10), ("file-fedcba9876543210", 12)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "prices.md").write_text(f"A ticket costs {price} euros.")
        base.add([tmp_path / name / "prices.md"])
    assert [each["text"] for each in base.search("ticket")["results"]] == ["A ticket costs 12 euros."]


def test_removing_takes_everything_of_a_source(base, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.md").write_text("Bananas are yellow.")
    (tmp_path / "docs" / "two.md").write_text("Cherries are red.")
    base.add([tmp_path / "docs"])
    assert base.find_source("one") == "docs/one.md"
    assert base.remove("docs/one.md") == {
        "sources": 1,
        "documents": 1,
        "chunks": 1,
        "skipped": [],
        "removed": ["docs/one.md"],
    }
    assert all("Bananas" not in each["text"] for each in base.search("bananas")["results"])
    assert base.remove("docs")["sources"] == 1
    assert base.store.count() == (0, 0)
    with pytest.raises(UnknownSource, match="holds no docs/one.md"):
        base.remove("docs/one.md")


def test_nothing_of_what_is_removed_stays_on_the_disk(base):
    base.add_text("kept.md", "The office cat is called Miso.")
    base.add_text("ann.md", "# Quetzalcoatl\n\nAnn Zweigelt was born in Reykjavik.")
    base.remove("ann.md")
    left = b"".join(each.read_bytes() for each in base.folder.rglob("*") if each.is_file()).lower()
    assert b"miso" in left
    assert [word for word in (b"quetzalcoatl", b"zweigelt", b"reykjavik") if word in left] == []
    assert base.search("office cat")["results"]


def test_a_removal_waits_for_no_reader_and_locks_no_writer_out(base):
    for name in ("one.md", "two.md"):
        base.add_text(name, f"The list is called {name}.")
    reader, writer = (sqlite3.connect(base.store.path, timeout=0, isolation_level=None) for _ in range(2))
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM documents").fetchone()
    begun = time.monotonic()
    assert base.remove("one.md")["removed"] == ["one.md"]
    assert time.monotonic() - begun < 20
    writer.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")
    reader.close()
    assert base.store.connection.execute("PRAGMA busy_timeout").fetchone() == (120_000,)


def test_an_older_file_forgets_removed_words_when_it_is_opened(tmp_path):
    store = Store(tmp_path)
    store.connection.execute("INSERT INTO words (rowid, context, body) VALUES (1, '', 'quetzalcoatl')")
    store.connection.execute("INSERT INTO words (rowid, context, body) VALUES (2, '', 'miso')")
    store.connection.execute("DELETE FROM words WHERE rowid = 1")
    store.connection.execute("DROP TABLE bands")
    store.connection.execute("PRAGMA user_version = 6")
    store.connection.close()
    assert b"quetzalcoatl" in store.path.read_bytes()
    Store(tmp_path).connection.close()
    assert b"miso" in store.path.read_bytes() and b"quetzalcoatl" not in store.path.read_bytes()


def test_only_the_very_source_is_removed(base, tmp_path):
    for name in ("faq.md", "old-faq.md", "docs/faq.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"This is the list {name}.")
    base.add([tmp_path / "faq.md", tmp_path / "old-faq.md", tmp_path / "docs"])
    base.remove(str(tmp_path / "faq.md"))
    for again in ("faq.md", str(tmp_path / "faq.md"), "FAQ", "/srv/other/docs", "old"):
        with pytest.raises(UnknownSource):
            base.remove(again)
    assert {each["source"] for each in base.list()["items"]} == {"old-faq.md", "docs/faq.md"}


def test_a_page_of_a_site_is_not_what_lies_below_it():
    pages = ["https://x.example/", "https://x.example/docs/", "https://x.example/docs/a"]
    known = [{"source": each, "location": each} for each in pages]
    for each in pages:
        assert exactly(each, known) == [each] and match_name(each, known) == each
    assert match_name("https://x.example/docs/a/", known) == "https://x.example/docs/a"
    assert exactly("https://x.example/docs", known) == pages[1:]


def test_a_folder_is_found_among_thousands_as_fast_as_they_are_read():
    known = [
        {"source": f"root/d{n % 1500}/f{n}.md", "location": f"/srv/root/d{n % 1500}/f{n}.md"}
        for n in range(5000)
    ]
    begun = time.process_time()
    assert match_name("/srv/root/d7", known) == "root/d7"
    assert match_name("root/d3/f3.md", known) == "root/d3/f3.md"
    assert time.process_time() - begun < 0.5


def test_a_folder_of_windows_is_found_by_its_path(monkeypatch):
    known = [{"source": "docs/faq.md", "location": r"C:\docs\faq.md"}]
    monkeypatch.setattr("knowledge.names.place", lambda _: r"C:\docs")
    assert match_name(r"C:\docs", known) == "docs"


def test_a_path_means_what_lies_there_alone(base, tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "faq.md").write_text("This is the list.")
    base.add([tmp_path / "docs"])
    assert base.find_source(str(tmp_path / "docs")) == base.find_source("docs/") == "docs"
    assert base.find_source("faq.md") == base.find_source(str(tmp_path / "docs/faq.md")) == "docs/faq.md"
    monkeypatch.chdir(tmp_path)
    assert base.find_source("./docs") == "docs" and base.find_source("./docs/faq.md") == "docs/faq.md"
    for elsewhere in ("/srv/old/docs", "/srv/old/docs/faq.md", "old/faq.md", "https://x.example/faq.md"):
        with pytest.raises(UnknownSource):
            base.find_source(elsewhere)


def test_visitors_see_published_documents_only_and_redacted(tmp_path, encoder):
    base = KnowledgeBase(
        tmp_path / "kb", encoder, redact=lambda text: text.replace("ann@x.example", "<EMAIL_ADDRESS>")
    )
    (tmp_path / "open.md").write_text(
        "# Help\n\nFor refunds ask ann@x.example.\n\n## Hours\n\nWe open at nine o'clock."
    )
    (tmp_path / "secret.md").write_text("The salary of the director is 90,000 pounds.")
    base.add([tmp_path / "open.md"])
    base.add([tmp_path / "secret.md"], visibility="internal")
    secret = base.search("salary of the director")["results"][0]
    assert "90,000" in secret["text"]
    assert base.ask("What is the salary of the director?")["answered"]
    assert all(
        "secret" not in each["source"] for each in base.search("salary director", visitor=True)["results"]
    )
    assert base.ask("What is the salary of the director?", visitor=True)["answered"] is False
    with pytest.raises(UnknownSource):
        base.passage(secret["passage"], visitor=True)
    seen = base.search("whom to ask for refunds", visitor=True)["results"]
    assert any("<EMAIL_ADDRESS>" in each["text"] for each in seen)
    for each in seen:
        whole = base.passage(each["passage"], visitor=True)
        assert "ann@x.example" not in whole["text"]
        assert whole["text"][each["start"] : each["end"]] == each["text"]
    assert "ann@x.example" in base.passage(seen[0]["passage"])["text"]


def test_publishing_a_document_makes_it_visible_at_once(base, tmp_path):
    (tmp_path / "plan.md").write_text("The summer party is on 3 July.")
    base.add([tmp_path / "plan.md"], visibility="internal")
    assert base.search("summer party", visitor=True)["results"] == []
    base.add([tmp_path / "plan.md"], visibility="published")
    assert len(base.search("summer party", visitor=True)["results"]) == 1


def test_changes_by_another_base_over_the_folder_are_noticed(tmp_path, encoder):
    one, other = (KnowledgeBase(tmp_path / "kb", encoder) for _ in range(2))
    assert other.search("llama")["results"] == []
    one.add_text("llama", "The llama lives in the Andes.")
    assert other.search("llama")["results"][0]["source"] == "llama"
    other.remove("llama")
    assert one.search("llama")["results"] == []


def test_many_threads_add_and_ask(base):
    failed = []

    def work(number):
        try:
            base.add_text(f"n{number}", f"Locker number {number} belongs to team {number * 7}.")
            base.search("locker")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert base.store.count() == (12, 12)


def test_a_damaged_copy_of_the_vectors_is_made_anew(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder)
    base.add_text("fox", "The fox sleeps in the barn.")
    base.vectors.save()
    copy = tmp_path / "kb" / "vectors.faiss"
    copy.write_bytes(copy.read_bytes()[:40])
    assert KnowledgeBase(tmp_path / "kb", encoder).search("fox")["results"][0]["source"] == "fox"


def test_reindex_makes_texts_and_members_of_archives_anew(base, tmp_path, monkeypatch):
    archive = zip_of(tmp_path / "docs.zip", {"a/bridge.md": b"# Bridge > river\n\n## Age\n\nBuilt in 1901."})
    base.add([archive])
    base.add_text("tower", "# Tower\n\nBuilt in 1850.")
    before = {each["source"]: base.passages(each["source"]) for each in base.list()["items"]}
    zip_of(archive, {"a/bridge.md": b"# Bridge > river\n\n## Age\n\nBuilt in 1902."})
    encode = base.encoder.encode
    monkeypatch.setattr(base.encoder, "encode", lambda texts, *rest: -encode(texts, *rest))
    report = base.reindex()
    assert (report["documents"], report["skipped"]) == (2, [])
    assert base.passages("tower") == before["tower"]
    assert "1902" in base.passages("docs.zip/a/bridge.md")[0]["text"]
    archive.unlink()
    vector = next(iter(base.store.vectors(base.store.ids()).values()))
    monkeypatch.undo()
    report = base.reindex()
    assert [each["source"] for each in report["skipped"]] == ["docs.zip/a/bridge.md"]
    assert base.passages("docs.zip/a/bridge.md")[0]["heading"] == "Bridge > river > Age"
    assert vector not in base.store.vectors(base.store.ids()).values()  # made anew from what is stored


def test_answers_name_the_page(tmp_path, encoder):
    base = KnowledgeBase(tmp_path / "kb", encoder, redact=lambda text: text.replace("Ann", "<PERSON>"))
    lines = ["Ann says: the deposit for a tent is 150 euros.", "", "The office opens at nine o'clock.", ""]
    (tmp_path / "town.pdf").write_bytes(pdf_pages([(line, 11) for line in lines], height=2))
    base.add([tmp_path / "town.pdf"])
    for visitor in (False, True):
        for question, page in (("How much is the deposit for a tent?", 1), ("When does the office open?", 2)):
            assert base.ask(question, visitor=visitor)["citations"][0]["page"] == page
    assert base.search("tent")["results"][0]["page"] == 1
    (tmp_path / "town.pdf").unlink()
    base.reindex()  # from what is stored
    assert base.ask("When does the office open?")["citations"][0]["page"] == 2
    base.add_text("note", "The llama lives in the Andes.")
    assert "page" not in base.search("llama")["results"][0]


def test_reindex_reads_anew_and_keeps_what_is_away(base, tmp_path):
    here, away = tmp_path / "here.md", tmp_path / "away.md"
    here.write_text("The bridge was built in 1901.")
    away.write_text("The tower was built in 1850.")
    base.add([here, away])
    here.write_text("The bridge was built in 1902.")
    away.unlink()
    calls = []
    report = base.reindex(progress=lambda done, total, source: calls.append((done, total)))
    assert report["documents"] == 1
    assert [each["source"] for each in report["skipped"]] == ["away.md"]
    assert calls == [(0, 2), (1, 2)]
    assert "1902" in base.search("bridge built")["results"][0]["text"]
    assert "1850" in base.search("tower built")["results"][0]["text"]


KILLED = """
import sys
from pathlib import Path
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
base = KnowledgeBase(Path(sys.argv[1]), Encoder(Path(sys.argv[2])))
for number in range(10_000):
    base.add_text(f"note{number}", f"Parcel {number} lies on shelf {number * 3}.\\n\\n" + "Filler words here. " * 60)
    print(number, flush=True)
"""


def test_what_was_reported_survives_kill_9(tmp_path, encoder):
    """The process is killed in the middle of adding; every note it has reported is there, whole, and searchable."""
    command = [sys.executable, "-c", KILLED, str(tmp_path / "kb"), str(minilm_folder())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        reported = [int(process.stdout.readline()) for _ in range(8)]
        time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        reported += [int(line) for line in process.stdout if line.strip()]
    base = KnowledgeBase(tmp_path / "kb", encoder)
    sources = {item["source"]: item["chunks"] for item in base.list()["items"]}
    assert {f"note{number}" for number in reported} <= set(sources)
    assert set(sources.values()) == {2}
    assert (
        f"shelf {reported[-1] * 3}." in base.search(f"Parcel {reported[-1]} shelf", k=3)["results"][0]["text"]
    )
    assert base.store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
