"""The trained part of the encoder in one safetensors file: LoRA's matrices, the heads, and the rows of new words."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.brain.encoding import Eyes, make_tokenizer
from assistant.errors import ModelUnavailable
from tools.models.embedded import minilm_folder

if TYPE_CHECKING:
    import numpy as np

    from assistant.brain.network import Network

FILE = Path(__file__).parent / "trained" / "brain.safetensors"
WORDS = "embeddings.word_embeddings.weight"


def load(file: Path = FILE) -> "tuple[Network, Eyes, dict[str, Any]]":
    """The trained network, its eyes, and the facts kept with the weights (``temperature``, ``characters``, …).

    Raises:
        ModelUnavailable: the file is not there or not whole.
    """
    import numpy as np

    from assistant.brain.network import Network
    from knowledge import bert

    trained, facts = _read(file)
    folder = minilm_folder()
    tensors, configuration = bert.read(folder)
    for name in [name for name in trained if name.startswith("down.")]:
        place = name.removeprefix("down.")
        tensors[f"{place}.weight"] += trained[f"up.{place}"] @ trained[name]
    tensors[WORDS] = np.concatenate([tensors[WORDS], trained["words"]])
    heads = {name.removeprefix("heads."): each for name, each in trained.items() if name.startswith("heads.")}
    eyes = Eyes(make_tokenizer(folder / "tokenizer.json", facts["characters"]))
    return Network(bert.Bert(tensors, configuration), heads), eyes, facts


def _read(file: Path) -> "tuple[dict[str, np.ndarray], dict[str, Any]]":
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as opened:
            tensors = {name: opened.get_tensor(name).astype("float32") for name in opened.keys()}  # noqa: SIM118
            return tensors, json.loads(opened.metadata()["facts"])
    except (OSError, SafetensorError) as error:
        raise ModelUnavailable(
            f"The embedded brain's weights cannot be read: {error}",
            "Install the package again, or run make brain.",
        ) from error
