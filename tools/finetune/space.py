"""Full disks: noticed before the start where that is possible, and named for what they are where it is not."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.errors import OutOfSpace, Unsupported

HINT = "Free some space, then resume the job: it goes on from its last checkpoint."


def require(folder: Path, needed: int, hint: str = "Free some space or choose a smaller base model.") -> None:
    """Check that so many bytes fit.

    Args:
        folder: where they would be written; a parent stands in where it does not exist yet.
        needed: bytes.
        hint: what to do.

    Raises:
        OutOfSpace: they do not fit.
    """
    place = next(path for path in [folder.absolute(), *folder.absolute().parents] if path.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise OutOfSpace(f"Training needs about {_size(needed)} of disk but {_size(free)} are free.", hint)


def free() -> int:
    """Bytes of memory that a training may take: of the processor or the GPU, whichever has more."""
    from tools.models.hardware import hardware

    machine = hardware()
    return max(machine.memory, machine.gpu_memory)


def memory_told(needed: int, weights: int) -> list[str]:
    """A warning where the free memory is smaller than a training needs.

    Args:
        needed: bytes of the whole, roughly.
        weights: bytes of the base model's weights alone.

    Raises:
        Unsupported: not even the weights fit.
    """
    room = free()
    if needed <= room:
        return []
    said = f"This training needs about {_size(needed)} of memory, and {_size(room)} are free"
    if weights > room:
        raise Unsupported(f"{said}.", "Choose a smaller base model.", param="base")
    return [f"{said}: it may fail. Close other programs, or use lora, head or a smaller base model."]


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(1, round(count / 1e6))} MB"


def _is_full(error: BaseException, folder: Path) -> bool:
    """Whether an error means a full disk. torch and safetensors wrap the system's error in their own words."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    words = str(error).casefold()
    if "no space left" in words or "quota exceeded" in words or "os error 28" in words:
        return True
    writing = "pytorchstreamwriter" in words or "unexpected pos" in words or "file write failed" in words
    return writing and shutil.disk_usage(folder).free < 2**20 * 64


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Turn errors that mean a full disk into :class:`OutOfSpace`.

    Args:
        folder: where the block writes; it exists.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OutOfSpace) or not _is_full(error, folder):
            raise
        raise OutOfSpace("The disk is full: a file of the training could not be written.", HINT) from error
