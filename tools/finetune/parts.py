"""In how many parts batches are taken, so that they fit into the memory: noted among the checkpoints of a training."""

from pathlib import Path

CHECKPOINTS = "checkpoints"
PARTS = "parts"  # a file among them


def noted(folder: Path) -> int:
    """In how many parts an earlier attempt found that batches fit.

    Args:
        folder: of the checkpoints.
    """
    try:
        return max(1, int((folder / PARTS).read_text()))
    except (OSError, ValueError):
        return 1


def note(folder: Path, parts: int) -> None:
    """Let this attempt and later ones take batches in so many parts."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PARTS).write_text(str(parts))


def even(wanted: int, share: int) -> int:
    """The least number of like parts that is not below the wanted one; as many parts as rows at most.

    Args:
        wanted: parts.
        share: rows of a batch.
    """
    return next((each for each in range(wanted, share + 1) if not share % each), share)


def halve(workdir: Path) -> None:
    """Let all trainings that were begun in a folder go on with batches in twice as many parts."""
    for folder in workdir.rglob(CHECKPOINTS):
        note(folder, 2 * noted(folder))
