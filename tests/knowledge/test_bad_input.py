import zipfile

import pytest

from knowledge.archive import members
from tests.knowledge.corpus import pdf, zip_of

GOOD = b"# Good\n\nThis one is fine."


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
        ("noending", b"abc", "not read"),
    ],
)
def test_each_bad_file_has_its_reason_and_the_rest_goes_on(base, tmp_path, name, raw, reason):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(raw)
    (tmp_path / "in" / "good.md").write_bytes(GOOD)
    report = base.add([tmp_path / "in"])
    assert report["documents"] == 1
    assert [each["source"] for each in report["skipped"]] == [f"in/{name}"]
    assert reason in report["skipped"][0]["reason"]


def test_missing_files_and_twins_are_told(base, tmp_path):
    (tmp_path / "a.md").write_bytes(GOOD)
    (tmp_path / "b.md").write_bytes(GOOD)
    report = base.add([tmp_path / "a.md", tmp_path / "b.md", tmp_path / "none.md"])
    assert report["sources"] == 1
    assert "same file as a.md" in report["skipped"][0]["reason"]
    assert "no such file" in report["skipped"][1]["reason"]


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


def test_broken_archives_are_told(base, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 half")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    report = base.add([tmp_path / "broken.zip", tmp_path / "empty.zip"])
    assert "broken" in report["skipped"][0]["reason"]
    assert "empty" in report["skipped"][1]["reason"]
    assert [each.name for each in members(zip_of(tmp_path / "ok.zip", {"x.md": GOOD}))] == ["x.md"]


def test_links_out_of_a_folder_are_not_followed(base, tmp_path):
    (tmp_path / "outside.md").write_text("Outside.")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.md").write_bytes(GOOD)
    (tmp_path / "in" / "link.md").symlink_to(tmp_path / "outside.md")
    base.add([tmp_path / "in"])
    assert [item["source"] for item in base.list()["items"]] == ["in/good.md"]
