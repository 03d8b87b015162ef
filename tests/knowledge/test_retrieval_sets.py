"""How retrieval is measured on public sets."""

import json
import math
from pathlib import Path

import pytest

from tests.benchmarks.bench_retrieval import ndcg, read


def test_a_ranking_gains_by_relevance_and_place() -> None:
    # By hand: gains 3/log2(2) + 2/log2(3) + 3/log2(4) of the ideal 3 + 3/log2(3) + 2/log2(4).
    relevant = {"a": 3, "b": 2, "c": 3}
    found = (3 + 2 / math.log2(3) + 3 / 2) / (3 + 3 / math.log2(3) + 2 / 2)
    assert ndcg(["a", "b", "c"], relevant) == pytest.approx(found)
    assert ndcg(["a", "c", "b"], relevant) == 1
    assert ndcg(["x", "y"], relevant) == 0
    assert ndcg(["x", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x"] * 10 + ["a"], {"a": 1}) == 0  # the eleventh place
    assert ndcg(["a"], {"a": 0}) == 0


def test_a_set_in_the_form_of_beir_is_read(tmp_path: Path) -> None:
    lines = {
        "corpus.jsonl": [
            {"_id": "1", "title": "Wings", "text": "They lift."},
            {"_id": "2", "text": "No title."},
        ],
        "queries.jsonl": [{"_id": "q", "text": "what lifts?"}, {"_id": "other", "text": "not judged"}],
    }
    for name, rows in lines.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\t2\nq\t2\t0\n")
    found = read(tmp_path)
    assert found.corpus == {"1": "Wings\n\nThey lift.", "2": "No title."}
    assert found.queries == {"q": "what lifts?"}
    assert found.relevant == {"q": {"1": 2, "2": 0}}
