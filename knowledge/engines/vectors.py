"""The vector index in another engine, through LangChain's ``VectorStore``, kept in step with the base.

The base's database stays the only truth. The engine holds for each passage its id, its vector and whether its document
is published, no text; it answers with ids alone. Their likeness is computed from the base's own vectors, and what the
base does not hold or this reader may not see is left out, whatever the engine says. So results, their order and their
scores are those of an exact index wherever the engine finds the true neighbours.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.engines.engine import Engine
from knowledge.engines.held import Held
from knowledge.errors import VectorStoreAway
from knowledge.filters import Filters
from knowledge.store import EVERYTHING, Store
from knowledge.vectors import FEW, Vectors

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.vectorstores import VectorStore

    from knowledge.engines.stored import Stored

BATCH = 500  # vectors handed over between two notes
MOST = 10_000  # neighbours asked for at most, before the passages that fit are compared here instead
log = logging.getLogger(__name__)


class EngineVectors(Vectors):
    """Nearest passages, found by another engine. Safe to share between threads and processes.

    Args:
        store: where the vectors really are.
        folder: where it is noted what the engine holds.
        engine: opens the engine, when it is first used.
    """

    def __init__(self, store: Store, folder: Path, engine: Callable[[], Engine]):
        super().__init__(store, folder)
        self._open_engine = engine
        self._engine: Engine | None = None
        self._noted, self._guard = Held(folder / "engine.db"), folder / "engine.lock"
        self._collection: VectorStore | None = None
        self._stored: Stored
        self._name, self._total = "", 0
        self._public: set[int] | None = None

    def search(
        self, vector: "np.ndarray", limit: int, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> list[tuple[int, float]]:
        """As :meth:`knowledge.vectors.Vectors.search`.

        Raises:
            VectorStoreAway: the engine does not answer.
        """
        self.refresh()
        with self._lock:
            fitting, total = self._fitting(visitor, filters), self._total
        there = total if fitting is None else len(fitting)
        if filters and there <= FEW:
            return self._compare(vector, limit, sorted(fitting or ()))
        if not there:
            return []
        asked = max(limit * 2 * total // there, limit) if filters else limit
        while asked <= max(MOST, limit):
            found = self._nearest(vector, asked, visitor)
            scored = self._compare(
                vector, limit, [each for each in found if fitting is None or each in fitting]
            )
            if len(scored) >= min(limit, there):
                return scored
            if len(found) < asked:
                break
            asked *= 4
        return self._compare_all(vector, limit, self._store.ids(visitor, filters))

    def _fitting(self, visitor: bool, filters: Filters) -> set[int] | None:
        """The ids that a search may find; None for all."""
        if filters:
            return set(self._store.ids(visitor, filters))
        if visitor and self._public is None:
            self._public = set(self._store.ids(visitor=True))
        return self._public if visitor else None

    def refresh(self) -> None:
        """Hand the engine what came, and take back what went.

        Raises:
            VectorStoreAway: the engine does not answer.
        """
        changes = self._store.changes()
        if changes == self._changes:
            return
        with self._alone(), self._asking() as engine:
            self._catch_up(engine)
            self._public, self._changes = None, changes

    def save(self, wait: bool = False) -> None:
        """Bring the engine up to date; where it is away that is logged, and done before the next search."""
        with contextlib.suppress(VectorStoreAway):
            self.refresh()

    def renew(self, other: bool = False) -> None:
        """Hand everything over anew; where the engine is away, before the next search.

        Args:
            other: another encoder made the vectors before: they leave the engine first.

        Raises:
            VectorStoreAway: the engine does not answer, and holds another encoder's vectors.
        """
        if other:
            with self._alone(), self._asking() as engine:
                engine.drop(self._noted.name(engine.where))
                self._noted.forget()
                self._collection = None
        self.clear()
        self.save()

    def clear(self) -> None:
        """Hand everything over anew at the next search, over what is there, so that searches go on meanwhile."""
        with self._alone():
            self._noted.doubt()
            self._name, self._changes = "", -1

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread or process changes what the engine holds."""
        from filelock import FileLock

        with self._lock, FileLock(self._guard):
            yield

    @contextlib.contextmanager
    def _asking(self) -> Iterator[Engine]:
        with self._lock:
            if self._engine is None:
                self._engine = self._open_engine()
            engine = self._engine
        try:
            with self._lock if engine.one_at_a_time else contextlib.nullcontext():
                yield engine
        except engine.failures as error:
            self._name, self._changes = (
                "",
                -1,
            )  # it may have lost what it held: looked at before it is used again
            log.warning("%s at %s: %r", engine.title, engine.where, error)
            raise VectorStoreAway(
                f"{engine.title}, which keeps the documents' vectors, cannot be used ({type(error).__name__}).",
                "Start it, or correct ASSISTANT_VECTOR_STORE; the log says more. No document is lost.",
            ) from error

    def _catch_up(self, engine: Engine) -> None:
        name = self._noted.name(engine.where)
        certain, noted = self._noted.ids()
        wanted = set(self._store.ids())
        if name != self._name:
            self._collection = None
            if (engine.count(name) or 0) != len(noted):  # lost, or put back from an older copy
                engine.drop(name)
                self._noted.forget()
                certain, noted = set(), set()
        self._take_back(engine, name, sorted(noted - wanted))
        self._hand_over(engine, name, sorted(wanted - certain))
        self._name, self._total = name, len(wanted)

    def _hand_over(self, engine: Engine, name: str, ids: list[int]) -> None:
        public = set(self._store.ids(visitor=True)) if ids else set()
        for at in range(0, len(ids), BATCH):
            ready = self._store.vectors(ids[at : at + BATCH])  # without what was removed meanwhile
            batch: Any = sorted(ready)  # numbers, which both engines take where LangChain says texts
            if not batch:
                continue
            self._noted.note(batch, there=False)
            collection = self._opened(engine, name, len(ready[batch[0]]) // 4)
            self._stored.ready = ready
            shown = [{"published": each in public} for each in batch]
            collection.add_texts([str(each) for each in batch], shown, ids=batch)
            engine.flush()
            self._noted.note(batch, there=True)
        if ids and self._collection is not None:
            engine.settle(self._collection, len(self._noted.ids()[0]))

    def _take_back(self, engine: Engine, name: str, ids: list[int]) -> None:
        for at in range(0, len(ids), BATCH):
            batch: Any = ids[at : at + BATCH]
            self._opened(engine, name).delete(batch)
            engine.flush()
            self._noted.strike(batch)

    def _opened(self, engine: Engine, name: str, dimension: int = 0) -> "VectorStore":
        """The collection; it is made where a dimension is given and there is none."""
        if self._collection is None:
            from knowledge.engines.stored import Stored

            self._stored = Stored()
            self._collection = engine.open(name, dimension, self._stored)
        return self._collection

    def _nearest(self, vector: "np.ndarray", count: int, visitor: bool) -> list[int]:
        """Ids that the engine finds, best first."""
        with self._asking() as engine:
            narrowed = {"filter": engine.published()} if visitor else {}
            collection = self._opened(engine, self._name)
            found = collection.similarity_search_by_vector(vector.tolist(), k=count, **narrowed)
        return [int(each.page_content) for each in found]

    def _compare_all(self, vector: "np.ndarray", limit: int, ids: list[int]) -> list[tuple[int, float]]:
        """The nearest of many passages, every one compared here."""
        best: list[tuple[int, float]] = []
        for names, matrix in self._batches(ids):
            pairs = zip(names.tolist(), (matrix @ vector).tolist(), strict=True)
            best = sorted([*best, *pairs], key=lambda each: -each[1])[:limit]
        return best
