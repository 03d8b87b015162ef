"""Many documents are added to the knowledge base. Each stays once it is in; a job that goes on skips those."""

from typing import Any

from assistant.jobs.documents import opened, told
from assistant.jobs.work import Work


def run(work: Work) -> dict[str, Any]:
    """Add documents.

    The job's spec holds ``sources``, ``visibility`` and ``tags``; see :meth:`knowledge.base.KnowledgeBase.add`, whose
    report is the result.
    """
    spec = work.spec
    return opened(work).add(spec["sources"], spec["visibility"], told(work), spec["tags"])
