"""The knowledge base against its plain parts: SentenceTransformer.encode, and encode with a bare FAISS index.

Ours also reads the files, cuts them, writes a database and a word index, and searches both indexes.
"""

import random
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from tests.benchmarks import tickets
from tests.benchmarks.measure import milliseconds, sized
from tests.benchmarks.row import Row
from tools.models.embedded import minilm_folder

ARTICLES = tickets.FILE.parent / "help-centre"
SECTIONS = 12  # a document; each becomes one passage
SENTENCES = 3  # a section


class Listening(Encoder):
    """An encoder that keeps what it is given, so that the peer can be given the same."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.heard: list[str] = []

    def encode(self, texts: Sequence[str]):
        """As the encoder does."""
        self.heard += texts
        return super().encode(texts)


def run() -> Iterable[Row]:
    from sentence_transformers import SentenceTransformer

    from assistant.workspace.contacts import for_visitors
    from tools.privacy.redactor import Redactor

    transformer = SentenceTransformer(str(minilm_folder()), device="cpu")
    transformer.encode(["warm"])
    redactor = Redactor()
    redactor.find("Ann is warm.")
    with tempfile.TemporaryDirectory() as name:
        base, vectors, row = _ingest(Path(name) / "plain", 2000, transformer)
        yield row
        yield _search(base, transformer, vectors)
        published = Path(name) / "published"
        yield _ingest(published, 240, transformer, lambda text: for_visitors(text, redactor))[2]


def _ingest(
    folder: Path, passages: int, transformer: Any, redact: Callable[[str], str] | None = None
) -> tuple[KnowledgeBase, Any, Row]:
    """Both sides over generated documents; with ``redact`` as the application does it for published ones."""
    write_documents(folder / "documents", sized(passages, SECTIONS) // SECTIONS)
    encoder = Listening(minilm_folder())
    encoder.encode(["warm"])
    encoder.heard.clear()
    base = KnowledgeBase(folder / "base", encoder, redact)
    began = time.perf_counter()
    count = base.add([folder / "documents"])["chunks"]
    ours = time.perf_counter() - began
    began = time.perf_counter()
    vectors = transformer.encode(encoder.heard, normalize_embeddings=True)
    theirs = time.perf_counter() - began
    name = f"knowledge: ingest{' and redact' if redact else ''}, {count:,} passages"
    return base, vectors, Row(name, count / ours, count / theirs, "SentenceTransformer.encode alone")


def _search(base: KnowledgeBase, transformer: Any, vectors: Any) -> Row:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def plain(question: str) -> None:
        index.search(transformer.encode([question], normalize_embeddings=True), 5)

    questions = tickets.texts()[: sized(200, 15)]
    found = milliseconds(lambda question: base.search(question, 5), plain, questions)
    name = f"knowledge: search p50, {index.ntotal:,} passages"
    return Row(name, *found, "encode + FAISS flat", unit="ms", lower_is_better=True)


def write_documents(folder: Path, count: int) -> None:
    """Generated articles: sections of sentences of the help centre and the tickets, each with a number of its own."""
    folder.mkdir(parents=True)
    dice = random.Random(2)
    prose = [path.read_text(encoding="utf-8") for path in sorted(ARTICLES.glob("*.md"))] + tickets.texts()
    known = [s.strip() for text in prose for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s.split()) > 5]
    for number in range(count):
        lines = [f"# Article {number}"]
        for section in range(SECTIONS):
            chosen = " ".join(dice.sample(known, SENTENCES))
            lines += [f"## Case {number}-{section}", f"{chosen} Reference {dice.randrange(10**6)}."]
        (folder / f"article-{number}.md").write_text("\n\n".join(lines), encoding="utf-8")
