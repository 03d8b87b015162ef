"""Learning on: a text classifier made here gets new data without losing what it learned from the old.

Rows of the old data are mixed into the new ones (experience replay: Rolnick et al. 2019, "Experience Replay for
Continual Learning"), and the old held-out rows, which neither model was trained on, tell what was forgotten. Where the
labels are others, and the result no new version of the same model, it is no learning on but a transfer: the encoder is
taken, and nothing is replayed.
"""

import hashlib
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knowledge.errors import TeachingError
from tools.finetune.examples import Parts, pairs, part, plain, read
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Facts, Run

LINEAGE = "lineage.json"  # beside the weights, never in an export: it holds paths of this machine
LEAST_EACH = 20  # old rows of each label that are replayed, where there are as many
Example = tuple[str, str]


@dataclass(frozen=True)
class Earlier:
    """What a base model learned from.

    Attributes:
        labels: its labels, in the order of its logits.
        max_length: tokens it reads.
        train: old rows to replay from; empty where the old file is gone or was changed.
        test: old held-out rows.
        gone: names of earlier files that are no longer there, or no longer the same.
    """

    labels: list[str]
    max_length: int
    train: list[Example] = field(default_factory=list)
    test: list[Example] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def write_lineage(
    folder: Path, spec: FinetuneSpec, plan: dict[str, Any], sha256: str | None, base: Path | str
) -> None:
    """Note where the data of a model lies, that of its base behind its own, and what its base was."""
    own = {
        "data": str(spec.data),
        "sha256": sha256,
        "test_data": str(spec.test_data) if spec.test_data else None,
        "test_sha256": plan.get("test_sha256"),
        "seed": spec.seed,
        "text_column": plan["text_column"],
        "label_column": plan["label_column"],
        "base_path": str(spec.base_path) if spec.base_path else None,
        "base_sha256": weights_sha256(Path(base)),
    }
    before = read_lineage(Path(spec.base_path)) if spec.base_path else []
    (folder / LINEAGE).write_text(json.dumps([own, *before], ensure_ascii=False, indent=1))


def weights_sha256(folder: Path) -> str | None:
    """Of a model's weights alone: other files come beside them, and tell nothing of what it says. None without any."""
    from tools.finetune.run import sha256_of

    found = [f"{path.name} {sha256_of(path)}" for path in sorted(folder.glob("*.safetensors"))]
    return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else None


def read_lineage(folder: Path) -> list[dict[str, Any]]:
    """The data files behind a model, the newest first; an empty list where nothing is known."""
    try:
        return list(json.loads((folder / LINEAGE).read_text()))
    except (OSError, ValueError):
        return []


def not_replayed(spec: FinetuneSpec, folder: Path | None, task: str, facts: Facts, name: str) -> list[str]:
    """Warnings where a model made here learns on without its earlier data, or loses labels.

    Args:
        spec: the wish.
        folder: the base model's.
        task: what it is trained for now.
        facts: of the new data.
        name: of the base model.
    """
    info = _made_here(folder)
    if folder is None or info.get("task") != task:
        return []
    lost = [label for label in info.get("labels") or [] if facts.labels and label not in facts.labels]
    told = (
        [f"Labels of {name} that the new data does not hold are lost: {', '.join(lost[:8])}."] if lost else []
    )
    if task != "text-classification" or facts.several or info.get("threshold") is not None:
        told.insert(
            0,
            f"Nothing of what {name} learned from is mixed in: it may forget, and how much is not measured.",
        )
        return told
    if not _learns_on(spec, info, set(facts.labels)):
        own = name.partition("@")[0]
        hint = (
            [f"Give the model the name {own}@new to teach it the new labels beside its own."] if lost else []
        )
        return [f"Nothing of what {name} learned from is mixed in: the new labels are others.", *told, *hint]
    gone = [Path(source["data"]).name for source in read_lineage(folder) if not _as_it_was(source)]
    if not lost or not (gone or not read_lineage(folder)):
        return []
    files = ", ".join(gone) or "The earlier data"
    return [
        f"{files} is gone or was changed, so nothing of it is mixed in: labels that it alone holds are lost "
        f"({', '.join(lost[:8])})."
    ]


def _made_here(folder: Path | None) -> dict[str, Any]:
    """What is noted of a model made here; empty for any other."""
    try:
        return dict(json.loads((folder / "assistant.json").read_text())) if folder else {}
    except (OSError, ValueError):
        return {}


def _learns_on(spec: FinetuneSpec, info: dict[str, Any], new: set[str]) -> bool:
    """Whether a classifier keeps what it knows: it becomes its own new version, or knows half of the new labels."""
    version = bool(spec.base) and spec.name.partition("@")[0] == spec.base.partition("@")[0]
    return version or 2 * len(new & set(info.get("labels", []))) >= len(new)


def _as_it_was(source: dict[str, Any]) -> bool:
    """Whether an earlier data file, and its test file where there is one, are there and unchanged."""
    from tools.finetune.run import sha256_of

    test = source.get("test_data")
    try:
        return all(
            now is not None and noted in (None, now)  # earlier programs noted none of folders and test files
            for now, noted in (
                (sha256_of(Path(source["data"])), source["sha256"]),
                (sha256_of(Path(test)) if test else "", source.get("test_sha256")),
            )
        )
    except (OSError, KeyError):
        return False


def earlier(run: Run, parts: Parts[Example]) -> Earlier | None:
    """What the base learned, if this run teaches it more of the same.

    Args:
        run: its base may be the folder of a classifier made here.
        parts: the new rows.

    Returns:
        None where the base is no such classifier, or the result is another model with mostly other labels.
    """
    info = _made_here(Path(run.base))
    several = info.get("threshold") is not None  # labels a text
    if info.get("task") != "text-classification" or several:
        return None
    if not _learns_on(run.spec, info, {label for _, label in parts.train}):
        return None
    found = Earlier(info["labels"], info["max_length"])
    sources = read_lineage(Path(run.base))
    for source in sources:
        if (old := _parts(source)) is not None:
            found.train.extend(row for row in old.train + old.validation if row[1] in found.labels)
            found.test.extend(row for row in old.test if row[1] in found.labels)
        else:
            found.gone.append(Path(source["data"]).name)
    learned = {plain(text) for text, _ in found.train}
    found.test[:] = [row for row in found.test if plain(row[0]) not in learned]
    return found


def held_out(folder: Path) -> list[Example]:
    """The rows that a classifier was measured on, which it never learned; none where their file is gone or changed.

    Args:
        folder: the model's.
    """
    sources = read_lineage(folder)
    parts = _parts(sources[0]) if sources else None
    return list(parts.test) if parts else []


def _parts(source: dict[str, Any]) -> Parts[Example] | None:
    """The rows of an old data file, parted as they were then; None where it is not what it was."""
    try:
        path, test = Path(source["data"]), source["test_data"]
        if not _as_it_was(source):
            return None
        columns = source["text_column"], source["label_column"]
        rows = pairs(read(path, columns), *columns)
        held = pairs(read(Path(test), columns), *columns) if test else None
        return part(rows, held, source["seed"], lambda row: row[0], lambda row: row[1])
    except (OSError, KeyError, ValueError, TeachingError):
        return None


def with_replay(
    parts: Parts[Example], old: Earlier, seed: int, held_apart: bool = True
) -> tuple[Parts[Example], int]:
    """The new rows with old ones among those to train on, and how many those are.

    About as many old rows as new ones, and a few of each label however rare it has become. A text that the new data
    holds is not replayed: its label there is the newer one. New held-out rows that the base was trained on are trained
    on again instead, and no earlier held-out text is trained on: neither would measure anything.

    Args:
        parts: the new rows.
        old: what the base learned from.
        seed: of the choice.
        held_apart: whether the new held-out rows were parted from the same file; a test file of its own stays whole.
    """
    learned, old_test = ({plain(text) for text, _ in rows} for rows in (old.train, old.test))
    again = [row for row in parts.validation + (parts.test if held_apart else []) if plain(row[0]) in learned]
    test = [row for row in parts.test if plain(row[0]) not in learned] if held_apart else parts.test
    validation = [row for row in parts.validation if plain(row[0]) not in learned]
    if (
        not test or not validation
    ):  # the new file is the old one: its own held-out rows are the best there are
        again, test, validation = [], parts.test, parts.validation
    fresh = [row for row in parts.train + again if plain(row[0]) not in old_test]
    parts = Parts(fresh or parts.train, validation, test)
    known = {
        plain(text) for rows in (parts.train, parts.validation, parts.test, old.test) for text, _ in rows
    }
    groups: dict[str, list[Example]] = defaultdict(list)
    for row in old.train:
        if plain(row[0]) not in known:
            groups[row[1]].append(row)
    dice = random.Random(seed)
    each = max(LEAST_EACH, len(parts.train) // max(1, len(groups)))
    chosen = [row for rows in groups.values() for row in dice.sample(rows, min(each, len(rows)))]
    return Parts(parts.train + chosen, parts.validation, parts.test), len(chosen)


def forgetting(run: Run, old: Earlier, labels: list[str], max_length: int, replayed: int) -> dict[str, Any]:
    """How the base and the new model do on the old held-out rows.

    Returns:
        ``{"rows", "replayed", "before", "after"}``, the last two as accuracies; empty where no old row is left.
    """
    from tools.finetune.classifier import TextClassifier
    from tools.finetune.machine import best_device

    if not old.test:
        return {}
    texts, truth = [text for text, _ in old.test], [label for _, label in old.test]
    accuracies = []
    for folder, names, length in (
        (Path(run.base), old.labels, old.max_length),
        (run.staging, labels, max_length),
    ):
        guesses = TextClassifier(folder, names, length, best_device()).predict_proba(texts).argmax(axis=1)
        right = sum(names[guess] == label for guess, label in zip(guesses, truth, strict=True))
        accuracies.append(round(right / len(truth), 4))
    return {"rows": len(truth), "replayed": replayed, "before": accuracies[0], "after": accuracies[1]}


def told(old: Earlier, measured: dict[str, Any]) -> list[str]:
    """What people should know of it, as sentences."""
    said = []
    if old.gone or not old.train:
        names = ", ".join(old.gone) or "The earlier data"
        said.append(f"{names} is gone or was changed, so nothing of it was mixed in: the model may forget.")
    if measured.get("before", 0) - measured.get("after", 0) > 0.02:
        said.append(
            f"It forgot something: {measured['after']:.1%} of the earlier held-out rows are right, "
            f"{measured['before']:.1%} were before."
        )
    return said
