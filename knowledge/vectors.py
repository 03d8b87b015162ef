"""The vector index: a copy of the store's vectors for searching, kept in step with it.

It has two parts: what lies on the disk as FAISS's own file (:mod:`knowledge.kept_index`), mapped and never changed, and
what came since, in memory. What was removed is passed over in every search from that moment on. When the two have grown
too far apart the file is written anew; where that takes long it happens in the background, and searches go on with what
there is. A file that another process wrote is taken as soon as it is there. Passage ids are never reused, so comparing
the ids with the store's tells exactly what is missing and what has gone, whichever process wrote last and wherever it
stopped.
"""

import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge import kept_index
from knowledge.filters import Filters
from knowledge.store import EVERYTHING, Store

if TYPE_CHECKING:
    import numpy as np

BEHIND = 0.1  # the file is written anew when this share of the passages came or went since
FEW = 2_000  # passages up to which a narrowed search compares every one
_BATCH = 10_000
_writing = threading.Lock()  # one index is built at a time in a process; each may take a lot of memory


class Vectors:
    """Nearest passages by inner product. Safe to share between threads.

    Args:
        store: where the vectors really are.
        folder: where the copy lies.
        encoder: the name of the trained encoder whose vectors are meant; the base's own where left out.
    """

    def __init__(self, store: Store, folder: Path, encoder: str = ""):
        self._store, self._encoder = store, encoder
        self._path = folder / (f"vectors-{encoder}.faiss" if encoder else "vectors.faiss")
        self._lock = threading.RLock()
        self._kept: Any = None  # the index from the disk
        self._fresh: Any = None  # what it lacks
        self._held: set[int] = set()  # the ids of the one and of the other
        self._held_last = 0
        self._added: set[int] = set()
        self._gone: set[int] = set()  # ids on the disk that the store has no more
        self._changes = -1
        self._stamp: tuple[int, ...] | None = None  # of the file that was opened
        self._published: np.ndarray | None = None
        self._builder: threading.Thread | None = None

    def search(
        self, vector: "np.ndarray", limit: int, visitor: bool = False, filters: Filters = EVERYTHING
    ) -> list[tuple[int, float]]:
        """Passage ids and cosines, best first.

        Args:
            vector: float32, length 1, shape ``[dimension]``.
            limit: how many at most.
            visitor: published documents only.
            filters: which documents.
        """
        with self._lock:
            self.refresh()
            allowed = self._allowed(visitor, filters)
            if allowed is not None and len(allowed) <= FEW and hasattr(self._kept, "nprobe"):
                return self._compare(vector, limit, allowed.tolist())
            found = [
                *self._within(self._kept, vector, limit, allowed, gone=True),
                *self._within(self._fresh, vector, limit, allowed),
            ]
        return sorted(found, key=lambda each: -each[1])[:limit]

    def of(self, ids: Sequence[int]) -> "np.ndarray":
        """Vectors of passages, in order; float32 of shape ``[len(ids), dimension]``."""
        import numpy as np

        found = self._store.vectors(ids, self._encoder)
        return np.stack([np.frombuffer(found[each], dtype="float32") for each in ids])

    def refresh(self) -> None:
        """Catch up with the store: what other threads and processes added and removed."""
        with self._lock:
            changes, stamp = self._store.changes(), self._file()
            if stamp not in (None, self._stamp):
                self._open(stamp)
            if changes == self._changes:
                return
            came = self._only_came()
            if came is None:
                wanted = {row[0] for row in self._store.connection.execute("SELECT id FROM chunks")}
                self._gone = self._held - wanted
                self._drop(self._added - wanted)
                came = wanted - self._held - self._added
            self._append(came)
            self._published, self._changes = None, changes

    def _only_came(self) -> set[int] | None:
        """The passages that came, where none went: then only their ids are read. None where all must be compared."""
        if self._changes < 0 or self._encoder:
            return None
        known = len(self._held) - len(self._gone) + len(self._added)
        last = max(self._held_last, max(self._added, default=0))
        # One statement, so that both are of one moment. Ids only grow. A count by itself walks no rows.
        query = "SELECT (SELECT count(*) FROM chunks), (SELECT json_group_array(id) FROM chunks WHERE id > ?)"
        count, came = self._store.connection.execute(query, (last,)).fetchone()
        found = set(json.loads(came))
        return found if count == known + len(found) else None

    def save(self, wait: bool = False) -> None:
        """Write the file anew, if it lacks so much that searches and the next start would take notably longer.

        Args:
            wait: also where it takes long, instead of leaving that to the background.
        """
        with self._lock:
            self.refresh()
            count = len(self._held) - len(self._gone) + len(self._added)
            if len(self._added) + len(self._gone) <= BEHIND * len(self._held):
                return
            if self._builder is not None and self._builder.is_alive() and not wait:
                return
            builder = threading.Thread(target=self._rebuild, daemon=True)
            if not wait and count > kept_index.EXACT:
                self._builder = builder
                builder.start()
                return
        self._rebuild()

    def renew(self, other: bool = False) -> None:
        """Write the file anew, whatever it holds. Searches go on with what there is until it is complete.

        Args:
            other: another encoder made the vectors before, so that they are of no use meanwhile.
        """
        if other:
            self.clear()
        self._rebuild()

    def settle(self) -> None:
        """Wait until a file that is being written in the background is complete."""
        if self._builder is not None:
            self._builder.join()

    def clear(self) -> None:
        """Forget the copy; the next search builds the index from the store."""
        with self._lock:
            self._path.unlink(missing_ok=True)
            self._forget()

    def _forget(self) -> None:
        self._kept = self._fresh = self._stamp = None
        self._held, self._added, self._gone = set(), set(), set()
        self._held_last, self._changes = 0, -1

    def _rebuild(self) -> None:
        """Build an index from the store beside the one in use, write it, and take it."""
        with _writing, contextlib.suppress(OSError):  # a full disk costs time at the next start, nothing else
            ids = self._store.ids()
            first = next(self._batches(ids), None)
            if first is None:
                self.clear()
                return
            index = kept_index.build(len(ids), first[1].shape[1], lambda: self._batches(ids))
            kept_index.write(index, self._path)
            self.refresh()

    def _batches(self, ids: list[int]) -> Iterator[tuple["np.ndarray", "np.ndarray"]]:
        import numpy as np

        for at in range(0, len(ids), _BATCH):
            found = self._store.vectors(ids[at : at + _BATCH], self._encoder)
            if found:
                matrix = np.stack([np.frombuffer(each, dtype="float32") for each in found.values()])
                yield np.array(list(found), dtype="int64"), matrix

    def _file(self) -> tuple[int, ...] | None:
        """What tells one file from the next; None where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _open(self, stamp: tuple[int, ...] | None) -> None:
        self._forget()
        self._stamp = stamp
        with contextlib.suppress(OSError):  # a damaged file: built from the store
            self._kept, ids = kept_index.read(self._path)
            self._held = set(ids.tolist())
            self._held_last = max(self._held, default=0)

    def _drop(self, ids: set[int]) -> None:
        import numpy as np

        if ids:
            self._fresh.remove_ids(np.array(sorted(ids), dtype="int64"))
            self._added -= ids

    def _append(self, ids: set[int]) -> None:
        import faiss

        for names, matrix in self._batches(sorted(ids)):
            if self._fresh is None:
                self._fresh = faiss.IndexIDMap2(faiss.IndexFlatIP(matrix.shape[1]))
            self._fresh.add_with_ids(matrix, names)
            self._added.update(names.tolist())

    def _allowed(self, visitor: bool, filters: Filters) -> "np.ndarray | None":
        """The ids that a search may find; None for all."""
        import numpy as np

        if filters:
            return np.array(self._store.ids(visitor, filters), dtype="int64")
        if not visitor:
            return None
        if self._published is None:
            self._published = np.array(self._store.ids(visitor=True), dtype="int64")
        return self._published

    def _compare(self, vector: "np.ndarray", limit: int, ids: list[int]) -> list[tuple[int, float]]:
        found = self._store.vectors(ids, self._encoder)
        there = [each for each in ids if each in found]
        if not there:
            return []
        scores = self.of(there) @ vector
        return [(there[place], float(scores[place])) for place in (-scores).argsort(kind="stable")[:limit]]

    def _within(
        self, index: Any, vector: "np.ndarray", limit: int, allowed: "np.ndarray | None", gone: bool = False
    ) -> list[tuple[int, float]]:
        import faiss
        import numpy as np

        if index is None or index.ntotal == 0:
            return []
        selector: Any = None
        if allowed is not None:
            selector = faiss.IDSelectorBatch(allowed)
        elif gone and self._gone:
            without = faiss.IDSelectorBatch(np.array(sorted(self._gone), dtype="int64"))
            selector = faiss.IDSelectorNot(without)
        inverted = hasattr(index, "nprobe")
        # A narrowed search opens more lists, as each holds less of what it may find.
        made = faiss.SearchParametersIVF if inverted else faiss.SearchParameters
        options = (
            {"nprobe": min(index.nprobe * (4 if allowed is not None else 1), index.nlist)} if inverted else {}
        )
        parameters = made(sel=selector, **options) if selector is not None else None  # type: ignore[call-arg]
        scores, ids = index.search(vector.reshape(1, -1), min(limit, index.ntotal), params=parameters)
        pairs = zip(ids[0].tolist(), scores[0].tolist(), strict=True)
        return [(each, score) for each, score in pairs if each >= 0]
