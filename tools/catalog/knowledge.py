"""Tools over the team's documents."""

from collections.abc import Sequence
from typing import Any, Literal

from tools.catalog.registry import tool
from tools.workspace import Workspace

Visibility = Literal["published", "internal"]
MOST_EXPLAINED = 5  # passages, the most influential first


@tool(risk="read")
def search_knowledge(workspace: Workspace, query: str, why: bool = False) -> dict[str, Any]:
    """Answer a question from the team's own documents, with citations.

    Args:
        query: the question, in the user's words.
        why: also on which passages the answer rests; only where the user asks that of an earlier answer, whose
            question is the query.
    """
    base, before = workspace.knowledge(), list(workspace.history())
    if why and query in before:
        before = before[: len(before) - 1 - before[::-1].index(query)]
    found = base.ask(query, history=before, visitor=workspace.visitor)
    if not why:
        return found
    from tools.explain.passages import explain_answer

    told = explain_answer(base.answerer, query, before, workspace.visitor)
    kept = ("source", "title", "cited", "influence", "changes_answer", "without")
    shown = [{name: each[name] for name in kept} for each in told["passages"][:MOST_EXPLAINED]]
    return {**found, "why": {"passages": shown, "rests_on": told["rests_on"], "notes": told["notes"]}}


def _preview_add(
    workspace: Workspace, source: str, visibility: Visibility | None = None, tags: list[str] | None = None
) -> dict[str, Any]:
    shown = visibility or workspace.knowledge().shown(workspace.document(source))
    who = "for the team alone" if shown == "internal" else "readable by visitors too"
    return {"summary": f"Add {source} to the knowledge base, {who}.", "source": source, "visibility": shown}


@tool(risk="approve", preview=_preview_add)
def add_knowledge(
    workspace: Workspace, source: str, visibility: Visibility | None = None, tags: list[str] | None = None
) -> dict[str, Any]:
    """Add a document, a folder or a web address to the knowledge base; many documents are added by a job.

    Args:
        source: the name of an uploaded file, or an address.
        visibility: internal for the team alone, published for visitors of the site too; left out, a new one is
            published, and one that is there already stays as it is.
        tags: words by which searches can be narrowed.
    """
    return add_documents(workspace, [workspace.document(source)], visibility, tags or [])


def add_documents(
    workspace: Workspace,
    sources: Sequence[str],
    visibility: Visibility | None = None,
    tags: Sequence[str] = (),
    progress: Any = None,
) -> dict[str, Any]:
    """Add documents: a few at once, many or large ones as a job.

    Args:
        workspace: of who asks.
        sources: paths and addresses.
        visibility: see :func:`add_knowledge`.
        tags: the same.
        progress: see :meth:`knowledge.base.KnowledgeBase.add`; called for what is added at once.

    Returns:
        The report; of a job its id as ``job``, its ``status`` and how many documents it has ``found``.
    """
    from knowledge.gather import takes_long

    base = workspace.knowledge()
    found = base.find(sources)
    if not takes_long(found):
        return base.add(sources, visibility, progress, tags, found)
    job = add_later(workspace, sources, visibility, tags)
    return {"job": job["id"], "status": job["status"], "found": len(found)}


def add_later(
    workspace: Workspace,
    sources: Sequence[str],
    visibility: Visibility | None = None,
    tags: Sequence[str] = (),
) -> dict[str, Any]:
    """Queue a job that adds documents, and return it; the arguments are those of :func:`add_documents`."""
    spec = {"sources": [*sources], "visibility": visibility, "tags": [*tags]}
    return workspace.submit("add_documents", spec)


def _preview_remove(workspace: Workspace, source: str) -> dict[str, Any]:
    found = workspace.knowledge().find_source(source)
    return {
        "summary": f"Remove {found} from the knowledge base.",
        "source": found,
        "settled": {"source": found},
    }


@tool(risk="approve", preview=_preview_remove)
def remove_knowledge(workspace: Workspace, source: str) -> dict[str, Any]:
    """Remove a source from the knowledge base.

    Args:
        source: the source as the knowledge base lists it.
    """
    return workspace.knowledge().remove(source)
