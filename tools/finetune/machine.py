"""What this machine can do for training."""

FLOPS = 2.4e11  # sustained in training small encoders in bf16 on the two cores that `Hardware.speed` is relative to

PAD_TO = 8  # lengths of batches are multiples: few shapes, so that torch keeps few kernels and buffers


def flops() -> float:
    """Floating-point operations a second to reckon with."""
    from tools.models.hardware import hardware

    return FLOPS * hardware().speed


def bf16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware."""
    from tools.models.hardware import built_in

    return built_in().bf16


def half(gpu: bool) -> str | None:
    """The 16-bit numbers that a device multiplies in hardware, by torch's name; None where it has none.

    Args:
        gpu: whether the training runs on one.
    """
    if not gpu:
        return "bfloat16" if bf16() else None
    import torch

    return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"


def best_device(wish: str | None = None) -> str:
    """``cuda`` where torch can use it, else ``cpu``; a wish is granted as it is."""
    import torch

    return wish or ("cuda" if torch.cuda.is_available() else "cpu")
