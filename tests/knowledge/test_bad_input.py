import io
import logging
import zipfile
from types import SimpleNamespace

import pytest

from knowledge import archive, gather
from knowledge.loaders import read_document
from tests.knowledge.corpus import pdf, zip_of

GOOD = b"# Good\n\nThis one is fine."


def zipped(files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return raw.getvalue()


def damaged(name, content):
    """An archive whose only member cannot be inflated."""
    raw = bytearray(zipped({name: content}))
    raw[30 + len(name)] = 0xFF  # a kind of block that deflate does not have
    return bytes(raw)


def damaged_pptx():
    return damaged("ppt/slides/slide1.xml", b"<a>" + b"text " * 99 + b"</a>")


@pytest.mark.parametrize(
    ("name", "raw", "reason"),
    [
        ("empty.md", b"", "empty"),
        ("blank.txt", b" \n\n", "empty"),
        ("picture.md", b"\x89PNG\r\n\x1a\n123", "PNG image"),
        ("binary.txt", b"ab\0\1\2cd" * 9, "binary"),
        ("broken.pdf", b"%PDF-1.4 and nothing else", "broken"),
        ("scan.pdf", pdf([]), "scan"),
        ("broken.docx", b"PK\x03\x04 nothing", "broken"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted or of the old format"),
        ("broken.xlsx", b"no workbook", "broken"),
        ("broken.json", b'{"a": ', "no valid JSON"),
        ("deep.json", b"[" * 100_000, "JSON"),
        ("movie.mp4", b"abc", "not read"),
        ("open.csv", b'a,b\n"' + b"x,y\n" * 40_000, "quotation mark"),
        ("broken.pptx", damaged_pptx(), "presentation is broken"),
        ("nested.zip", zipped({"in.zip": b"PK"}), "Archives in archives"),
        ("fitted.zip", b"PK\x03\x04 half", "archive is broken"),
        ("noending", b"abc", "not read"),
    ],
)
def test_each_bad_file_has_its_reason_and_the_rest_goes_on(base, tmp_path, name, raw, reason):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(raw)
    (tmp_path / "in" / "good.md").write_bytes(GOOD)
    report = base.add([tmp_path / "in"])
    assert report["documents"] == 1
    assert [each["source"].removesuffix("/in.zip") for each in report["skipped"]] == [f"in/{name}"]
    assert reason in report["skipped"][0]["reason"]


def test_missing_files_and_twins_are_told(base, tmp_path):
    (tmp_path / "a.md").write_bytes(GOOD)
    (tmp_path / "b.md").write_bytes(GOOD)
    report = base.add([tmp_path / "a.md", tmp_path / "b.md", tmp_path / "none.md"])
    assert report["sources"] == 1
    assert "same file as a.md" in report["skipped"][0]["reason"]
    assert "no such file" in report["skipped"][1]["reason"]


def test_whatever_a_document_does_the_rest_goes_on(base, tmp_path, caplog, monkeypatch):
    """Names that no file can have, characters that cannot be stored, errors that nobody foresaw."""
    (tmp_path / "half.json").write_text('{"note": "half a sign \\ud83d, and a whole one \\ud83d\\ude00"}')
    (tmp_path / "odd.md").write_text("An odd one.")
    (tmp_path / "good.md").write_bytes(GOOD)

    def redact(text):
        if "odd" in text:
            raise LookupError("secret words of the document")
        return text

    monkeypatch.setattr(base._preparer, "_redact", redact)
    names = ["x" * 5000, "~nosuchuser/x.md", "a\0b", "\udcff.md"]
    with caplog.at_level(logging.WARNING):
        report = base.add([*names, *(tmp_path / each for each in ("half.json", "odd.md", "good.md"))])
    assert report["documents"] == 2
    assert [each["source"] for each in report["skipped"]] == ["x" * 5000, *names[1:3], "�.md", "odd.md"]
    assert "It cannot be read (LookupError)." in report["skipped"][-1]["reason"]
    assert "LookupError at" in caplog.text
    assert "secret" not in caplog.text
    assert "a whole one 😀" in base.search("half a sign")["results"][0]["text"]


def test_what_the_encoder_lacks_is_no_fault_of_a_document(base, tmp_path, monkeypatch):
    (tmp_path / "good.md").write_bytes(GOOD)

    def encode(texts):
        raise MemoryError("out of memory")

    monkeypatch.setattr(base._preparer, "encoder", SimpleNamespace(encode=encode, name=base.encoder.name))
    with pytest.raises(MemoryError):
        base.add([tmp_path / "good.md"])


def test_an_unreadable_folder_is_told(base, tmp_path, monkeypatch):
    (tmp_path / "in" / "closed").mkdir(parents=True)
    (tmp_path / "in" / "good.md").write_bytes(GOOD)
    walk = gather.os.walk

    def partly(top, onerror):
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "in" / "closed")))
        return walk(top)

    monkeypatch.setattr(gather.os, "walk", partly)
    report = base.add([tmp_path / "in"])
    assert report["documents"] == 1
    assert report["skipped"][0]["source"] == "in/closed"
    assert "Permission denied" in report["skipped"][0]["reason"]


def test_pages_nested_without_end_are_read():
    for tag in ("div", "span"):
        page = f"<html><body>{f'<{tag}>' * 3000}deep{f'</{tag}>' * 3000}<p>after</p></body></html>"
        assert read_document(page.encode(), "a.html").text == "deep\n\nafter"


def test_an_encrypted_pdf_is_told(base, tmp_path):
    from pypdf import PdfReader, PdfWriter

    (tmp_path / "plain.pdf").write_bytes(pdf(["A secret line of text"]))
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "plain.pdf"))
    writer.encrypt("password", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    report = base.add([tmp_path / "locked.pdf"])
    assert "encrypted" in report["skipped"][0]["reason"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_in_any_encoding(base, tmp_path, encoding):
    (tmp_path / "note.txt").write_bytes("办公室的猫叫做饼干,它每天下午在窗台上睡觉。".encode(encoding))
    base.add([tmp_path / "note.txt"])
    assert "饼干" in base.search("办公室的猫")["results"][0]["text"]


def test_latin_1_is_read(base, tmp_path):
    (tmp_path / "note.txt").write_bytes(
        "Das Büro öffnet um acht Uhr. Die Tür schließt um sechs.".encode("latin-1")
    )
    base.add([tmp_path / "note.txt"])
    assert "Büro öffnet" in base.search("Büro")["results"][0]["text"]


def test_zip_members_are_read_and_dangers_left_out(base, tmp_path):
    bomb = b"0" * 50_000_000
    archive = zip_of(
        tmp_path / "docs.zip", {"a/good.md": GOOD, "../evil.md": GOOD, "bomb.txt": bomb, "in.zip": b"PK"}
    )
    report = base.add([archive])
    assert report["documents"] == 1
    assert base.list()["items"][0]["source"] == "docs.zip/a/good.md"
    reasons = {each["source"]: each["reason"] for each in report["skipped"]}
    assert "leads out" in reasons["docs.zip/../evil.md"]
    assert "bomb" in reasons["docs.zip/bomb.txt"]
    assert "not read" in reasons["docs.zip/in.zip"]


def test_a_damaged_member_is_told_and_names_in_chinese_are_read(base, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "half.zip").write_bytes(damaged("a.md", GOOD * 9))
    with zipfile.ZipFile(tmp_path / "in" / "names.zip", "w") as archive:
        entry = zipfile.ZipInfo("x")
        archive.writestr(entry, GOOD)
    raw = (tmp_path / "in" / "names.zip").read_bytes()
    written = "手册.md".encode("gb18030")  # as Windows writes it, without saying so
    for length, offset in ((26, 30), (28, 46)):  # of the name, in its two headers
        head = raw.index(b"PK\x03\x04" if offset == 30 else b"PK\x01\x02")
        raw = raw[: head + length] + len(written).to_bytes(2, "little") + raw[head + length + 2 :]
        raw = raw[: head + offset] + written + raw[head + offset + 1 :]
    grown = len(written) - 1
    end = raw.index(b"PK\x05\x06")
    for at in (12, 16):  # size and place of the directory
        number = int.from_bytes(raw[end + at : end + at + 4], "little") + grown
        raw = raw[: end + at] + number.to_bytes(4, "little") + raw[end + at + 4 :]
    (tmp_path / "in" / "names.zip").write_bytes(raw)
    report = base.add([tmp_path / "in"])
    assert [each["source"] for each in base.list()["items"]] == ["in/names.zip/手册.md"]
    assert [each["source"] for each in report["skipped"]] == ["in/half.zip/a.md"]
    assert "damaged in the archive" in report["skipped"][0]["reason"]


def test_broken_archives_are_told(base, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 half")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    report = base.add([tmp_path / "broken.zip", tmp_path / "empty.zip"])
    assert "broken" in report["skipped"][0]["reason"]
    assert "empty" in report["skipped"][1]["reason"]
    ok = zip_of(tmp_path / "ok.zip", {"x.md": GOOD})
    assert [each.read() for each in gather.gather(str(ok))] == [("x.md", GOOD)]


def test_of_many_archives_one_is_open_at_a_time(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for number in range(3):
        zip_of(tmp_path / "in" / f"{number}.zip", {"x.md": GOOD, "y.md": GOOD})
    opened = []
    kind = archive.zipfile.ZipFile
    monkeypatch.setattr(archive.zipfile, "ZipFile", lambda path: opened.append(kind(path)) or opened[-1])
    found = list(gather.gather(str(tmp_path / "in")))
    for each in found:
        assert each.read()[1] == GOOD
        assert sum(each.fp is not None for each in opened) <= 1
    assert len(opened) == 6  # once for their names, once to be read
    assert all(each.fp is None for each in opened)


def test_links_out_of_a_folder_are_not_followed(base, tmp_path):
    (tmp_path / "outside.md").write_text("Outside.")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.md").write_bytes(GOOD)
    (tmp_path / "in" / "link.md").symlink_to(tmp_path / "outside.md")
    base.add([tmp_path / "in"])
    assert [item["source"] for item in base.list()["items"]] == ["in/good.md"]
