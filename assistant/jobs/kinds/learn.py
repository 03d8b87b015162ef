"""The retriever learns from use: pairs, training, the index beside the old one, measuring before and after, the switch.

Until the switch everything is found as before. Each step leaves what it did in the job's folder, the registry or the
base, so a killed process goes on there; the switch is one transaction.
"""

import json
from dataclasses import replace
from typing import Any

from assistant.jobs.kinds import finetune
from assistant.jobs.work import Work
from assistant.workspace.feedback import Feedback
from assistant.workspace.files import FileStore
from assistant.workspace.learning import learning_material, lines
from assistant.workspace.models import Registry
from assistant.workspace.references import NEW
from assistant.workspace.releases import Releases
from assistant.workspace.retriever import NAME, OWN, TASK, check_name, forget_others, in_service, with_encoder
from knowledge.atomic import write_atomically
from knowledge.base import KnowledgeBase
from knowledge.embed import encoder
from knowledge.measured import Ranks, better, figures, ranks
from knowledge.retriever import FACTS, open_to_visitors
from tools.finetune.progress import Reporter
from tools.finetune.spec import FinetuneSpec
from tools.workspace import ModelEntry

DATA, HELD_OUT, TOLD = "pairs.jsonl", "held-out.jsonl", "pairs.json"


def run(work: Work) -> dict[str, Any]:
    """Learn, and switch where passages are found better for it.

    The job's spec holds ``epochs``, ``seed`` and ``internal`` (see ``assistant.workspace.learning``), ``force`` (switch
    whatever was measured) and ``user`` (who asked).

    Returns:
        ``model`` (the new version), ``switched``, ``before`` and ``after`` (see :func:`knowledge.measured.figures`),
        ``pairs``, ``metrics``, ``seconds`` (of the training), ``report`` and ``artifacts``.
    """
    registry = Registry(work.database, work.home)
    releases, report = Releases(work.database, registry), Reporter(work.progress)
    told = _pairs(work, report)
    made = finetune.run(replace(work, spec=_training(work, registry).as_dict()))
    entry = registry.get(made["model"])
    measured = _measured(work, registry, entry, report)
    after = with_encoder(work.home.knowledge, entry.path, registry)
    if measured["better"] or work.spec.get("force"):
        releases.promote(entry.pinned, user_id=work.user_id)
        after.retriever.keep_up()  # with what came since it was measured
    forget_others(after, registry, releases)
    shown = {key: made[key] for key in ("seconds", "report", "artifacts", "warnings")}
    return {
        "job": work.id,
        "model": entry.pinned,
        "switched": in_service(registry) == registry.get(entry.pinned),
        "pairs": told,
        "metrics": measured["after"]["search"],
        **measured,
        **shown,
    }


def _pairs(work: Work, report: Reporter) -> dict[str, Any]:
    """Write the pairs into the job's folder, once. Returns their numbers."""
    finished = work.folder / TOLD
    if not finished.exists():
        report.tell("Making pairs")
        registry = Registry(work.database, work.home)
        check_name(registry)
        judged = Feedback(work.database, FileStore(work.database, work.home, 0)).judged()
        base, spec = with_encoder(work.home.knowledge, None, registry), work.spec
        material = learning_material(base, judged, bool(spec.get("internal")), spec.get("seed", 42))
        write_atomically(work.folder / DATA, lines(material.train))
        write_atomically(work.folder / HELD_OUT, lines(material.held_out))
        write_atomically(finished, json.dumps(material.told))
    return json.loads(finished.read_text())


def _training(work: Work, registry: Registry) -> FinetuneSpec:
    """What is trained: the encoder in use, on the pairs."""
    now = in_service(registry)
    return FinetuneSpec(
        data=work.folder / DATA,
        test_data=work.folder / HELD_OUT,
        name=f"{NAME}@{NEW}",  # the first version too: so no other job can take the name meanwhile
        base=now.pinned if now else OWN,
        base_path=now.path if now else None,
        task=TASK,
        epochs=work.spec.get("epochs"),
        seed=work.spec.get("seed", 42),
        cache=work.home.cache,
    )


def _measured(work: Work, registry: Registry, entry: ModelEntry, report: Reporter) -> dict[str, Any]:
    """Index with the new encoder and measure both on the held-out pairs, once: after the switch it would be the other.

    Returns:
        ``before``, ``after`` and ``better``.
    """
    finished = work.folder / "measured.json"
    if not finished.exists():
        now = in_service(registry)
        known = bool(work.spec.get("internal")) or bool(now and not open_to_visitors(encoder(now.path)))
        write_atomically(entry.path / FACTS, json.dumps({"internal": known}))
        old = with_encoder(work.home.knowledge, now.path if now else None, registry)
        new = with_encoder(work.home.knowledge, entry.path, registry)
        new.retriever.keep_up(lambda done, total, what: report.beat(f"{what} ({done} of {total} passages)"))
        before, after = (_ranks(work, base, report) for base in (old, new))
        told = {"before": figures(before), "after": figures(after), "better": better(before, after)}
        write_atomically(finished, json.dumps(told))
    return json.loads(finished.read_text())


def _ranks(work: Work, base: KnowledgeBase, report: Reporter) -> Ranks:
    rows = [json.loads(line) for line in (work.folder / HELD_OUT).read_text().splitlines()]
    return ranks(base, rows, lambda done: report.beat(f"Measuring ({done} of {len(rows)} questions)"))
