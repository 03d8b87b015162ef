"""The sanity check of Adebayo et al. 2018: an explanation of what a model has learned changes with its weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import mean
from typing import Any

Attributions = Callable[[], Sequence[Sequence[float]]]


@contextmanager
def reinitialised(module: Any, seed: int) -> Iterator[None]:
    """A model with all weights as before its training, for the length of the block."""
    import torch

    kept = {name: value.clone() for name, value in module.state_dict().items()}
    torch.manual_seed(seed)
    with torch.no_grad():
        for part in module.modules():
            if hasattr(part, "reset_parameters"):
                part.reset_parameters()
            else:
                for value in part.parameters(recurse=False):
                    value.normal_(0, 0.02)
    try:
        yield
    finally:
        module.load_state_dict(kept)


def alike(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]) -> float:
    """The mean rank correlation of two explanations (Spearman), over several texts or pictures."""
    from scipy.stats import spearmanr

    return mean(float(spearmanr(a, b).statistic) for a, b in zip(first, second, strict=True))


def check_weights_matter(module: Any, attributions: Attributions, seeds: int = 3) -> None:
    """An explanation is the same again, and another one where the model has random weights, whatever its sign is there.

    Args:
        module: the model.
        attributions: explains several texts or pictures, each for the same target whatever the model says now.
        seeds: how many random models there are.
    """
    trained, untrained = attributions(), []
    for seed in range(seeds):
        with reinitialised(module, seed):
            untrained.append(abs(alike(trained, attributions())))
    assert alike(trained, attributions()) > 0.99
    assert mean(untrained) < 0.6, untrained
