"""Threads that load models at the same time leave transformers as it was."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from transformers import AutoModelForCausalLM, PreTrainedModel

from knowledge.loading import loaded
from tests.tools.tiny_models import tiny_gpt


def test_many_threads_load_at_once(tmp_path: Path) -> None:
    folder, before = tiny_gpt(tmp_path / "model"), PreTrainedModel.tie_weights
    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(lambda _: loaded(AutoModelForCausalLM, folder), range(24)))
    assert PreTrainedModel.tie_weights is before
    for model in models:
        assert all(each.device.type == "cpu" for each in model.parameters())
