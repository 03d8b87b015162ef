"""Which files of a data set repository make up which split: from file names and the card, without running anything.

The names follow the hub's conventions: its own Parquet conversion writes ``CONFIG/SPLIT/0000.parquet`` in the branch
``refs/convert/parquet``; elsewhere the card's ``configs`` say it, or else the names of the files ("train", "test", …),
as described at huggingface.co/docs/hub/datasets-data-files-configuration.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

CONVERTED = "refs/convert/parquet"
KINDS = (".parquet", ".jsonl", ".ndjson", ".csv", ".tsv", ".json")  # the best first
ABOUT = {"config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
KEYWORDS = {
    "train": {"train", "training"},
    "validation": {"validation", "valid", "val", "dev"},
    "test": {"test", "testing", "eval", "evaluation"},
}
DEFAULT = "default"
SHARD = re.compile(r"([\w.]+)-\d{5}-of-\d{5}(-\w+)?\.\w+")
PARTIAL = "partial-"  # the hub converts the first gigabytes of a large set alone

Files = Mapping[str, int]  # path → bytes


@dataclass(frozen=True)
class HubSplit:
    """One split of one configuration.

    Attributes:
        repo: the repository's id as the hub spells it.
        revision: the commit its files are taken from.
        config: the configuration.
        split: the split.
        files: paths in the repository, in order.
        size: of all files, in bytes.
        labels: column → names of its classes, as far as the card knows them.
        partial: the files hold the beginning of the split alone.
    """

    repo: str
    revision: str
    config: str
    split: str
    files: list[str]
    size: int
    labels: dict[str, list[str]] = field(default_factory=dict)
    partial: bool = False

    def __str__(self) -> str:
        return f"{self.repo} ({self.config}, {self.split})"

    @property
    def table(self) -> str:
        """Where its table lies below the folder of the data set."""
        suffix = PurePosixPath(self.files[0]).suffix.lower()
        if suffix != ".parquet" and (len(self.files) > 1 or self.labels):
            suffix = ".jsonl"
        title = self.repo.split("/")[-1]
        if self.config != DEFAULT:
            title += f"-{self.config}"
        name = re.sub(r"[^\w.-]+", "-", f"{title}-{self.split}") + suffix
        return f"{_folder(self.config)}/{_folder(self.split)}/{name}"


def _folder(name: str) -> str:
    """A name as a folder: no two names share one, and none leads elsewhere."""
    return quote(name, safe="").replace(".", "%2E")


def converted_splits(repo: str, revision: str, files: Files) -> list[HubSplit]:
    """The splits of the hub's own Parquet conversion.

    Args:
        repo: the repository's id.
        revision: the commit of the branch.
        files: what is in the branch.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in sorted(files):
        parts = path.split("/")
        if len(parts) == 3 and path.endswith(".parquet"):
            groups[parts[0], parts[1]].append(path)
    return [
        HubSplit(
            repo,
            revision,
            config,
            split.removeprefix(PARTIAL),
            paths,
            sum(files[path] for path in paths),
            partial=split.startswith(PARTIAL),
        )
        for (config, split), paths in groups.items()
    ]


def own_splits(repo: str, revision: str, files: Files, card: Mapping[str, Any]) -> list[HubSplit]:
    """The splits of a repository's own files: Parquet, else JSONL, else CSV.

    Args:
        repo: the repository's id.
        revision: the commit.
        files: what is in the repository.
        card: the data of its card.
    """
    usable = [path for path in sorted(files) if _usable(PurePosixPath(path))]
    groups = _groups_of_card(usable, card) or {(DEFAULT, split): paths for split, paths in _by_name(usable)}
    return [
        HubSplit(repo, revision, config, split, best, sum(files[path] for path in best))
        for (config, split), paths in groups.items()
        if (best := _best(paths))
    ]


def _usable(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__")) for part in path.parts)
    return path.suffix.lower() in KINDS and path.name not in ABOUT and not hidden


def _best(paths: list[str]) -> list[str]:
    """Those of the best kind: repositories often hold the same table in several."""
    for kind in KINDS:
        if found := [path for path in paths if path.lower().endswith(kind)]:
            return found
    return []


def _groups_of_card(paths: list[str], card: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """The files that the card's ``configs`` name."""
    groups: dict[tuple[str, str], list[str]] = {}
    for config in _dicts(card.get("configs")):
        name = str(config.get("config_name") or DEFAULT)
        for split, patterns in _patterns(config):
            if split is None:  # patterns without splits: the names of the files tell
                groups |= {(name, each): found for each, found in _by_name(_matching(paths, patterns))}
            elif found := _matching(paths, patterns):
                groups[name, split] = found
    return groups


def _patterns(config: Mapping[str, Any]) -> Iterable[tuple[str | None, list[str]]]:
    """Split and patterns of one entry, whose ``data_files`` comes in several forms."""
    given = config.get("data_files")
    folder = str(config.get("data_dir") or "").strip("/.")
    if given is None:
        return [(None, [f"{folder}/*"])] if folder else []
    if isinstance(given, dict):
        given = [{"split": split, "path": path} for split, path in given.items()]
    if split_entries := _dicts(given):
        pairs = [(each.get("split"), _texts(each.get("path"))) for each in split_entries]
    else:
        pairs = [(None, _texts(given))]
    return [
        (None if split is None else str(split), [f"{folder}/{each}" if folder else each for each in patterns])
        for split, patterns in pairs
    ]


def _matching(paths: list[str], patterns: list[str]) -> list[str]:
    wanted = [each for given in patterns for each in {given.removeprefix("./"), given.removeprefix("**/")}]
    return [path for path in paths if any(fnmatchcase(path, each) for each in wanted)]


def _by_name(paths: list[str]) -> list[tuple[str, list[str]]]:
    """Files by the split that their names tell, else their folders'; where no name tells one, all are for training."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if split := _split_of(path):
            groups[split].append(path)
    return list(groups.items()) or ([("train", paths)] if paths else [])


def _split_of(path: str) -> str | None:
    folder, _, name = path.rpartition("/")
    shard = SHARD.fullmatch(name)
    if split := _keyword(name):
        return shard[1] if shard else split
    return _keyword(folder) or (shard[1] if shard else None)


def _keyword(text: str) -> str | None:
    words = set(re.split(r"[\W\d_]+", text.lower()))
    return next((split for split, names in KEYWORDS.items() if names & words), None)


def card_labels(card: Mapping[str, Any], config: str) -> dict[str, list[str]]:
    """The class names that the card's ``dataset_info`` gives for a configuration, by column.

    Args:
        card: the data of the card.
        config: the configuration.
    """
    for info in _dicts(card.get("dataset_info")):
        if str(info.get("config_name") or DEFAULT) != config:
            continue
        features = {str(each.get("name")): each for each in _dicts(info.get("features"))}
        return {name: names for name, each in features.items() if (names := _class_names(each))}
    return {}


def _class_names(feature: Any) -> list[str]:
    """The names in a feature of the card, also where it is a list of classes."""
    for key in ("dtype", "sequence", "list"):
        inner = feature.get(key) if isinstance(feature, dict) else None
        if not isinstance(inner, dict):
            continue
        label = inner.get("class_label")
        names = label.get("names") if isinstance(label, dict) else None
        if isinstance(names, dict):
            numbered = {
                int(key): str(name) for key, name in names.items() if re.fullmatch(r"\d{1,5}", str(key))
            }
            return [numbered.get(at, str(at)) for at in range(max(numbered, default=-1) + 1)]
        if names:
            return _texts(names)
        return _class_names(inner)
    return []


def _dicts(value: Any) -> list[dict[str, Any]]:
    """The objects in a value that should be a list of them, or one; cards are written by hand."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(each) for each in values if each is not None]
