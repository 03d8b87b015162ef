"""A frozen encoder: texts to unit vectors. Imported only where torch is wanted."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy
import torch

from knowledge.loading import loaded
from tools.errors import WorkFailed
from tools.finetune.machine import PAD_TO, best_device, bf16
from tools.finetune.pooling import MEAN, pool

MAX_LENGTH = 256
PLAIN = (
    "TokenizersBackend",
    "PreTrainedTokenizerFast",
)  # names of the one class, in transformers 5 and before
# What a batch of its own costs, in tokens that are read in that time: 358 for MiniLM in torch on two cores.
BATCH_TOKENS = 256


def load_tokenizer(base: Path | str) -> Any:
    """The fast tokenizer of a base model; one without a padding token pads with its end token."""
    tokenizer = _plain_tokenizer(base)
    if tokenizer is None:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(base), trust_remote_code=False)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _plain_tokenizer(base: Path | str) -> Any:
    """The tokenizer of a folder that says that its ``tokenizer.json`` is all there is to it; None for others.

    ``AutoTokenizer`` reads the model's configuration first, which for some kinds brings in seconds of imports.
    """
    try:
        told = json.loads((Path(base) / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if told.get("tokenizer_class") not in PLAIN or not (Path(base) / "tokenizer.json").is_file():
        return None
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(str(base))


def max_length(tokenizer: Any, config: Any, wish: int = MAX_LENGTH) -> int:
    """How many tokens to read: the wish, or less where the model cannot take it; a multiple of what batches pad to."""
    positions = getattr(config, "max_position_embeddings", None) or wish
    most = int(min(wish, positions, tokenizer.model_max_length))
    return most // PAD_TO * PAD_TO or most


def autocast(device: str) -> Any:
    """bf16 where the hardware has it, else nothing."""
    fast = bf16() if device == "cpu" else torch.cuda.is_bf16_supported()
    return torch.autocast(device, dtype=torch.bfloat16, enabled=fast)


def by_length(lengths: Sequence[int], size: int, spare: int = BATCH_TOKENS) -> list[list[int]]:
    """Indices in batches of about the same length, the longest first.

    Args:
        lengths: tokens of each text.
        size: texts in a batch.
        spare: tokens of padding, beyond which a batch ends sooner: another one costs less.
    """
    lengths = [_step(length) for length in lengths]
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    batches: list[list[int]] = []
    padding = 0
    for i in order:
        padding += lengths[batches[-1][0]] - lengths[i] if batches else 0
        if batches and len(batches[-1]) < size and padding <= spare:
            batches[-1].append(i)
        else:
            batches.append([i])
            padding = 0
    return batches


def _step(length: int) -> int:
    """The length rounded up: for each new one torch makes and keeps kernels and buffers."""
    return math.ceil(length / PAD_TO) * PAD_TO


def padded(
    ids: Sequence[Sequence[int]], filler: int, device: str, exact: bool = False
) -> dict[str, torch.Tensor]:
    """Rows of token ids as ``input_ids`` and ``attention_mask``, int64 [n, tokens], padded on the right.

    Args:
        ids: n rows; an empty one, which tokenizers without marks of their own make of an empty text, is read as one
            token of padding.
        filler: the id of padding.
        device: where the tensors go.
        exact: no padding beyond the longest row.
    """
    ids = [row or [filler] for row in ids]
    longest = max(map(len, ids))
    longest = longest if exact else _step(longest)
    rows = [[*row, *[filler] * (longest - len(row))] for row in ids]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in ids]
    return {
        "input_ids": torch.tensor(rows, device=device),
        "attention_mask": torch.tensor(mask, device=device),
    }


@contextmanager
def late_weights(folder: Path | str) -> Iterator[None]:
    """Read weights of a model that is in service already.

    Raises:
        WorkFailed: they are gone, or damaged.
    """
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever transformers, safetensors or torch make of it
        name = Path(folder).name
        raise WorkFailed(
            f"The weights of {name} cannot be read any more.", "Fine-tune it again, or restore its folder."
        ) from error


class FrozenEncoder:
    """Texts to vectors.

    Args:
        base: folder or hub id of any encoder.
        device: see :func:`tools.finetune.machine.best_device`.
        config: in place of the base's own.
        late: load the network when it is first asked for, which may be never where an engine computes.
        pooling: how a vector is made of the tokens; classifiers read their mean, whatever the base's own way is.

    Attributes:
        compute: inputs by name to unit vectors; the model with pooling, until an engine is put in its place.
        batch_tokens: what a batch of its own costs it; see :func:`by_length`.
    """

    def __init__(
        self,
        base: Path | str,
        device: str | None = None,
        config: Any = None,
        late: bool = False,
        pooling: str = MEAN,
    ):
        from transformers import AutoConfig

        self.base, self.device, self._late, self.pooling = base, best_device(device), late, pooling
        self.tokenizer = load_tokenizer(base)
        self.config = config or AutoConfig.from_pretrained(str(base), trust_remote_code=False)
        if not late:
            _ = self.model
        self.max_length = max_length(self.tokenizer, self.config)
        self.compute: Callable[..., torch.Tensor] = self._compute
        self.batch_tokens = BATCH_TOKENS

    @cached_property
    def model(self) -> Any:
        """The network, in evaluation mode."""
        from transformers import AutoModel  # seconds, which a server that starts need not wait for

        options = {"config": self.config, "trust_remote_code": False, "use_safetensors": True}
        with late_weights(self.base) if self._late else nullcontext():
            network: Any = loaded(AutoModel, str(self.base), **options)
        return network.to(self.device, torch.float32).eval().requires_grad_(False)

    def embed(
        self, texts: Sequence[str], told: Callable[[int], None] | None = None, batch_size: int = 64
    ) -> numpy.ndarray:
        """Unit vectors, float32 [n, width].

        Args:
            texts: n texts.
            told: called after each batch with the number of texts done.
            batch_size: texts at once.
        """
        if not len(texts):
            return numpy.zeros((0, self.config.hidden_size), dtype=numpy.float32)
        ids = self.tokenizer(list(texts), truncation=True, max_length=self.max_length)["input_ids"]
        out = numpy.zeros((len(ids), self.config.hidden_size), dtype=numpy.float32)
        done = 0
        for batch in by_length([len(row) for row in ids], batch_size, self.batch_tokens):
            vectors = self.compute(
                **padded([ids[i] for i in batch], self.tokenizer.pad_token_id, self.device)
            )
            out[batch] = vectors.cpu().numpy()
            done += len(batch)
            if told:
                told(done)
        return out

    def encode(self, texts: list[str]) -> dict[str, torch.Tensor]:
        """Token ids and mask on the model's device."""
        ids = self.tokenizer(texts, truncation=True, max_length=self.max_length)["input_ids"]
        return padded(ids, self.tokenizer.pad_token_id, self.device, exact=True)

    def _compute(self, **inputs: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode(), autocast(self.device):
            hidden = self.model(**inputs).last_hidden_state
        return pool(hidden.float(), inputs["attention_mask"], self.pooling)
