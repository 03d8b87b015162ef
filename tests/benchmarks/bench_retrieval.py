"""Hybrid retrieval against its two halves, as nDCG@10 on public retrieval sets.

``RETRIEVAL_SETS`` names folders in BEIR's form (``corpus.jsonl``, ``queries.jsonl``, ``qrels/test.tsv``), separated as
in PATH: none comes with the project, as their licences differ. Each document becomes a text file that the knowledge
base cuts and indexes as it does all; a document's place is that of its best passage. The halves see the same passages.
"""

import csv
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.base import KnowledgeBase
from knowledge.embed import encoder
from knowledge.search import as_query
from tests.benchmarks.row import Row
from tools.models.embedded import minilm_folder

AT = 10  # places that count
DEPTH = 50  # passages, of which several may be of one document


@dataclass(frozen=True)
class RetrievalSet:
    """``corpus`` and ``queries`` are texts by id; ``relevant`` tells for a query which documents are, and how much."""

    name: str
    corpus: dict[str, str]
    queries: dict[str, str]
    relevant: dict[str, dict[str, int]]


def run() -> Iterable[Row]:
    for folder in filter(None, os.environ.get("RETRIEVAL_SETS", "").split(os.pathsep)):
        with tempfile.TemporaryDirectory() as place:
            yield from _measure(read(Path(folder)), Path(place))


def read(folder: Path) -> RetrievalSet:
    """A set in the form of BEIR (https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset).

    Args:
        folder: the set's.
    """
    corpus = {
        each["_id"]: f"{each.get('title', '')}\n\n{each['text']}".strip()
        for each in _lines(folder / "corpus.jsonl")
    }
    relevant: dict[str, dict[str, int]] = {}
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            relevant.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    asked = {each["_id"]: each["text"] for each in _lines(folder / "queries.jsonl")}
    return RetrievalSet(folder.name, corpus, {each: asked[each] for each in relevant}, relevant)


def ndcg(ranking: Sequence[str], relevant: dict[str, int], at: int = AT) -> float:
    """Normalized discounted cumulative gain, linear in the relevance, as trec_eval and BEIR compute it.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.

    Args:
        ranking: documents, best first.
        relevant: how much the documents are; all others are not.
        at: places that count.
    """
    best = sorted(relevant.values(), reverse=True)
    ideal = _gain(best[:at])
    return _gain([relevant.get(each, 0) for each in ranking[:at]]) / ideal if ideal else 0.0


def _gain(relevances: Sequence[int]) -> float:
    return sum(max(each, 0) / math.log2(place + 2) for place, each in enumerate(relevances))


def _measure(of: RetrievalSet, place: Path) -> Iterable[Row]:
    documents = place / "documents"
    documents.mkdir()
    for identifier, text in of.corpus.items():
        (documents / f"{identifier}.txt").write_text(text, encoding="utf-8")
    base = KnowledgeBase(place / "base", encoder(minilm_folder()))
    base.add([documents])
    searcher = base.searcher

    def hybrid(query: str) -> list[int]:
        return [hit.passage.id for hit in searcher.search(query, DEPTH)]

    def near(query: str) -> list[int]:
        return list(dict(searcher.vectors.search(searcher.encoder.encode([query])[0], DEPTH)))

    def worded(query: str) -> list[int]:
        return list(searcher.store.match(as_query(query), DEPTH))

    ours, vectors, words = (_score(of, base, way) for way in (hybrid, near, worded))
    name = f"knowledge: nDCG@{AT}, {of.name}, {len(of.queries)} queries"
    yield Row(name, ours, vectors, "its vectors alone", unit="")
    yield Row(name, ours, words, "its words alone (BM25)", unit="")


def _score(of: RetrievalSet, base: KnowledgeBase, way: Callable[[str], list[int]]) -> float:
    found = []
    for identifier, query in of.queries.items():
        ids = way(query)
        passages = base.searcher.store.passages(ids)
        ranking = dict.fromkeys(Path(passages[each].source).stem for each in ids if each in passages)
        found.append(ndcg(list(ranking), of.relevant[identifier]))
    return sum(found) / len(found)


def _lines(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
