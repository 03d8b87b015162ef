"""Data sets of the Hugging Face hub: named like files, fetched once, and kept as one table a split.

Nothing of a repository is run: its tables are read, never its scripts.

>>> fetch_dataset(hub_name("hf:PolyAI/banking77/test"), cache)     # …/banking77-test.parquet
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.hub_choice import HubName, check_size, choose, size_text, some
from tools.data.hub_files import CONVERTED, HubSplit, card_labels, converted_splits, own_splits
from tools.errors import BadArgument, BadData, NotFound
from tools.hub import PATIENCE, explained, room_for

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Tell = Callable[[str], None]


def fetch_dataset(
    name: HubName, cache: Path, offline: bool = False, tell: Tell | None = None, endpoint: str | None = None
) -> Path:
    """The table of a split, fetched the first time.

    Args:
        name: which data set; without a split it is the training split.
        cache: the table is kept below it; the hub is not asked again.
        offline: do not ask the hub.
        tell: told in words how far it is.
        endpoint: the hub's address; that of ``HF_ENDPOINT`` where left out.

    Raises:
        NotFound: the hub has no such data set, or it is not here and we are offline.
        BadArgument: a configuration or split that does not exist, or several and none named.
        BadData: it holds no table that can be read, or is too large.
        Unsupported: gated or private, or the hub is away.
        OutOfSpace: no room on the disk.
    """
    from filelock import FileLock

    folder = cache / "datasets" / name.repo.lower().replace("/", "--")
    if found := _kept(folder, name, offline):
        return found
    if offline:
        raise NotFound(
            f"{name} is not on this machine, and the hub must not be asked (offline).",
            "Use a file, or fetch it while online.",
            param="dataset",
        )
    with _explained(name):
        splits = _ask(name.repo, endpoint)
    split = choose(splits, name)
    check_size(split, splits)
    with room_for(str(name)):
        folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"), room_for(str(name)):
        if not (folder / split.table).is_file():
            _fetch(split, folder, tell, endpoint)
        _note(folder, splits)
    return folder / split.table


def _explained(name: object) -> AbstractContextManager[None]:
    return explained(str(name), "data set", "dataset", "give a file")


def _kept(folder: Path, name: HubName, offline: bool) -> Path | None:
    """A table that was fetched before; what the hub has is remembered beside it.

    Raises:
        BadArgument: we are offline, and by what is remembered there is no such split.
    """
    try:
        noted = json.loads((folder / "splits.json").read_text(encoding="utf-8"))
        splits = [HubSplit(**each) for each in noted]
    except (OSError, ValueError, TypeError):
        return None
    try:
        path = folder / choose(splits, name).table
    except BadArgument:
        if offline:
            raise
        return None
    return path if path.is_file() else None


def _note(folder: Path, splits: Sequence[HubSplit]) -> None:
    from knowledge.atomic import write_atomically

    text = json.dumps([asdict(each) for each in splits], ensure_ascii=False)
    write_atomically(folder / "splits.json", text)


def _ask(repo: str, endpoint: str | None) -> list[HubSplit]:
    """The splits the hub has, with the class names of the card.

    Raises:
        BadData: none of its files can be read.
    """
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    info = api.dataset_info(repo, files_metadata=True, timeout=PATIENCE)
    card = info.card_data.to_dict() if info.card_data else {}
    files = _sizes(info)
    splits = _ask_converted(api, info.id) or own_splits(info.id, info.sha or "main", files, card)
    if not splits:
        raise BadData(
            f"{repo} holds no table that can be read; there is {some(files) or 'no file'}.",
            "Data sets as Parquet, JSONL or CSV can be used.",
        )
    return [replace(each, labels=card_labels(card, each.config)) for each in splits]


def _ask_converted(api: "HfApi", repo: str) -> list[HubSplit]:
    """The splits of the hub's own Parquet conversion, where it has made one."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        info = api.dataset_info(repo, revision=CONVERTED, files_metadata=True, timeout=PATIENCE)
    except HfHubHTTPError as error:
        if error.response.status_code == 404:
            return []
        raise
    return converted_splits(repo, info.sha or CONVERTED, _sizes(info))


def _sizes(info: Any) -> Mapping[str, int]:
    return {each.rfilename: each.size or 0 for each in info.siblings or []}


def _fetch(split: HubSplit, folder: Path, tell: Tell | None, endpoint: str | None) -> None:
    """Download the files of a split and make its table of them; what breaks off goes on the next time."""
    from tools.data.hub_table import write_table

    work = folder / "partial" / split.revision
    with _explained(split):
        files = _download(split, work, tell or (lambda _: None), endpoint)
    if split.partial and tell:
        tell(f"The hub has converted the beginning of {split} alone.")
    table = folder / split.table
    table.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".table-") as temporary:
            new = Path(temporary) / table.name
            write_table(files, split.labels, new)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.replace(table)
    except BadData:
        shutil.rmtree(work, ignore_errors=True)  # they may have been damaged on the way
        raise
    shutil.rmtree(folder / "partial", ignore_errors=True)


def _download(split: HubSplit, work: Path, tell: Tell, endpoint: str | None) -> list[Path]:
    from huggingface_hub import hf_hub_download

    files: list[Path] = []
    for number, file in enumerate(split.files, 1):
        which = f", file {number} of {len(split.files)}" if len(split.files) > 1 else ""
        tell(f"Fetching {split}, {size_text(split.size)}{which} …")
        path = hf_hub_download(
            split.repo,
            file,
            repo_type="dataset",
            revision=split.revision,
            local_dir=work,
            endpoint=endpoint,
            etag_timeout=PATIENCE,
        )
        files.append(Path(path))
    return files
