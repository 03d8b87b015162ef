"""What a name means at the Hugging Face hub: which data set, and which configuration and split of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.data.hub_files import DEFAULT, KINDS, HubSplit
from tools.errors import BadArgument, BadData, did_you_mean
from tools.hub import HUB_ID

PREFIX = "hf:"
LIMIT = 2 << 30  # bytes of one split
LISTED = 12  # names shown of a longer list
FILE_ENDINGS = {*KINDS, ".xlsx", ".xls", ".zip", ".conll", ".txt", ".md", ".pdf", ".gz"}


@dataclass(frozen=True)
class HubName:
    """A data set as the user named it.

    Attributes:
        repo: the repository, ``owner/name``.
        rest: what followed: a split, a configuration, or a configuration and a split.
        sure: it began with ``hf:`` and so can be nothing else.
    """

    repo: str
    rest: tuple[str, ...] = ()
    sure: bool = True

    def __str__(self) -> str:
        return "/".join((self.repo, *self.rest))


def hub_name(name: str) -> HubName | None:
    """What a name means at the hub; None where it has not the form of one.

    Args:
        name: ``hf:owner/name``, then maybe ``/split`` or ``/config/split``; or ``owner/name`` alone.

    Raises:
        BadArgument: ``hf:``, and then no such form.
    """
    if not name.startswith(PREFIX):
        plain = "/" in name and HUB_ID.fullmatch(name) and Path(name).suffix.lower() not in FILE_ENDINGS
        return HubName(name, sure=False) if plain else None
    parts = name.removeprefix(PREFIX).strip("/").split("/")
    repo, rest = "/".join(parts[:2]), tuple(parts[2:])
    if not HUB_ID.fullmatch(repo) or len(rest) > 2 or not all(rest):
        raise BadArgument(
            f"{name} names no data set of the Hugging Face hub.",
            "Write hf:owner/name, hf:owner/name/split or hf:owner/name/config/split.",
            param="dataset",
        )
    return HubName(repo, rest)


def choose(splits: Sequence[HubSplit], name: HubName) -> HubSplit:
    """The split that is meant: the training split of the only or default configuration where nothing is said.

    Args:
        splits: what there is.
        name: a single further name may be a split or a configuration.

    Raises:
        BadArgument: there is no such thing, or there are several and none is named.
    """
    configs = list(dict.fromkeys(each.config for each in splits))
    usual = configs[0] if len(configs) == 1 else DEFAULT if DEFAULT in configs else None
    config, wish = usual, name.rest[-1] if name.rest else None
    if len(name.rest) == 2:
        config = name.rest[0]
    elif wish in configs and wish not in _splits_of(splits, usual):
        config, wish = wish, None
    found = _splits_of(splits, _known_config(name, config, configs))
    if wish is None:
        wish = "train" if "train" in found else next(iter(found)) if len(found) == 1 else None
    if wish in found:
        return found[wish]
    what = "several splits" if wish is None else f"no split {wish}"
    where = "" if config == DEFAULT else f"{config}/"
    raise _unclear(name, what, wish, list(found), f"{where}SPLIT")


def _known_config(name: HubName, config: str | None, configs: Sequence[str]) -> str:
    if config is not None and config in configs:
        return config
    if config is not None:
        what = f"no configuration {config}"
    else:
        what = "several configurations" + (f", and none is called {name.rest[0]}" if name.rest else "")
    raise _unclear(name, what, config or next(iter(name.rest), None), configs, "CONFIG/SPLIT")


def _unclear(name: HubName, what: str, wish: str | None, known: Sequence[str], form: str) -> BadArgument:
    there = (wish and did_you_mean(wish, known)) or f"Known are {some(known)}."
    hint = f"{there} Write {PREFIX}{name.repo}/{form}."
    return BadArgument(f"{name.repo} has {what}.", hint, param="dataset")


def _splits_of(splits: Sequence[HubSplit], config: str | None) -> dict[str, HubSplit]:
    return {each.split: each for each in splits if each.config == config}


def some(names: Sequence[str] | Mapping[str, int]) -> str:
    """Some names for people."""
    shown = list(names)[:LISTED]
    return ", ".join(shown) + (f" and {len(names) - LISTED:,} more" if len(names) > LISTED else "")


def check_size(split: HubSplit, splits: Sequence[HubSplit]) -> None:
    """Refuse what is too large before it is fetched.

    Raises:
        BadData: it is, with the name of a part that is not.
    """
    if split.size <= LIMIT:
        return
    fitting = [each for each in splits if each.size <= LIMIT]
    other = "Give a part of it as a file."
    if fitting:
        most = max(fitting, key=lambda each: each.size)
        other = f"Use {PREFIX}{most.repo}/{most.config}/{most.split}, or give a part of it as a file."
    raise BadData(f"{split} has {size_text(split.size)}; at most {size_text(LIMIT)} are fetched.", other)


def size_text(count: int) -> str:
    """A number of bytes as people read it."""
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{max(0.1, count / 2**20):.1f} MB"
