"""What several tests of training share."""

import pytest


@pytest.fixture(scope="module")
def one_thread():
    """Models this small are slower with more threads, and far slower on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
