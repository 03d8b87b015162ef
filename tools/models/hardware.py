"""What this machine has: cores, memory, GPU. Measured when asked for, never at import."""

import os
from dataclasses import dataclass, replace
from functools import cache

from tools import memory


@dataclass(frozen=True)
class Hardware:
    """The machine as the planning functions see it.

    ``cores`` counts those this process may use; memories are in bytes (``memory`` is what is free now, capped by
    a container's limit); ``bf16`` says that the CPU multiplies bfloat16 in hardware.
    """

    cores: int
    memory: int
    gpu: str | None = None
    gpu_memory: int = 0
    bf16: bool = False

    @property
    def speed(self) -> float:
        """Rough training speed relative to the two CPU cores that the estimates were measured on."""
        if self.gpu:
            return 40.0
        return max(0.4, self.cores / 2) ** 0.8 * (1.0 if self.bf16 else 0.55)

    def describe(self) -> str:
        """One line for people, for example ``2 CPU cores, 6.1 GB of memory free, no GPU``."""
        gpu = f"GPU {self.gpu} with {self.gpu_memory / 1e9:.0f} GB" if self.gpu else "no GPU"
        plural = "core" if self.cores == 1 else "cores"
        return f"{self.cores} CPU {plural}, {self.memory / 1e9:.1f} GB of memory free, {gpu}"


def hardware() -> Hardware:
    """This machine; its free memory as it is now. Imports torch only where an NVIDIA driver is present."""
    return replace(built_in(), memory=memory.free_memory())


@cache
def built_in() -> Hardware:
    """What does not change while a process lives; the ``memory`` was free at the first call."""
    gpu, gpu_memory = _gpu()
    return Hardware(_cores(), memory.free_memory(), gpu, gpu_memory, _bf16())


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _gpu() -> tuple[str | None, int]:
    import shutil
    from pathlib import Path

    if not (shutil.which("nvidia-smi") or Path("/dev/nvidia0").exists()):
        return None, 0
    import torch

    if not torch.cuda.is_available():
        return None, 0
    properties = torch.cuda.get_device_properties(0)
    return properties.name, properties.total_memory


def _bf16() -> bool:
    """True where the processor lists bfloat16 instructions (AVX512-BF16, AMX or ARM's)."""
    from pathlib import Path

    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return any(f in flags for f in ("avx512_bf16", "amx_bf16", " bf16"))
