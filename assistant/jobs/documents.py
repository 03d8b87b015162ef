"""What jobs on the documents begin with: the knowledge base, and how they tell how far they are."""

from functools import cache

from assistant.access.audit import acting
from assistant.access.principal import Principal
from assistant.jobs.work import Work
from assistant.settings import settings
from assistant.workspace.documents import TeamKnowledge, open_knowledge
from assistant.workspace.models import Registry
from assistant.workspace.redacting import open_redactor
from knowledge.base import Progress
from tools.finetune.progress import Reporter


def opened(work: Work) -> TeamKnowledge:
    """The team's knowledge base; what is done to it is recorded as done by whoever has asked for the job."""
    if work.user_id:
        acting(Principal(work.user_id, work.user_id, ""), work.id)
    chosen, registry = settings(), Registry(work.database, work.home)
    redactor = cache(lambda: open_redactor(chosen, lambda name: registry.get(name).path))
    return open_knowledge(chosen, work.database, registry, redactor, in_job=True)


def told(work: Work) -> Progress:
    """The knowledge base's progress as a job's: so many documents of so many, with the time left."""
    report = Reporter(work.progress)

    def progress(done: int, total: int, source: str) -> None:
        if total != report.steps:
            report.phase(source, total, done)
        report.advance(done, source)

    return progress
