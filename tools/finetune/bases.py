"""Base models as the plan sees them: where they lie, how large they are, and what they can be trained for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.errors import BadArgument, NotFound, Unsupported
from tools.finetune.families import fits
from tools.finetune.pooling import pooling_of
from tools.finetune.recipe import Base
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Task

SEES = (
    "image_size",
    "num_channels",
    "vision_config",
    "pretrained_cfg",
)  # in the config.json of models for images
UNKNOWN = 0.1  # of the tokens of a sample, from which on a base is said not to read the texts
READABLE = "intfloat/multilingual-e5-small"


def base_of(spec: FinetuneSpec, task: Task) -> tuple[Base, Path | None]:
    """The base model's sizes, and its folder where it is on this machine.

    Raises:
        NotFound: no such base model.
        BadArgument: the task has no default, or the folder holds no model.
        Unsupported: it is made for something else, or the hub is away.
    """
    folder = base_folder(spec, task, convert=False)
    if folder is None:
        return Base(576, 30, 49_152, "llama"), None  # smollm2, not unpacked yet
    config = _config(folder, spec.base or str(folder))
    base = Base.of(config)
    _check_kind(spec, base.kind, any(key in config for key in SEES), task)
    if task.name in ("embedding", "masked-lm"):
        pooling_of(folder)
    return base, folder if isinstance(folder, Path) else None


def _config(folder: Path | str, name: str) -> dict[str, Any]:
    """What stands in a base model's ``config.json``; of one that is still at the hub, that file alone is fetched."""
    if isinstance(folder, str):
        from tools.models.hub import hub_config

        return hub_config(folder)
    if not folder.is_dir():
        raise NotFound(f"There is no base model {name}.", "Use minilm, smollm2, or a folder.")
    try:
        return dict(json.loads((folder / "config.json").read_text()))
    except (OSError, ValueError) as error:
        raise BadArgument(
            f"{folder.name} is no model folder: it has no config.json.", "Choose another."
        ) from error


def _check_kind(spec: FinetuneSpec, kind: str, sees: bool, task: Task) -> None:
    """A base model of another world; of one without a class for the task, ``auto`` takes the vectors."""
    frozen = spec.method in ("head", "few-shot") or (spec.method == "auto" and not spec.search)
    reads = task.name not in ("image-classification", "text-generation")
    if fits(task.name, kind, frozen) and not (sees and reads):
        return
    other = "a vision model such as a ViT" if task.name == "image-classification" else task.default_base
    hint = f"Use {other}."
    if not frozen and not (sees and reads) and fits(task.name, kind, frozen=True):
        hint = f"Use the method head, or {other}."
    name = spec.base or task.default_base
    raise Unsupported(f"Base model {name} ({kind}) cannot be trained for {task.name}.", hint, param="base")


def base_folder(
    spec: FinetuneSpec, task: Task, convert: bool, cache: Path | None = None
) -> Path | str | None:
    """Where the base model lies: as the caller resolved it, or looked up.

    Args:
        spec: its ``base`` and ``base_path``.
        task: gives the default.
        convert: unpack or download what is not there yet; without it, None stands for an unpacked smollm2, and the id
            of a hub model for one that is not here.
        cache: for converted models where the spec names none.

    Raises:
        BadArgument: the task has no default base model.
    """
    from tools.hub import HUB_ID
    from tools.models.embedded import embedded_name, fetch_base, minilm_folder, resolve_base, smollm2_folder

    name, place = spec.base or task.default_base, spec.cache or cache
    if spec.base_path is not None:
        folder = Path(spec.base_path)
        if folder.is_dir():
            return folder
        if convert:
            return fetch_base(spec.base_path, place or Path())
        return (
            spec.base_path if isinstance(spec.base_path, str) and HUB_ID.fullmatch(spec.base_path) else folder
        )
    if not name:
        raise BadArgument(
            f"{task.name} needs a base model.", "Give a folder or a Hugging Face id.", param="base"
        )
    known = embedded_name(name)
    if known == "minilm":
        return minilm_folder()
    if known == "smollm2":
        return smollm2_folder(place) if convert and place else None
    return fetch_base(name, place or Path()) if convert else resolve_base(name, place or Path())


def unreadable(folder: Path | None, texts: Sequence[str], name: str) -> list[str]:
    """A warning where a base model's vocabulary does not hold the texts' words and signs.

    Args:
        folder: the base model's.
        texts: a sample.
        name: of the base model.
    """
    if folder is None or not (folder / "tokenizer.json").is_file():
        return []
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    unknown = {tokenizer.token_to_id(token) for token in ("[UNK]", "<unk>")} - {None}
    rows = [
        encoded.ids
        for encoded in tokenizer.encode_batch([text[:2000] for text in texts], add_special_tokens=False)
    ]
    total = sum(map(len, rows))
    share = sum(each in unknown for row in rows for each in row) / max(1, total)
    if share < UNKNOWN:
        return []
    return [
        f"{share:.0%} of the words and signs of a sample are unknown to {name}, so it cannot tell such texts apart. A "
        f"base that reads the language, such as {READABLE}, will do better."
    ]
