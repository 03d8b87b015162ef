"""Tools over the team's documents."""

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
    """Add a document, a folder or a web address to the knowledge base.

    Args:
        source: the name of an uploaded file, or an address.
        visibility: internal for the team alone, published for visitors of the site too; left out, a new one is
            published, and one that is there already stays as it is.
        tags: words by which searches can be narrowed.
    """
    return workspace.knowledge().add([workspace.document(source)], visibility=visibility, tags=tags or [])


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
