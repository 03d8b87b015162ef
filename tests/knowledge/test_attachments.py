"""What is attached to a mail becomes documents of its own, below the mail's name."""

import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from knowledge import attachments
from knowledge.base import KnowledgeBase

PRICES = b"plan,price\nTeam,31 euros\nPro,47 euros\n"


def mail(*attached: tuple[str, bytes], subject: str = "The prices") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = (
        subject,
        "ann@firm.example",
        "Mon, 02 Mar 2026 10:00:00 +0000",
    )
    made.set_content("They are attached.")
    for name, raw in attached:
        made.add_attachment(raw, maintype="application", subtype="octet-stream", filename=name)
    return made


def sources(base: KnowledgeBase) -> dict[str, str]:
    return {each["source"]: each["visibility"] for each in base.list()["items"]}


def test_attachments_are_found_and_answer_under_their_mails_name(base, tmp_path):
    sent = mail(
        ("prices.csv", PRICES), ("prices.csv", b"plan,price\nOld,5 euros\n"), ("a/../../note.txt", b"Hi all.")
    )
    sent.add_attachment(b"PNG", maintype="image", subtype="png", disposition="inline", cid="<logo>")
    sent.add_attachment("A text without a name.")
    path = tmp_path / "offer.eml"
    path.write_bytes(sent.as_bytes())
    report = base.add([path])
    names = {"prices.csv", "prices (2).csv", "note.txt", "attachment 4.txt"}
    assert set(sources(base)) == {"offer.eml"} | {f"offer.eml/{name}" for name in names}
    assert (report["documents"], report["skipped"]) == (5, [])
    answer = base.ask("What is the price of the Pro plan?")
    assert "47" in answer["answer"]
    assert answer["citations"][0]["source"] == "offer.eml/prices.csv"
    assert base.add([path])["documents"] == 0


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(base, tmp_path):
    deep = mail(("secret.txt", b"Deep below."), subject="Inner")
    sent = mail(
        ("virus.exe", b"MZ"),
        ("all.zip", b"PK"),
        ("broken.pdf", b"%PDF"),
        ("empty.txt", b""),
        ("good.txt", b"Good."),
    )
    sent.add_attachment(deep)
    path = tmp_path / "m.eml"
    path.write_bytes(sent.as_bytes())
    report = base.add([path])
    reasons = {each["source"].removeprefix("m.eml/"): each["reason"] for each in report["skipped"]}
    assert set(sources(base)) == {"m.eml", "m.eml/good.txt", "m.eml/attachment 6.eml"}
    assert set(reasons) == {"virus.exe", "all.zip", "broken.pdf", "empty.txt", "attachment 6.eml/secret.txt"}
    assert "Archives in mails are not read." in reasons["all.zip"]
    assert "Attachments of attached mails are not read." in reasons["attachment 6.eml/secret.txt"]


def test_too_much_is_refused_as_in_an_archive(base, tmp_path, monkeypatch):
    path = tmp_path / "m.eml"
    path.write_bytes(mail(*((f"{n}.txt", f"Note {n}.".encode()) for n in range(4))).as_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(attachments, "MOST_FILES", 3)
        [skipped] = base.add([path])["skipped"]
        assert "More is attached" in skipped["reason"]
    with monkeypatch.context() as patch:
        patch.setattr(attachments, "MOST_BYTES", 20)
        [skipped] = base.add([path])["skipped"]
        assert "More is attached" in skipped["reason"]
    with monkeypatch.context() as patch:
        patch.setattr(attachments, "LARGEST", 3)
        assert len(base.add([path])["skipped"]) == 4
    assert set(sources(base)) == {"m.eml"}


def test_mails_in_archives_are_opened_and_read_anew(base, tmp_path):
    path = tmp_path / "box.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/offer.eml", mail(("prices.csv", PRICES)).as_bytes())
    assert base.add([path])["documents"] == 2
    assert set(sources(base)) == {"box.zip/in/offer.eml", "box.zip/in/offer.eml/prices.csv"}
    report = base.reindex()
    assert (report["documents"], report["skipped"]) == (2, [])


def test_a_mail_goes_and_is_withdrawn_with_what_is_attached(base, tmp_path):
    path = tmp_path / "offer.eml"
    path.write_bytes(mail(("prices.csv", PRICES)).as_bytes())
    base.add([path])
    base.show("offer.eml", "internal")
    assert sources(base) == {"offer.eml": "internal", "offer.eml/prices.csv": "internal"}
    assert sorted(base.remove("offer.eml")["removed"]) == ["offer.eml", "offer.eml/prices.csv"]
    base.add([path])
    assert base.remove("offer.eml/prices.csv")["removed"] == ["offer.eml/prices.csv"]
    assert set(sources(base)) == {"offer.eml"}


def test_what_is_new_in_an_internal_mail_is_internal(base, tmp_path):
    path = tmp_path / "offer.eml"
    path.write_bytes(mail().as_bytes())
    base.add([path], "internal")
    path.write_bytes(mail(("prices.csv", PRICES)).as_bytes())
    base.add([path])
    assert sources(base) == {"offer.eml": "internal", "offer.eml/prices.csv": "internal"}


def test_what_has_gone_from_a_mail_is_told_and_kept(base, tmp_path):
    path = tmp_path / "offer.eml"
    path.write_bytes(mail(("prices.csv", PRICES), ("note.txt", b"All hail.")).as_bytes())
    base.add([tmp_path / "offer.eml"])
    path.write_bytes(mail(("note.txt", b"All hail.")).as_bytes())
    [skipped] = base.add([path])["skipped"]
    assert skipped["source"] == "offer.eml/prices.csv"
    assert skipped["reason"].startswith("It is no longer there.")
    assert base.reindex()["skipped"][0]["reason"].startswith("It is no longer attached to the mail.")
    assert len(sources(base)) == 3


@pytest.mark.parametrize("name", ["mail.eml", "box.zip"])
def test_an_upload_that_comes_again_is_a_newer_version_with_all_that_is_in_it(base, tmp_path, name):
    def upload(number: int, content: bytes) -> Path:
        folder = tmp_path / f"file-{number:012x}"
        folder.mkdir()
        path = folder / name
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("note.txt", content)
        else:
            path.write_bytes(mail(("note.txt", content)).as_bytes())
        return path

    base.add([upload(1, b"We open at nine.")])
    before = set(sources(base))
    base.add([upload(2, b"We open at ten.")])
    assert set(sources(base)) == before
    assert "ten" in base.passages(f"{name}/note.txt")[0]["text"]


def test_an_attachment_stays_withdrawn_and_goes_with_every_version_of_its_mail(base, tmp_path):
    def upload(number: int, subject: str, *attached: tuple[str, bytes]) -> Path:
        path = tmp_path / f"file-{number:012x}" / "offer.eml"
        path.parent.mkdir()
        path.write_bytes(mail(*attached, subject=subject).as_bytes())
        return path

    prices, terms = ("prices.csv", PRICES), ("terms.txt", b"Thirty days net.")
    base.add([upload(1, "First", prices, terms)])
    base.show("offer.eml/prices.csv", "internal")
    base.add([upload(2, "Second", prices)])
    assert sources(base)["offer.eml/prices.csv"] == "internal"
    base.show("offer.eml/prices.csv", "published")
    base.show("offer.eml", "internal")
    assert set(sources(base).values()) == {"internal"} and len(sources(base)) == 3
    base.add([upload(3, "Second", prices, ("new.txt", b"Forty days net."))])
    assert sources(base)["offer.eml/new.txt"] == "internal"
    assert len(base.remove("offer.eml")["removed"]) == 4 and not sources(base)


def test_what_cannot_be_taken_apart_is_told(base, tmp_path):
    path = tmp_path / "m.eml"
    raw = mail(("a.txt", b"A note.")).as_bytes()
    path.write_bytes(raw.replace(b'filename="a.txt"', b"filename*"))
    [skipped] = base.add([path])["skipped"]
    assert skipped["source"] == "m.eml/attachments" and "cannot be read" in skipped["reason"]
    assert set(sources(base)) == {"m.eml"}
