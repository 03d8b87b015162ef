"""Base models of the Hugging Face hub: found in the local cache, checked at the hub, downloaded as safetensors."""

import json
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, NotFound, Unsupported
from tools.hub import HUB_ID, PATIENCE, explained

# Configuration, tokenizer and safetensors; never pickles or Python files.
WANTED = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "tokenizer*", "vocab*", "merges*"]
REFUSED = ["*.py", "*.bin", "*.pt", "*.h5", "*.msgpack", "onnx/*", "openvino/*"]


def find_model(name: str, cache: Path, offline: bool) -> Path | str:
    """A hub model's folder where it has been downloaded, else its id, checked at the hub.

    Args:
        name: a hub id such as ``google-bert/bert-base-uncased``.
        cache: ours; the user's own Hugging Face cache is looked into too.
        offline: do not ask the hub.

    Raises:
        BadArgument: not a possible id.
        NotFound: the hub has no such model, or it is not here and we are offline.
        Unsupported: no safetensors, gated, or the hub is away.
    """
    if not HUB_ID.fullmatch(name):
        raise BadArgument(
            f"{name!r} is neither a folder nor a Hugging Face id.",
            "Use minilm, smollm2, a folder, or an id such as owner/model.",
        )
    from tools.models.embedded import check_folder

    for place in (cache / "hub", None):
        if folder := _downloaded(name, place):
            return check_folder(folder)
    if offline:
        raise NotFound(
            f"{name} is not on this machine, and the hub must not be asked (offline).",
            "Use minilm or smollm2, which are installed, or a folder.",
        )
    _check_at_hub(name)
    return name


def _downloaded(name: str, place: Path | None) -> Path | None:
    """The newest whole snapshot in a Hugging Face cache (the user's own where ``place`` is None)."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, cache_dir=place, local_files_only=True))
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return folder if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")) else None


def _check_at_hub(name: str) -> None:
    from huggingface_hub import HfApi

    with _explained(name):
        files = [each.rfilename for each in HfApi().model_info(name, timeout=PATIENCE).siblings or []]
    if not any(file.endswith(".safetensors") for file in files):
        raise Unsupported(
            f"{name} offers no safetensors weights; others can run code when they are loaded.",
            "Choose a model with safetensors, or minilm or smollm2.",
        )


def hub_config(name: str) -> dict[str, Any]:
    """A hub model's ``config.json``, without the rest of it.

    Raises:
        BadArgument: it is none that transformers reads.
        NotFound, Unsupported: as :func:`find_model`.
    """
    from huggingface_hub import hf_hub_download

    try:
        with _explained(name), tempfile.TemporaryDirectory() as folder:
            file = hf_hub_download(name, "config.json", local_dir=folder, etag_timeout=PATIENCE)
            return dict(json.loads(Path(file).read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise BadArgument(
            f"{name} has no config.json that can be read.", "Choose another.", "base"
        ) from error


def download_model(name: str, cache: Path) -> Path:
    """Download a hub model's configuration, tokenizer and safetensors below the cache.

    Raises:
        NotFound, Unsupported: as :func:`find_model`.
        OutOfSpace: no room on the disk.
    """
    from huggingface_hub import snapshot_download

    from tools.models.embedded import check_folder

    with _explained(name):
        folder = snapshot_download(
            name,
            cache_dir=cache / "hub",
            allow_patterns=WANTED,
            ignore_patterns=REFUSED,
            etag_timeout=PATIENCE,
        )
    return check_folder(Path(folder))


def _explained(name: str) -> AbstractContextManager[None]:
    return explained(name, "model", "base", "use minilm or smollm2, which are installed")
