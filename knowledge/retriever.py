"""An encoder that was trained on the team's questions finds passages, in place of the base's own.

It decides only which passages are near a question. Their cosines, the sentences and the words are weighed by the base's
own encoder as before, whose vectors the answerer's models were fitted on. So the base's own vectors always stay, and
going back to them takes nothing. The trained encoder's lie beside them in the same database and go with their passages;
what is missing is made when documents are added, or at the latest before a search.
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from knowledge.embed import Encoder
from knowledge.errors import KnowledgeError
from knowledge.filters import Filters
from knowledge.store import EVERYTHING, Store
from knowledge.vectors import Vectors

FACTS = "retriever.json"  # in a trained encoder's folder
FEW = (
    200  # passages whose vectors are made before a search; with more of them missing, the base's own are used
)
_BATCH = 64  # passages, written together
Progress = Callable[[int, int, str], None]


class Retriever:
    """Whichever trained encoder is in service. Safe to share between threads.

    Args:
        store: the documents.
        folder: where the indexes lie.
        chosen: tells the encoder; asked at each search, as another process may have switched it. None: there is none.
    """

    def __init__(self, store: Store, folder: Path, chosen: Callable[[], Encoder | None]):
        self._store, self._folder, self._chosen = store, folder, chosen
        self._lock = threading.Lock()
        self._vectors: dict[str, Vectors] = {}
        self._complete: dict[str, int] = {}  # encoder → the store's changes at which nothing was missing
        self._told: set[str] = set()

    def in_service(self) -> bool:
        """Whether there is a trained encoder."""
        return self._chosen() is not None

    def near(
        self, query: str, limit: int, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> list[int] | None:
        """Ids of the passages nearest to a question, best first; None where the base's own encoder is to be asked.

        That is so where there is no other, where most of its vectors are missing, and for visitors where it has learned
        from documents that they may not see.

        Args:
            query: the question.
            limit: how many at most.
            visitor: published documents only.
            filters: which documents.
        """
        encoder = self._chosen()
        if encoder is None or (visitor and not open_to_visitors(encoder)):
            return None
        try:
            if not self._ready(encoder):
                return None
            vector = encoder.encode([query])[0]
        except KnowledgeError as error:
            self._tell(encoder, str(error))
            return None
        return [each for each, _ in self._index(encoder).search(vector, limit, visitor, filters)]

    def keep_up(self, progress: Progress | None = None) -> int:
        """Make the vectors that the encoder in service lacks. Returns how many those were.

        What is written survives the sudden end of the process; the next call goes on from there.

        Args:
            progress: called as ``progress(done, total, "Indexing")``.
        """
        encoder = self._chosen()
        if encoder is None:
            return 0
        missing = self._missing(encoder)
        for at in range(0, len(missing), _BATCH):
            if progress:
                progress(at, len(missing), "Indexing")
            self._make(encoder, missing[at : at + _BATCH])
        self._index(encoder).save()
        return len(missing)

    def settle(self) -> None:
        """Wait until the indexes that are being written in the background are complete."""
        with self._lock:
            indexes = list(self._vectors.values())
        for each in indexes:
            each.settle()

    def forget(self, kept: set[str]) -> None:
        """Drop the vectors of all encoders but some.

        Args:
            kept: the encoders' names.
        """
        marks = ",".join("?" * len(kept))
        with self._store.writing() as connection:
            connection.execute(f"DELETE FROM tuned_vectors WHERE encoder NOT IN ({marks})", sorted(kept))
        with self._lock:
            self._vectors = {name: each for name, each in self._vectors.items() if name in kept}
        for path in self._folder.glob("vectors-*.faiss"):
            if path.stem.removeprefix("vectors-") not in kept:
                path.unlink(missing_ok=True)

    def _ready(self, encoder: Encoder) -> bool:
        changes = self._store.changes()
        if self._complete.get(encoder.name) == changes:
            return True
        missing = self._missing(encoder)
        if len(missing) > FEW:
            self._tell(encoder, "Most of its vectors are missing. Make them: assistant knowledge reindex.")
            return False
        if missing:
            self._make(encoder, missing)
        else:
            self._complete[encoder.name] = changes
        return True

    def _missing(self, encoder: Encoder) -> list[int]:
        """Ids of the passages that have no vector by an encoder."""
        query = (
            "SELECT id FROM chunks WHERE NOT EXISTS "
            "(SELECT 1 FROM tuned_vectors WHERE chunk = chunks.id AND encoder = ?) ORDER BY id"
        )
        return [row[0] for row in self._store.connection.execute(query, (encoder.name,))]

    def _make(self, encoder: Encoder, ids: list[int]) -> None:
        passages = self._store.passages(ids)
        there = list(passages)
        matrix = encoder.encode([passages[each].encoded for each in there])
        rows = [(each, encoder.name, vector.tobytes()) for each, vector in zip(there, matrix, strict=True)]
        with self._store.writing() as connection:
            # A passage that went meanwhile is passed over; one that another process has done, too.
            connection.executemany(
                "INSERT OR IGNORE INTO tuned_vectors SELECT id, ?2, ?3 FROM chunks WHERE id = ?1", rows
            )
            connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")

    def _index(self, encoder: Encoder) -> Vectors:
        with self._lock:
            if encoder.name not in self._vectors:
                self._vectors[encoder.name] = Vectors(self._store, self._folder, encoder.name)
            return self._vectors[encoder.name]

    def _tell(self, encoder: Encoder, why: str) -> None:
        if encoder.name not in self._told:
            self._told.add(encoder.name)
            logging.getLogger(__name__).warning("%s finds no passages: %s", encoder.name, why)


def open_to_visitors(encoder: Encoder) -> bool:
    """Whether a trained encoder is known to have learned from published documents alone."""
    try:
        facts = json.loads((encoder.folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return facts.get("internal") is False
