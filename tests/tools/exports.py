"""Models to export: trained ones by task, made when they are first asked for, and what an export's card says."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy

from tests.tools.tiny_models import task_data, tiny_gpt, tokenizer
from tools.models.card import write_info

LABELS = ["cards", "money", "orders"]
THREE = ["card", "where is my parcel today", "please help me the refund is late and the bill is not my bill"]
METHODS = {
    "text-classification": "lora",
    "token-classification": "full",
    "embedding": "dora",
    "image-classification": "full",
}


def trained(places: Callable[[str], Path]) -> Callable[[str], Path]:
    """A function that gives the folder of a task's model.

    Args:
        places: makes a new folder.
    """
    from tools.finetune.run import train
    from tools.finetune.spec import FinetuneSpec

    made: dict[str, Path] = {}

    def model(task: str) -> Path:
        if task not in made:
            place = places(task)
            base, data = task_data(task, place)
            method = METHODS[task]
            spec = FinetuneSpec(data, "mine", str(base), base, task, method, epochs=1, learning_rate=5e-3)
            train(spec, place / "models" / "mine", place / "work", lambda said: None)
            made[task] = place / "models" / "mine"
        return made[task]

    return model


def head_model(folder: Path, **info) -> Path:
    """A head on an encoder that is no BERT, as ``--method head`` writes it."""
    from transformers import DistilBertConfig, DistilBertModel, set_seed

    from tools.finetune.encoder import FrozenEncoder
    from tools.finetune.head import save

    set_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tokenizer()), dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=64
    )
    base = folder.with_name("distilbert")
    DistilBertModel(config).save_pretrained(base)
    tokenizer().save_pretrained(base)
    folder.mkdir()
    weight = numpy.random.default_rng(0).normal(size=(3, 32)).astype(numpy.float32) * 3
    save(folder, FrozenEncoder(base, "cpu"), weight, numpy.zeros(3, dtype=numpy.float32))
    about = {"name": "mine", "task": "text-classification", "base": str(base), "method": "head"}
    write_info(folder, about | {"labels": LABELS, "max_length": 32} | info)
    return folder


def generator(folder: Path) -> Path:
    tiny_gpt(folder)
    write_info(folder, {"name": "mine", "task": "text-generation", "base": "smollm2", "method": "full"})
    return folder


def snippet(folder: Path) -> str:
    """The Python of an export's card."""
    return re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)[-1]
