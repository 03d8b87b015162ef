"""Many documents are added to the knowledge base. Each stays once it is in; a job that goes on leaves it as it is."""

from typing import Any

from assistant.jobs.documents import opened, told
from assistant.jobs.work import Work
from knowledge.journal import Journal


def run(work: Work) -> dict[str, Any]:
    """Add documents.

    The job's spec holds ``sources``, ``visibility`` and ``tags``; see :meth:`knowledge.base.KnowledgeBase.add`, whose
    report is the result, of all attempts together.
    """
    spec, base, journal = work.spec, opened(work), Journal(work.folder / "done.jsonl")
    report = base.add(spec["sources"], spec["visibility"], told(work), spec["tags"], journal=journal)
    base.settle()  # an index that is being written would end with this process
    return report
