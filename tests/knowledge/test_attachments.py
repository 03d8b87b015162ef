"""What is attached to a mail becomes documents of its own, below the mail's name."""

import time
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
    report = base.add([path])
    assert (report["documents"], report["skipped"]) == (2, [])
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


def test_attachments_of_mails_of_one_name_are_told_apart_as_their_mails_are(base, tmp_path):
    for folder in "ab":
        path = tmp_path / folder / "offer.eml"
        path.parent.mkdir()
        sent = mail((f"{folder}.txt", f"The offer is {folder}.".encode()), subject=f"Offer {folder}")
        path.write_bytes(sent.as_bytes())
        base.add([path])
    assert set(sources(base)) == {"offer.eml", "offer.eml/a.txt", "b/offer.eml", "b/offer.eml/b.txt"}
    assert sorted(base.remove("offer.eml")["removed"]) == ["offer.eml", "offer.eml/a.txt"]
    assert base.add([tmp_path / "b" / "offer.eml"])["documents"] == 0


def test_what_is_new_in_an_internal_mail_is_internal(base, tmp_path):
    path = tmp_path / "offer.eml"
    path.write_bytes(mail().as_bytes())
    base.add([path], "internal")
    path.write_bytes(mail(("prices.csv", PRICES)).as_bytes())
    base.add([path])
    assert sources(base) == {"offer.eml": "internal", "offer.eml/prices.csv": "internal"}


def test_an_attachment_follows_its_mail_that_is_withdrawn_while_it_is_read(base, tmp_path, monkeypatch):
    prepare = base._preparer.prepare

    def meanwhile(document, source, *more):
        if source == "offer.eml/prices.csv" and sources(base)["offer.eml"] == "published":
            base.show("offer.eml", "internal")
        return prepare(document, source, *more)

    path = tmp_path / "offer.eml"
    path.write_bytes(mail(("prices.csv", PRICES)).as_bytes())
    monkeypatch.setattr(base._preparer, "prepare", meanwhile)
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
    path.write_bytes(mail().as_bytes())
    assert len(base.add([path])["skipped"]) == 2
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


def nested(kind: str, *parts: str) -> str:
    """A multipart of parts that are written out with their headers."""
    mark = f"={kind}="
    inner = "".join(f"--{mark}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{inner}--{mark}--\n'


def part(kind: str, text: str, *headers: str) -> str:
    return "\n".join((f"Content-Type: {kind}", *headers, "", text, ""))


PLAIN, HTML = part("text/plain", "Our terms."), part("text/html", "<p>Our terms.</p>")
TERMS = part("text/csv; name=terms.csv", "plan,days\nPro,30", "Content-Disposition: inline")
LOGO = part("image/png", "PNG", "Content-ID: <logo>")
ATTACHED = "Content-Disposition: attachment"
SIGNATURE = part("application/pkcs7-signature", "MII", f"{ATTACHED}; filename=smime.p7s")


@pytest.mark.parametrize(
    ("sent", "attached"),
    [
        (nested("signed", nested("mixed", PLAIN, TERMS), SIGNATURE), {"terms.csv"}),
        (nested("mixed", nested("mixed", PLAIN, TERMS), part("text/plain", "A list.")), {"terms.csv"}),
        (nested("alternative", PLAIN, nested("mixed", HTML, TERMS, HTML)), {"terms.csv"}),
        (nested("mixed", nested("alternative", PLAIN, nested("related", HTML, LOGO)), TERMS), {"terms.csv"}),
        (nested("alternative", PLAIN, HTML, part("text/calendar", "BEGIN:VCALENDAR")), set()),
        (nested("mixed", PLAIN, part("text/csv", "plan,days\nPro,30", "Content-ID: <1>")), {"attachment 1.csv"}),
        (nested("mixed", PLAIN, part("text/plain", "Hi.", f"{ATTACHED}; filename*")), {"attachment 1.txt"}),
        (nested("mixed", PLAIN, part("text/plain; name*", "Hi.", ATTACHED)), {"attachment 1.txt"}),
        (part("text/csv; name=terms.csv", "plan,days\nPro,30"), {"terms.csv"}),
    ],
    ids=["signed", "list", "apple", "outlook", "invitation", "with an id", "broken", "broken kind", "alone"],
)  # fmt: skip
def test_attachments_are_found_at_whatever_depth(base, tmp_path, sent, attached):
    path = tmp_path / "m.eml"
    path.write_text(f"Subject: Terms\nFrom: ann@firm.example\nMIME-Version: 1.0\n{sent}")
    assert base.add([path])["skipped"] == []
    assert set(sources(base)) == {"m.eml"} | {f"m.eml/{name}" for name in attached}


def test_the_text_behind_an_attachment_is_the_mails_own(base, tmp_path):
    path = tmp_path / "m.eml"
    behind = part("text/plain", "They hold from May.")
    path.write_text(f"Subject: Terms\nMIME-Version: 1.0\n{nested('mixed', HTML, TERMS, behind)}")
    base.add([path])
    text = " ".join(each["text"] for each in base.passages("m.eml"))
    assert text.count("Our terms.") == 1 and text.index("Our terms.") < text.index("They hold from May.")


def test_parts_of_one_name_are_told_apart_and_many_are_quickly():
    class Part:
        def __init__(self, name: str):
            self.get_filename = lambda: name

    few = attachments.named([Part(each) for each in ("a.txt", "a (2).txt", "a.txt", "a.txt", "a (3).txt")])
    assert list(few) == ["a.txt", "a (2).txt", "a (3).txt", "a (4).txt", "a (3) (2).txt"]
    start = time.perf_counter()
    assert list(attachments.named([Part("note.txt")] * 10_000))[-1] == "note (10000).txt"
    assert time.perf_counter() - start < 5


def test_what_cannot_be_taken_apart_is_told(base, tmp_path, monkeypatch):
    def broken(_: EmailMessage) -> None:
        raise IndexError

    path = tmp_path / "m.eml"
    path.write_bytes(mail(("a.txt", b"A note.")).as_bytes())
    monkeypatch.setattr(attachments, "attachments", broken)
    [skipped] = base.add([path])["skipped"]
    assert skipped["source"] == "m.eml/attachments" and "cannot be read" in skipped["reason"]
    assert set(sources(base)) == {"m.eml"}
