"""Users, keys, documents and data from the command line."""

from pathlib import Path

from assistant.application import Application
from tests.ui.commands import here


def test_users_and_their_links(app: Application, capfd) -> None:
    added = here(capfd, "users", "add", "Mia", "--role", "viewer", "--json").json
    assert app.users.redeem(added["token"])["name"] == "Mia"
    assert added["link"].endswith(added["token"])
    names = [user["name"] for user in here(capfd, "users", "list", "--json").json["users"]]
    assert names == ["owner", "Mia"]
    assert "Mia" in here(capfd, "users", "list").out


def test_who_was_taken_out_is_exported_and_erased_by_the_id_that_was_told(
    app: Application, tmp_path: Path, capfd
) -> None:
    user = app.users.add("Ann")
    app.agent.threads.create(user["id"], "hello")
    told = here(capfd, "users", "remove", "Ann").out
    assert f"assistant users erase {user['id']}" in told
    assert here(capfd, "users", "export", user["id"], "--json").json["conversations"] == 1
    assert Path(f"{user['id']}-export.zip").is_file()
    assert here(capfd, "users", "erase", user["id"], "--json").json["conversations"] == 1
    assert here(capfd, "users", "erase", "Ann").code == 2
    assert here(capfd, "users", "expire").code == 2
    assert here(capfd, "users", "expire", "--days", "1", "--json").json["conversations"] == 0


def test_a_scrubbed_copy_lies_beside_the_file(home: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "mails.csv").write_text("text,label\nwrite to ann@example.org,a\nhello,b\n")
    found = here(capfd, "data", "scrub", str(tmp_path / "mails.csv"), "--json").json
    assert found["file"] == str(tmp_path / "mails-scrubbed.csv") and found["changed"] == 1


def test_keys_are_shown_once_and_can_be_revoked(app: Application, capfd) -> None:
    made = here(capfd, "keys", "create", "--role", "viewer", "--json").json
    assert set(made) == {"id", "secret", "role", "origins"} and made["secret"].startswith("sk-")
    who = app.keys.authenticate(made["secret"])
    assert who.role == "viewer" and who.user_id == made["id"], "nobody's conversations but its own"
    widget = here(capfd, "keys", "create", "--widget", "--origin", "https://a.example", "--json").json
    assert widget["secret"].startswith("pk_") and widget["origins"] == ["https://a.example"]
    assert here(capfd, "keys", "revoke", made["id"], "--json").json["revoked_at"]
    listed = here(capfd, "keys", "list", "--json")
    assert made["secret"] not in listed.out and len(listed.json["keys"]) == 2


def test_who_takes_somebody_out_is_told_which_of_their_keys_go_on(app: Application, capfd) -> None:
    user = app.users.add("Ann", "admin")
    made = app.keys.create("member", user_id=None, made_by=user["id"])
    assert here(capfd, "users", "role", "Ann", "viewer", "--json").json["keys"][0]["id"] == made["id"]
    told = here(capfd, "users", "remove", "Ann").out
    assert f"{made['id']} (member)" in told and "keys revoke" in told
    assert here(capfd, "keys", "list", "--json").json["keys"][0]["made_by"] == user["id"]


def test_a_file_is_looked_into(home: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "mails.csv").write_text(
        "text,label\n"
        + "".join(f"please refund order {n},refund\nparcel {n} is late,shipping\n" for n in range(20))
    )
    found = here(capfd, "data", "inspect", "mails.csv", "--json").json
    assert found["rows"] == 40 and found["labels"] == {"refund": 20, "shipping": 20}
    assert found["dataset"] == "mails.csv"
    assert "refund 20" in here(capfd, "data", "inspect", "mails.csv").out


def test_documents_are_added_asked_and_removed(home: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "refunds.md").write_text(
        "# Refunds\n\nA refund takes five working days after we have the parcel.\n"
    )
    added = here(capfd, "knowledge", "add", "refunds.md", "gone.md", "--json").json
    assert added["sources"] == 1 and added["skipped"][0]["source"] == "gone.md"
    nothing = here(capfd, "knowledge", "add", "gone.md", "--json")
    assert nothing.code == 2 and nothing.err.startswith("error: gone.md was not added")
    assert here(capfd, "knowledge", "list", "--json").json["items"][0]["source"] == "refunds.md"
    found = here(capfd, "knowledge", "search", "refund", "-k", "1", "--json").json["results"]
    assert len(found) == 1 and found[0]["source"] == "refunds.md"
    answer = here(capfd, "knowledge", "ask", "How long does a refund take?", "--json").json
    assert answer["answered"] and "five working days" in answer["answer"]
    assert "[1] refunds.md" in here(capfd, "knowledge", "ask", "How long does a refund take?").out
    assert here(capfd, "knowledge", "reindex", "--json").json["documents"] == 1
    (tmp_path / "refunds.md").unlink()
    for word, shown in (("withdraw", "internal"), ("publish", "published")):
        [item] = here(capfd, "knowledge", word, "refunds", "--json").json["items"]
        assert item["visibility"] == shown
    assert "removed refunds.md" in here(capfd, "knowledge", "remove", "Refunds").out
