"""Every source of the knowledge base is read anew; searches go on meanwhile."""

from typing import Any

from assistant.jobs.documents import opened, told
from assistant.jobs.work import Work


def run(work: Work) -> dict[str, Any]:
    """Read every source anew; the report of :meth:`knowledge.base.KnowledgeBase.reindex` is the result."""
    base = opened(work)
    report = base.reindex(told(work))
    base.settle()  # an index that is being written would end with this process
    return report
