"""Two real processes add, remove and search in one folder at once; SQLite and the FAISS file stay in step."""

import json
import os
import subprocess
import sys

import faiss
import numpy as np

from knowledge.base import KnowledgeBase
from tools.models.embedded import minilm_folder

NOTES = 9
WORK = """
import json, sys
from pathlib import Path
from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
folder, weights, me, other, notes = sys.argv[1:]
base = KnowledgeBase(Path(folder), Encoder(Path(weights)))
base.search("warm")
print("ready", flush=True)
sys.stdin.readline()
lost = []
for number in range(int(notes)):
    base.add_text(f"{me}-{number}", f"Crate {number} of {me} holds {number * 7 + 3} lamps.")
    found = base.search(f"Crate {number} of {me}", k=40)["results"]
    if f"{me}-{number}" not in [each["source"] for each in found]:
        lost.append(number)
    base.ask(f"What does crate {number} of {other} hold?")
    if number % 3 == 2:
        base.remove(f"{me}-{number - 1}")
    base.vectors.save()
print(json.dumps(lost), flush=True)
"""


def test_two_processes_add_and_search_at_once(tmp_path, encoder):
    folder = tmp_path / "kb"
    KnowledgeBase(folder, encoder)
    names = [("harbour", "mountain"), ("mountain", "harbour")]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(folder), str(minilm_folder()), *pair, str(NOTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        for pair in names
    ]
    for each in started:
        assert each.stdout.readline() == "ready\n"
    ends = []
    for each in started:
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in started:
        ends.append(each.communicate(timeout=120)[0])
        assert each.returncode == 0
    assert [json.loads(each) for each in ends] == [[], []]
    check(folder, encoder)


def check(folder, encoder):
    """Every note that was not removed is there, and the index over the file knows exactly the store's passages."""
    base = KnowledgeBase(folder, encoder)
    left = [number for number in range(NOTES) if number % 3 != 1]
    expected = {f"{name}-{number}" for name in ("harbour", "mountain") for number in left}
    assert {item["source"] for item in base.list()["items"]} == expected
    ids = set(base.store.ids())
    hits = base.vectors.search(encoder.encode(["crate"])[0], 100)
    assert {each for each, _ in hits} == ids
    saved = faiss.read_index(str(folder / "vectors.faiss"))
    stored = base.store.vectors(list(ids))
    for each in set(faiss.vector_to_array(saved.id_map).tolist()) & ids:
        assert np.array_equal(saved.reconstruct(int(each)), np.frombuffer(stored[each], dtype="float32"))
    base.vectors.clear()
    assert {each for each, _ in base.vectors.search(encoder.encode(["crate"])[0], 100)} == ids
