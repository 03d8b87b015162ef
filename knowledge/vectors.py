"""The vector index: FAISS, kept in step with the store and saved as FAISS's own file.

The file is a copy that saves time at start. Passage ids are never reused, so comparing the file's ids with the
store's tells exactly what is missing and what has gone, whichever process wrote last and wherever it stopped.
"""

import contextlib
import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.store import Store

if TYPE_CHECKING:
    import numpy as np

BEHIND = 0.1  # the file is written anew when it lacks this share of the passages


class Vectors:
    """Nearest passages by inner product. Safe to share between threads.

    Args:
        store: where the vectors really are.
        folder: where the copy lies.
    """

    def __init__(self, store: Store, folder: Path):
        self._store, self._path = store, folder / "vectors.faiss"
        self._lock = threading.RLock()
        self._index: Any = None
        self._ids: set[int] = set()
        self._saved = 0
        self._changes = -1
        self._published: np.ndarray | None = None

    def search(self, vector: "np.ndarray", limit: int, visitor: bool = False) -> list[tuple[int, float]]:
        """Passage ids and cosines, best first.

        Args:
            vector: float32, length 1, shape ``[dimension]``.
            limit: how many at most.
            visitor: published documents only.
        """
        with self._lock:
            self.refresh()
            if self._index is None or self._index.ntotal == 0:
                return []
            scores, ids = self._index.search(
                vector.reshape(1, -1), min(limit, self._index.ntotal), params=self._selection(visitor)
            )
        return [(int(each), float(score)) for each, score in zip(ids[0], scores[0], strict=True) if each >= 0]

    def of(self, ids: Sequence[int]) -> "np.ndarray":
        """Vectors of passages, in order; float32 of shape ``[len(ids), dimension]``."""
        import numpy as np

        found = self._store.vectors(ids)
        return np.stack([np.frombuffer(found[each], dtype="float32") for each in ids])

    def refresh(self) -> None:
        """Catch up with the store: what other threads and processes added and removed."""
        with self._lock:
            changes = self._store.changes()
            if changes == self._changes:
                return
            if self._index is None:
                self._open()
            wanted = set(self._store.ids())
            self._drop(sorted(self._ids - wanted))
            self._append(sorted(wanted - self._ids))
            self._published, self._changes = None, changes

    def save(self) -> None:
        """Write the copy, if it lacks so much that a start would take notably longer."""
        with self._lock:
            self.refresh()
            if self._index is None or abs(len(self._ids) - self._saved) <= BEHIND * self._saved:
                return
            self._write()

    def clear(self) -> None:
        """Forget the copy; the next search builds the index from the store."""
        with self._lock:
            self._path.unlink(missing_ok=True)
            self._index, self._ids, self._saved, self._changes = None, set(), 0, -1

    def _selection(self, visitor: bool) -> Any:
        import faiss
        import numpy as np

        if not visitor:
            return None
        if self._published is None:
            self._published = np.array(self._store.ids(visitor=True), dtype="int64")
        return faiss.SearchParameters(sel=faiss.IDSelectorBatch(self._published))  # type: ignore[call-arg]

    def _open(self) -> None:
        import faiss

        with contextlib.suppress(RuntimeError):  # no file yet, or a damaged one: built from the store below
            index: Any = faiss.read_index(
                str(self._path)
            )  # keeps what it owns alive; a downcast of it would not
            self._index = index
            self._ids = set(faiss.vector_to_array(index.id_map).tolist())
            self._saved = len(self._ids)

    def _drop(self, ids: list[int]) -> None:
        import numpy as np

        if ids and self._index is not None:
            self._index.remove_ids(np.array(ids, dtype="int64"))
            self._ids.difference_update(ids)

    def _append(self, ids: list[int]) -> None:
        import faiss
        import numpy as np

        for at in range(0, len(ids), 10_000):
            found = self._store.vectors(ids[at : at + 10_000])
            if not found:
                continue
            matrix = np.stack([np.frombuffer(each, dtype="float32") for each in found.values()])
            if self._index is None:
                self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(matrix.shape[1]))
            self._index.add_with_ids(matrix, np.array(list(found), dtype="int64"))
            self._ids.update(found)

    def _write(self) -> None:
        import faiss

        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".vectors.")
        os.close(handle)
        try:
            faiss.write_index(self._index, temporary)
            Path(temporary).replace(self._path)
            self._saved = len(self._ids)
        except (OSError, RuntimeError):  # a full disk costs time at the next start, nothing else
            Path(temporary).unlink(missing_ok=True)
