"""The processes that train one model together: a single one, or a group over several GPUs or machines.

All of a group run the same code on the same data (``torch.distributed``, data parallel: each takes its part of every
batch). The first one decides, reports and writes; the others help with the training itself and are then released.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

Found = TypeVar("Found")
PATIENCE = timedelta(days=1)  # the others wait this long for the first one; who dies is noticed at once


class Released(Exception):
    """This process has helped; the first of its group goes on alone."""


def join() -> None:
    """Enter the group of torchrun, where it started this process (Ray Train's workers are in theirs already).

    It is left as the process ends; one whose group is still open then may die of its threads
    (https://docs.pytorch.org/docs/stable/distributed.html#shutdown).
    """
    import atexit
    import os

    import torch
    import torch.distributed as group

    if not (group.is_available() and group.is_torchelastic_launched()) or group.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    group.init_process_group(timeout=PATIENCE)
    atexit.register(group.destroy_process_group)


def _group() -> Any:
    """``torch.distributed`` where this process is in a group of several, else None."""
    import torch.distributed as group

    together = group.is_available() and group.is_initialized() and group.get_world_size() > 1
    return group if together else None


def world() -> int:
    """How many processes train together."""
    group = _group()
    return group.get_world_size() if group else 1


def rank() -> int:
    """This process's place among them; 0 is the first."""
    group = _group()
    return group.get_rank() if group else 0


def agree(find: Callable[[], Found]) -> Found:
    """What the first process finds, told to all: for whatever depends on time, chance or files.

    Args:
        find: called by the first process only.
    """
    group = _group()
    if not group:
        return find()
    told = [find() if rank() == 0 else None]
    group.broadcast_object_list(told)
    return told[0]  # type: ignore[return-value]


def heard() -> Any:
    """What the first process has just found, for those who follow it (its side of it is :func:`agree`)."""
    return agree(lambda: None)


def in_turn(make: Callable[[], Found]) -> Found:
    """Let the first process make something, then the others, who find its files on the disk they share."""
    group = _group()
    if not group:
        return make()
    made = make() if rank() == 0 else None
    group.barrier()
    return made if rank() == 0 else make()  # type: ignore[return-value]


def release() -> None:
    """From here on the first process needs no help.

    Raises:
        Released: in all others.
    """
    if rank():
        raise Released


def gathered(rows: "torch.Tensor") -> "torch.Tensor":
    """The rows of all processes, in their order; gradients reach the own ones only.

    Args:
        rows: float [n, width], the same n everywhere.
    """
    import torch

    group = _group()
    if not group:
        return rows
    parts = [torch.empty_like(rows) for _ in range(world())]
    group.all_gather(parts, rows.detach().contiguous())
    parts[rank()] = rows
    return torch.cat(parts)
