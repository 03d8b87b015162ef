"""A large knowledge base against a bare FAISS index: search and start with 100,000 passages, and a million vectors.

The vectors are synthetic: points around 2,000 centres, as sentences gather around subjects. Words follow a power law;
some of them are the questions' own, so that the word index finds passages as well.
"""

import random
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from knowledge import kept_index
from knowledge.base import KnowledgeBase
from knowledge.embed import encoder
from knowledge.records import NewChunk, NewDocument
from knowledge.vectors import Vectors
from knowledge.words import terms
from tests.benchmarks import tickets
from tests.benchmarks.measure import milliseconds, sized
from tests.benchmarks.row import Row
from tools.models.embedded import minilm_folder

DIMENSION = 384
CENTRES = 2_000
BATCH = 10_000
PASSAGES = 500  # a document
WORDS = 60  # of a passage
ASKED = 10  # of them words that questions have, too


def run() -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as name:
        yield from _base(Path(name), sized(100_000, 2_000))
    yield from _million(sized(1_000_000, 2_000))


def vectors(count: int, seed: int = 0) -> Iterator[Any]:
    """Batches of unit vectors around the centres."""
    import numpy as np

    centres = np.random.default_rng(9).normal(size=(CENTRES, DIMENSION)).astype("float32")
    dice = np.random.default_rng(seed)
    for at in range(0, count, BATCH):
        chosen = centres[dice.integers(0, CENTRES, min(BATCH, count - at))]
        found = chosen + dice.normal(0, 0.7, chosen.shape).astype("float32")
        yield found / np.linalg.norm(found, axis=1, keepdims=True)


def _base(folder: Path, count: int) -> Iterator[Row]:
    import faiss
    from sentence_transformers import SentenceTransformer

    base = KnowledgeBase(folder, encoder(minilm_folder()))
    flat: Any = faiss.IndexFlatIP(DIMENSION)
    for number, batch in enumerate(vectors(count)):
        flat.add(batch)
        for at in range(0, len(batch), PASSAGES):
            base.store.put(_document(f"{number}-{at}", batch[at : at + PASSAGES]))
    base.vectors.save(wait=True)
    transformer = SentenceTransformer(str(minilm_folder()), device="cpu")

    def plain(question: str) -> None:
        flat.search(transformer.encode([question], normalize_embeddings=True), 5)

    found = milliseconds(lambda question: base.search(question, 5), plain, tickets.texts()[: sized(150, 15)])
    title = f"knowledge: search p50, {count:,} passages"
    yield Row(title, *found, "encode + FAISS flat", unit="ms", lower_is_better=True)
    yield _start(base, folder, flat, count)


def _start(base: KnowledgeBase, folder: Path, flat: Any, count: int) -> Row:
    """From opening the folder to the first neighbours, beside FAISS reading its own flat file."""
    import faiss

    question = next(vectors(1, seed=1))
    faiss.write_index(flat, str(folder / "flat.faiss"))
    began = time.perf_counter()
    Vectors(base.store, folder).search(question[0], 5)
    ours = time.perf_counter() - began
    began = time.perf_counter()
    faiss.read_index(str(folder / "flat.faiss")).search(question, 5)
    theirs = time.perf_counter() - began
    title = f"knowledge: start and first search, {count:,} passages"
    return Row(title, ours, theirs, "FAISS reads a flat index", unit="s", lower_is_better=True)


def _document(name: str, matrix: Any) -> NewDocument:
    dice = random.Random(name)
    cut = []
    for vector in matrix:
        words = [f"w{int(dice.paretovariate(0.6)) % 30_000}" for _ in range(WORDS - ASKED)]
        words += dice.choices(_asked(), k=ASKED)
        cut.append(
            NewChunk(0, 4, 0, 4, "article", None, ("article", " ".join(words)), None, vector.tobytes())
        )
    return NewDocument(name, name, name, "text", None, None, name, "internal", "now", cut)


@cache
def _asked() -> list[str]:
    """All words of all questions, so that each is found as often in the passages as it is asked."""
    return [term for text in tickets.texts() for term in terms(text)]


def _million(count: int) -> Iterator[Row]:
    """The index alone: how many of ten true neighbours it finds, how quickly, and what memory it takes."""
    import numpy as np

    def batches() -> Iterator[tuple[Any, Any]]:
        for number, matrix in enumerate(vectors(count)):
            yield np.arange(number * BATCH, number * BATCH + len(matrix), dtype="int64"), matrix

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    index = kept_index.build(count, DIMENSION, batches)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    questions = next(vectors(200, seed=5))
    exact = kept_index.neighbours(questions, batches)
    times, shares = [], []
    for question, wanted in zip(questions, exact, strict=True):
        began = time.perf_counter()
        _, found = index.search(question.reshape(1, -1), 10)
        times.append(1000 * (time.perf_counter() - began))
        shares.append(len(set(found[0].tolist()) & set(wanted.tolist())) / 10)
    title = f"knowledge: {count:,} vectors"
    yield Row(f"{title}, recall@10", float(np.mean(shares)), 0.98, "the target", unit="")
    yield Row(f"{title}, p50", float(np.median(times)), 10, "the target", unit="ms", lower_is_better=True)
    bare = count * DIMENSION * 4 / (1 << 20)
    yield Row(f"{title}, memory at most", grown, bare, "the vectors alone", unit="MB", lower_is_better=True)
