"""What the pages keep: thumbs and examples, labels, unanswered questions, hand-offs, shared conversations."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access.principal import Principal
from assistant.agent.events import Citation
from assistant.agent.history import Entry
from assistant.agent.sharing import as_json, as_markdown
from assistant.application import Application
from assistant.errors import BadRequest, Missing
from assistant.settings import Settings
from assistant.store.schema import row_labels
from knowledge.errors import UnknownSource


@pytest.fixture
def app(home: Path) -> Iterator[Application]:
    application = Application(Settings(home=home))
    application.users.owner()
    yield application
    application.close()


def test_thumbs_replace_each_other_and_examples_become_a_dataset(app: Application) -> None:
    assert app.feedback.examples() is None
    app.feedback.rate("t", "m", "ann", good=True, question="q", answer="a")
    app.feedback.rate(
        "t", "m", "ann", good=False, reason="wrong", question="q", answer="better", example=True
    )
    app.feedback.rate("t", "m", "bob", good=True)
    assert app.feedback.of("t", "ann")["m"]["reason"] == "wrong" and len(app.feedback.list(good=False)) == 1
    row = app.feedback.examples("ann")
    assert row and json.loads(app.files.path(row).read_text()) == {
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "better"}]
    }
    app.feedback.rate("t", "m", "ann", good=None)
    assert app.feedback.of("t", "ann") == {}


def test_labels_are_kept_taken_back_and_written_into_the_next_version_of_the_file(app: Application) -> None:
    old = app.files.save("tickets.csv", io.BytesIO(b'text,topic\n"one, two",\nthree,b\nfour,\n'))
    with pytest.raises(BadRequest):
        app.labelling.label(old["id"], "topic", 1, "  ", "ann")
    for row, label in ((1, "x"), (1, "a"), (3, 'c "q"')):
        app.labelling.label(old["id"], "topic", row, label, "ann")
    assert app.labelling.given(old["id"], "topic") == {1: "a", 3: 'c "q"'}
    assert app.labelling.undo(old["id"], "topic", "ann") == 3
    app.labelling.label(old["id"], "topic", 3, "c", "ann")
    new = app.labelling.write(old["id"], "topic", "ann")
    assert app.files.by_name("tickets.csv") == new and not app.labelling.given(new["id"], "topic")
    assert app.files.path(new).read_text().splitlines() == ["text,topic", '"one, two",a', "three,b", "four,c"]
    app.labelling.label(new["id"], "mood", 2, "z", "ann")
    again = app.labelling.write(new["id"], "mood", "ann")
    assert app.files.path(again).read_text().splitlines()[:3] == [
        "text,topic,mood",
        '"one, two",a,',
        "three,b,z",
    ]


def test_labels_are_their_columns_and_their_givers(app: Application) -> None:
    old = app.files.save("tickets.csv", io.BytesIO(b"text,topic,mood\none,,\ntwo,,\n"))
    app.labelling.label(old["id"], "topic", 1, "a", "ann")
    app.labelling.label(old["id"], "mood", 1, "glad", "bob")
    app.labelling.label(old["id"], "topic", 2, "b", "bob")
    assert app.labelling.given(old["id"], "mood") == {1: "glad"}
    assert app.labelling.given(old["id"], "topic", "ann") == {1: "a"}
    assert (
        app.labelling.undo(old["id"], "topic", "ann") == 1
        and app.labelling.undo(old["id"], "mood", "ann") is None
    )
    new = app.labelling.write(old["id"], "topic", "ann")
    assert app.files.path(new).read_text().splitlines() == ["text,topic,mood", "one,,", "two,b,"]
    assert app.labelling.given(new["id"], "mood") == {1: "glad"}  # goes on beside the new file
    app.labelling.label(old["id"], "topic", 2, "b", "bob")  # in a page that still shows the old file
    app.labelling.label(old["id"], "mood", 1, "calm", "bob")
    assert app.labelling.write(old["id"], "topic", "ann")["id"] == new["id"]  # the same once more
    assert app.labelling.given(new["id"], "mood") == {1: "calm"}
    app.labelling.label(new["id"], "mood", 1, "glad", "bob")
    with app.database.begin() as connection:  # as an older version kept it
        connection.execute(row_labels.update().values(column_name=""))
    assert app.labelling.given(new["id"], "topic") == {1: "glad"}
    app.labelling.label(new["id"], "mood", 1, "sad", "ann")
    assert app.labelling.given(new["id"], "mood") == {1: "sad"} and not app.labelling.given(
        new["id"], "topic"
    )


def test_questions_without_an_answer_are_counted_without_personal_data(app: Application) -> None:
    for visitor in (False, True):
        app.knowledge.ask("Do you ship to nadia.quill@example.org?", visitor=visitor)
    [row] = app.unanswered.list()
    assert (row["asked"], row["visitors"]) == (2, 1) and "nadia" not in row["question"]
    app.unanswered.settle(row["number"])
    assert app.unanswered.list() == []
    app.unanswered.note(row["question"])
    assert app.unanswered.list()[0]["asked"] == 3


def test_a_preview_shows_the_passages_that_adding_makes(app: Application, tmp_path: Path) -> None:
    path = tmp_path / "refunds.md"
    path.write_text("# Refunds\n\nWithin 30 days.\n\n## Elsewhere\n\nWrite to us.\n")
    shown = app.knowledge.preview(str(path))
    assert [each["text"] for each in shown] == ["Within 30 days.", "Write to us."]
    assert app.knowledge.list()["documents"] == 0
    app.knowledge.add([path])
    kept = app.knowledge.passages("refunds.md")
    assert [each["text"] for each in kept] == [each["text"] for each in shown]
    with pytest.raises(UnknownSource):
        app.knowledge.passages("nothing.md")


def test_a_hand_off_waits_in_the_inbox_until_someone_closes_it(app: Application) -> None:
    about = ("v", "key-1", "https://shop.example")
    with pytest.raises(BadRequest, match="e-mail"):
        app.visits.hand_off(*about, "<script>@x", "", None, [])
    lines = [{"role": "user", "text": "hi"}]
    row = app.visits.hand_off(*about, " ann@mail.example ", "call me", None, lines)
    assert row["email"] == "ann@mail.example" and app.visits.handoffs("open") == [
        app.visits.handoff(row["id"])
    ]
    assert app.visits.close(row["id"], "bob")["closed_by"] == "bob" and app.visits.handoffs("open") == []
    assert app.visits.close(row["id"], "bob", again=True)["status"] == "open"
    assert app.visits.handoffs(words="CALL") == app.visits.handoffs(only=row["id"]) == app.visits.handoffs()
    assert app.visits.handoffs(words="%") == app.visits.handoffs(only="hand-9") == []
    app.visits.delete(row["id"])
    with pytest.raises(Missing):
        app.visits.handoff(row["id"])


def test_transcripts_name_their_site(app: Application) -> None:
    app.visits.note("v", "key-1", "https://shop.example")
    app.visits.note("v", "key-1", "https://shop.example", "customer-7")
    app.agent.threads.create("visitor-v", "Refunds?")
    app.agent.threads.create("owner", "mine")
    [row] = app.visits.transcripts()
    assert (row["title"], row["key_id"], row["person"]) == ("Refunds?", "key-1", "customer-7")
    assert app.visits.transcripts("key-2") == app.visits.transcripts(words="shipping") == []
    assert app.visits.transcripts(words="refunds") == app.visits.transcripts(only=row["id"]) == [row]


def test_a_conversation_is_shared_by_its_owner_alone_and_until_they_end_it(app: Application) -> None:
    thread = app.agent.threads.create(Principal.owner().user_id, "Mine")["id"]
    with pytest.raises(Missing):
        app.shares.share(thread, "ann")
    share = app.shares.share(thread, "owner")
    assert app.shares.share(thread, "owner") == share and app.shares.get(share)["id"] == thread
    app.shares.end(thread, "owner")
    with pytest.raises(Missing):
        app.shares.get(share)


def test_an_export_holds_what_was_said_and_not_where_files_lie() -> None:
    cited = Citation(1, "refunds.md", "30\ndays", 0.9)
    lines = [
        Entry("user", text="how?", files=["a.csv"]),
        Entry(
            "tool",
            name="show_job",
            status="succeeded",
            result={"report": "/secret", "id": "job-1"},
            shown=[cited],
        ),
        Entry("assistant", text="So. [1]"),
    ]
    row = {"id": "thr-1", "title": "T", "created_at": "c", "updated_at": "u", "user_id": "ann"}
    assert "> [1] refunds.md: 30 days" in as_markdown("T", lines) and "a.csv" in as_markdown("T", lines)
    shown = json.loads(as_json(row, lines))
    assert [each.get("content") for each in shown["messages"]] == ["how?", None, "So. [1]"]
    assert "/secret" not in json.dumps(shown) and "ann" not in json.dumps(shown)
