"""The index that lies on the disk: which kind of FAISS index fits how many vectors, built, checked and mapped.

Up to 50,000 vectors an exact one. Above that an inverted file (Jégou et al. 2011, "Product quantization for nearest
neighbor search"), whose lists hold whole vectors, or their bytes where whole ones would take too much memory. How many
lists a search opens is measured on the vectors themselves: as few as find nearly all true neighbours. Of FAISS's
approximate indexes it is the one that is trained in minutes on two cores, can be mapped, and filters exactly.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

EXACT = 50_000  # vectors up to which every one is compared
MEMORY = 4 << 30  # bytes of whole vectors above which their bytes alone are kept
TRAINED_ON = 64  # vectors for each list
WANTED = 0.985  # share of true neighbours among ten that the measured number of lists finds
PROBES = (8, 16, 32, 64, 128, 256)
_BATCH = 10_000

Batches = Callable[[], Iterable[tuple["np.ndarray", "np.ndarray"]]]


def build(count: int, dimension: int, batches: Batches) -> Any:
    """An index over all vectors.

    Args:
        count: how many there are.
        dimension: of each.
        batches: gives pairs of ids and vectors, anew at each call.
    """
    import faiss

    exact = count <= EXACT
    index: Any = (
        faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)) if exact else _trained(count, dimension, batches)
    )
    for ids, matrix in batches():
        index.add_with_ids(matrix, ids)
    if count > EXACT:
        index.nprobe = _probes(index, batches)
    return index


def lists(count: int) -> int:
    """How many lists an inverted file over ``count`` vectors has: about four times the root, a power of two."""
    return 1 << max(int(4 * count**0.5).bit_length() - 1, 6)


def _trained(count: int, dimension: int, batches: Batches) -> Any:
    import faiss
    import numpy as np

    wanted = lists(count)
    kind = "Flat" if count * dimension * 4 <= MEMORY else "SQ8"
    index: Any = faiss.index_factory(dimension, f"IVF{wanted},{kind}", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = 8
    index.cp.max_points_per_centroid = TRAINED_ON
    step = max(count // (wanted * TRAINED_ON), 1)
    index.train(np.concatenate([matrix[::step] for _, matrix in batches()]))
    return index


def _probes(index: Any, batches: Batches) -> int:
    """The smallest number of lists with which the neighbours of some of the vectors are found."""
    import faiss
    import numpy as np

    _, first = next(iter(batches()))
    some = first[:: max(len(first) // 100, 1)][:100].copy()
    some += (
        np.random.default_rng(0).normal(0, 0.02, some.shape).astype("float32")
    )  # as questions are near, not equal
    exact = neighbours(some, batches)
    for probes in PROBES:
        parameters = faiss.SearchParametersIVF(nprobe=min(probes, index.nlist))  # type: ignore[call-arg]
        _, found = index.search(some, 10, params=parameters)
        if np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact, strict=True)]) >= WANTED:
            break
    return min(probes, index.nlist)


def neighbours(some: "np.ndarray", batches: Batches) -> "np.ndarray":
    """The ids of the ten true neighbours of each of some vectors.

    Args:
        some: float32 of shape ``[count, dimension]``.
        batches: as for :func:`build`.
    """
    import numpy as np

    scores = np.full((len(some), 10), -2.0, dtype="float32")
    found = np.full((len(some), 10), -1, dtype="int64")
    for ids, matrix in batches():
        merged = np.concatenate([scores, some @ matrix.T], axis=1)
        names = np.concatenate([found, np.broadcast_to(ids, (len(some), len(ids)))], axis=1)
        best = np.argpartition(-merged, 9, axis=1)[:, :10]
        scores, found = np.take_along_axis(merged, best, 1), np.take_along_axis(names, best, 1)
    return found


def write(index: Any, path: Path) -> None:
    """Write an index whole or not at all, as FAISS's own file.

    Raises:
        OSError: the disk is full.
    """
    import faiss

    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    os.close(handle)
    try:
        faiss.write_index(index, temporary)
        with Path(temporary).open("rb") as file:
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except RuntimeError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OSError(str(error)) from error


def read(path: Path) -> tuple[Any, "np.ndarray"]:
    """A written index, mapped into memory (its pages are read when they are needed), and the ids it holds, in order.

    Raises:
        OSError: there is none, or it is damaged.
    """
    import faiss
    import numpy as np

    try:
        index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise OSError(str(error)) from error
    if hasattr(index, "id_map"):
        return index, np.sort(faiss.vector_to_array(index.id_map))
    held = index.invlists
    parts = [
        faiss.rev_swig_ptr(held.get_ids(number), held.list_size(number)).copy()
        for number in range(index.nlist)
        if held.list_size(number)
    ]
    return index, np.sort(np.concatenate(parts)) if parts else np.zeros(0, dtype="int64")
