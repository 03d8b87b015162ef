"""Which encoder a classifier was put on, proved by its weights: models of one encoder share it in memory.

Two kinds of models leave the encoder as it was: ``head``, and LoRA adapters, whose folder holds base and adapter merged
and the adapter alone beside it. What was found is kept beside the model, for the weights as they are.
Imported only with torch.
"""

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from knowledge.atomic import write_atomically
from tools.finetune import averaging, head
from tools.finetune.encoder import load_tokenizer
from tools.serving.engines.kept import FOLDER, stamp
from tools.serving.sharing.adapter import ADAPTER, Adapter, read_adapter

log = logging.getLogger(__name__)
NOTE = "shared.json"
METHODS = ("head", "lora")
TOLERANCE = 1e-5  # of a weight, between base with adapter and what the training has saved
# What a configuration says about labels, files and training, but not about what the encoder computes.
ASIDE = (
    "_name_or_path architectures classifier_dropout dtype id2label initializer_range label2id num_labels "
    "pad_token_id problem_type torch_dtype transformers_version use_cache"
)


@dataclass(frozen=True)
class Origin:
    """The encoder under a model.

    Attributes:
        key: of its weights, its configuration and its tokenizer; the same key, the same vectors.
        folder: where it can be loaded from.
        rank: of the adapters on it; 0 where its models have none.
    """

    key: str
    folder: Path
    rank: int = 0


def origin(folder: Path, info: dict[str, Any]) -> Origin | None:
    """The encoder that a model has in common with others; None where it has its own.

    Args:
        folder: the model's.
        info: its ``assistant.json``.
    """
    if info["method"] not in METHODS:
        return None
    made_from = [stamp(folder), stamp(folder / ADAPTER)]
    file = folder / FOLDER / NOTE
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
        if note["made_from"] == made_from:
            return Origin(note["key"], Path(note["folder"]), note["rank"]) if note["key"] else None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        found = _adapted(folder) if info["method"] == "lora" else _plain(folder)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        log.info("%s is loaded for itself: %s", folder.name, error)
        found = None
    note = {"made_from": made_from, "key": None, "folder": str(folder), "rank": 0}
    if found:
        note |= {"key": found.key, "folder": str(found.folder), "rank": found.rank}
    with contextlib.suppress(OSError):  # then it is found out again the next time
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, json.dumps(note, indent=2) + "\n")
    return found


def _plain(folder: Path) -> Origin | None:
    """A ``head`` model's: what is in its folder, but for the classifier."""
    return Origin(body_key(folder), folder) if _averages_plainly(folder) else None


def _adapted(folder: Path) -> Origin | None:
    """A LoRA model's: its base, where that and the adapter make up the weights that were saved."""
    adapter = read_adapter(folder)
    if adapter is None or not adapter.base.is_dir() or not _averages_plainly(folder):
        return None
    base, merged = dict(encoder_tensors(adapter.base)), dict(encoder_tensors(folder))
    if base.keys() != merged.keys() or not _makes_up(base, adapter, merged):
        return None
    if _tokenizer_key(folder, _times(folder)) != _tokenizer_key(adapter.base, _times(adapter.base)):
        return None
    return Origin(body_key(adapter.base), adapter.base, adapter.rank)


def _makes_up(base: dict[str, torch.Tensor], adapter: Adapter, merged: dict[str, torch.Tensor]) -> bool:
    changes = {f"{name}.weight": pair for name, pair in adapter.pairs.items()}
    if changes.keys() - base.keys():
        return False
    for name, weight in base.items():
        if name in changes:
            down, up = changes[name]
            weight = weight + (down @ up).T
        if weight.shape != merged[name].shape or not torch.allclose(
            weight, merged[name], rtol=TOLERANCE, atol=TOLERANCE
        ):
            return False
    return True


def _averages_plainly(folder: Path) -> bool:
    """Whether a classifier's vectors are the encoder's means: a head's are, and BERT's where training left them so."""
    if (folder / head.FILE).exists():
        return True
    config = averaging.plain_config(folder)
    if not averaging.takes(config) or config.num_hidden_layers == _layers(folder):
        return False
    wanted = averaging.layer_weights(config.hidden_size)
    prefix = f"encoder.layer.{config.num_hidden_layers}."
    found = {name: each for name, each in _tensors(folder) if name.startswith((prefix, "pooler."))}
    return bool(found) and all(
        torch.equal(each, wanted.get(name.removeprefix(prefix), torch.zeros_like(each)))
        for name, each in found.items()
    )


def _layers(folder: Path) -> int:
    return int(json.loads((folder / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"])


def encoder_tensors(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights that a text's vector depends on, float32, by the names they have in the bare encoder."""
    last = (
        f"encoder.layer.{averaging.plain_config(folder).num_hidden_layers}."  # the one that was added, if any
    )
    for name, tensor in _tensors(folder):
        if not name.startswith(("classifier.", "pooler.", last)) and not name.endswith("position_ids"):
            yield name, tensor


def _tensors(folder: Path) -> Iterator[tuple[str, torch.Tensor]]:
    for file in sorted(folder.glob("model*.safetensors")):
        with safe_open(file, "pt") as opened:
            for name in sorted(opened.keys()):
                yield name.removeprefix("bert."), opened.get_tensor(name).float()


def body_key(folder: Path) -> str:
    """See :attr:`Origin.key`; of a folder with an encoder, or a classifier on one."""
    return _body_key(folder, _times(folder))


def _times(folder: Path) -> str:
    inputs = [folder / "config.json", folder / "tokenizer.json"]
    return json.dumps([stamp(folder), [path.stat().st_mtime_ns for path in inputs if path.exists()]])


@lru_cache(maxsize=256)
def _body_key(folder: Path, times: str) -> str:
    digest = hashlib.sha256()
    config = averaging.plain_config(folder).to_dict()
    told = {key: value for key, value in config.items() if key not in ASIDE.split() and key != averaging.MARK}
    digest.update(json.dumps(told, sort_keys=True, default=str).encode())
    digest.update(_tokenizer_key(folder, times).encode())
    for name, tensor in sorted(encoder_tensors(folder)):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _tokenizer_key(folder: Path, times: str) -> str:
    """What the tokenizer makes of a text, but for where it cuts and how it fills up."""
    tokenizer = load_tokenizer(folder)
    rules = tokenizer.backend_tokenizer
    rules.no_truncation()
    rules.no_padding()
    return hashlib.sha256(f"{tokenizer.pad_token_id} {rules.to_str()}".encode()).hexdigest()
