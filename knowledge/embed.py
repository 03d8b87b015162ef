"""Sentence vectors from a MiniLM-like encoder folder."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from knowledge.errors import KnowledgeError
from knowledge.loading import loaded

if TYPE_CHECKING:
    import numpy as np
    import torch

BATCH = 32
LONGEST = 256  # tokens; what all-MiniLM-L6-v2 was trained for
READ = 80  # tokens, where those of a text are asked for one by one
_encoders: dict[Path, "Encoder"] = {}
_making = threading.Lock()


class Tokens(NamedTuple):
    """Vectors of a text's tokens, float16 ``[tokens, dimension]``.

    Attributes:
        hidden: the last hidden states.
        words: the word vectors.
        half: the hidden states after the lower half of the layers.
    """

    hidden: "torch.Tensor"
    words: "torch.Tensor"
    half: "torch.Tensor"


class Encoder:
    """Turns texts into unit vectors: mean of the last hidden states, L2-normalised. Safe to share between threads.

    Args:
        folder: a Hugging Face encoder folder with ``model.safetensors`` and ``tokenizer.json``; read when first used.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def name(self) -> str:
        """What tells this encoder's vectors from another one's: the weights' size and place in the folder's name."""
        weights = self.folder / "model.safetensors"
        return f"{self.folder.name}-{weights.stat().st_size if weights.exists() else 0}"

    def encode(self, texts: Sequence[str]) -> "np.ndarray":
        """Vectors of texts.

        Args:
            texts: any number; longer ones than 256 tokens are cut.

        Returns:
            float32 array of shape ``[len(texts), dimension]``, rows of length 1.
        """
        import numpy as np

        tokenizer, network = self._parts()
        with self._lock:
            encodings = tokenizer.encode_batch([text or " " for text in texts])
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids), reverse=True)
        result = np.zeros((len(texts), network.width), dtype="float32")
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            result[batch] = _embed(network, [encodings[i].ids for i in batch])
        return result

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Vectors of single tokens.

        Args:
            texts: any number; of longer ones the first 80 tokens.
        """
        tokenizer, network = self._parts()
        with self._lock:
            encodings = tokenizer.encode_batch([text or " " for text in texts])
        ids = [
            each.ids if len(each.ids) <= READ else [*each.ids[: READ - 1], each.ids[-1]] for each in encodings
        ]
        order = sorted(range(len(texts)), key=lambda place: len(ids[place]), reverse=True)
        found: dict[int, Tokens] = {}
        for at in range(0, len(order), BATCH):
            places = order[at : at + BATCH]
            found |= zip(places, _tokens(network, [ids[place] for place in places]), strict=True)
        return [found[place] for place in range(len(texts))]

    def _parts(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.folder)
            return self._loaded


def encoder(folder: Path) -> Encoder:
    """The encoder of a folder, one a process, so that its weights are in memory once whoever asks for it.

    Args:
        folder: as for :class:`Encoder`.
    """
    place = Path(folder).resolve()
    with _making:
        return _encoders.setdefault(place, Encoder(place))


def _load(folder: Path) -> tuple[Any, Any]:
    """The tokenizer, and what computes hidden states."""
    from tokenizers import Tokenizer

    from knowledge import bert

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        network = bert.Bert(*bert.read(folder)) if bert.fits(folder) else _Other(folder)
    except Exception as error:
        raise KnowledgeError(
            f"The encoder in {folder} cannot be loaded: {error}", "Run make setup to install it again."
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return tokenizer, network


class _Other:
    """An encoder that is no BERT, computed by transformers; used as :class:`knowledge.bert.Bert` is.

    Args:
        folder: a Hugging Face encoder folder.
    """

    def __init__(self, folder: Path):
        from transformers import AutoModel

        self._model = loaded(AutoModel, folder, use_safetensors=True, trust_remote_code=False).eval()
        self.width: int = self._model.config.hidden_size
        self.words: np.ndarray = self._model.get_input_embeddings().weight.detach().float().numpy()

    def hidden(self, ids: list[list[int]]) -> "np.ndarray":
        """As :meth:`knowledge.bert.Bert.hidden`."""
        return self.halfway(ids)[0]

    def halfway(self, ids: list[list[int]]) -> tuple["np.ndarray", "np.ndarray"]:
        """As :meth:`knowledge.bert.Bert.halfway`."""
        import torch

        mask = torch.nn.utils.rnn.pad_sequence(
            [torch.ones(len(each), dtype=torch.long) for each in ids], True
        )
        tokens = torch.nn.utils.rnn.pad_sequence([torch.tensor(each) for each in ids], True)
        with torch.inference_mode():
            found = self._model(input_ids=tokens, attention_mask=mask, output_hidden_states=True)
        states = found.hidden_states
        half = states[(len(states) - 1) // 2]  # the first are the embeddings
        return found.last_hidden_state.float().numpy(), half.float().numpy()


def _tokens(network: Any, ids: list[list[int]]) -> list[Tokens]:
    """Token vectors of the texts of one batch."""
    import torch

    def told(values: "np.ndarray", count: int) -> "torch.Tensor":
        return torch.from_numpy(values[:count]).half()

    return [
        Tokens(told(last, len(each)), told(network.words[each], len(each)), told(half, len(each)))
        for last, half, each in zip(*network.halfway(ids), ids, strict=True)
    ]


def _embed(network: Any, ids: list[list[int]]) -> "np.ndarray":
    """Vectors of one batch of token ids."""
    import numpy as np

    means = np.stack([row[: len(each)].mean(0) for row, each in zip(network.hidden(ids), ids, strict=True)])
    return cast("np.ndarray", means / np.linalg.norm(means, axis=1, keepdims=True))
