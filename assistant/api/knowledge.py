"""``/v1/knowledge``: the team's documents, searched and asked. A publishable key may ask, of published ones alone."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import AfterValidator, BaseModel, Field

from assistant.access.quotas import tokens_of
from assistant.api.auth import App, Approver, Asker, Reader
from assistant.api.fields import Body, Name, Text, told_as
from assistant.api.lanes import in_turn
from assistant.api.shapes import (
    ChangedRetriever,
    ExplainedAnswer,
    KnowledgeAnswer,
    QueuedJob,
    SearchResults,
    UnansweredQuestions,
    described,
)
from assistant.api.spending import note
from assistant.errors import BadRequest, none_added
from knowledge.filters import Filters

router = APIRouter(prefix="/v1/knowledge", tags=["knowledge"])
COMPUTES = [Depends(in_turn("knowledge"))]


def _asked(words: str) -> str:
    if not words.strip():
        raise ValueError("there are no words in it")
    return words


Question = Annotated[Text, Field(max_length=4000), AfterValidator(_asked)]
Date = Annotated[str, Field(pattern=r"^(\d{4}(-\d\d){0,2})?$", description="2026-03-12, 2026-03 or 2026")]


class FilterFields(Body):
    """Which documents: all that fit every field given."""

    source: Annotated[str, Field(max_length=500)] = ""
    tag: Annotated[str, Field(max_length=100)] = ""
    since: Date = ""
    until: Date = ""
    language: Literal["", "en", "zh"] = ""
    visibility: Literal["", "published", "internal"] = ""

    def filters(self) -> Filters:
        """The fields as the knowledge base takes them."""
        return Filters(self.source, self.tag, self.since, self.until, self.language, self.visibility)


class SearchRequest(Body):
    """What to look for."""

    query: Question
    k: Annotated[int, Field(ge=1, le=100)] = 5
    filters: FilterFields = FilterFields()


class AskRequest(Body):
    """A question in plain words, and the user's earlier ones."""

    question: Question
    history: Annotated[list[Question], Field(max_length=20)] = []
    filters: FilterFields = FilterFields()


class ExplainRequest(AskRequest):
    """A question whose answer is explained; ``words`` also tells which words matched."""

    words: bool = False


class SourcesRequest(Body):
    """What to add: uploads by name or id, and public addresses.

    Without ``visibility`` a source that is there already stays as it is, and others are published.
    """

    sources: Annotated[list[Name], Field(min_length=1, max_length=1000)] | None = None
    source: Name | None = None
    visibility: Literal["published", "internal"] | None = None
    tags: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)] = []

    @property
    def names(self) -> list[str]:
        """All that was named."""
        return [*(self.sources or []), *([self.source] if self.source else [])]


class ShowRequest(Body):
    """Who may read a source from now on."""

    visibility: Literal["published", "internal"]


class LearnRequest(Body):
    """How the retriever learns."""

    epochs: Annotated[float | None, Field(gt=0, le=100)] = None
    internal: Annotated[bool, Field(description="from internal documents too")] = False
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    force: Annotated[bool, Field(description="take it whatever was measured")] = False


class Skipped(BaseModel):
    """A source that was left out, and why."""

    source: str
    reason: str


class Alike(BaseModel):
    """A document that says nearly the same as another one, and the share they have in common."""

    source: str
    to: str
    share: float


class Added(BaseModel):
    """What came of it, in numbers."""

    sources: int
    documents: int
    chunks: int
    skipped: list[Skipped] = []
    alike: list[Alike] = []
    removed: list[str] | None = None
    items: list[dict[str, Any]] | None = None


@router.post("/search", dependencies=COMPUTES, **described(SearchResults))
def search(body: SearchRequest, request: Request, app: App, _caller: Reader) -> dict[str, Any]:
    """The passages nearest to a query, best first."""
    note(request, app, tokens_of(body.query))
    return app.knowledge.search(body.query, k=body.k, filters=body.filters.filters())


@router.post("/ask", dependencies=COMPUTES, **described(KnowledgeAnswer))
def ask(body: AskRequest, request: Request, app: App, who: Asker) -> dict[str, Any]:
    """An answer with numbered citations; ``answered`` is false where the documents do not hold one."""
    visitor, filters = who.role == "visitor", body.filters.filters()
    found = app.knowledge.ask(body.question, history=body.history, visitor=visitor, filters=filters)
    note(request, app, tokens_of(body.question, *body.history, found["answer"]))
    return found


@router.post("/explain", dependencies=COMPUTES, **described(ExplainedAnswer))
def explain(body: ExplainRequest, request: Request, app: App, _caller: Reader) -> dict[str, Any]:
    """On which passages an answer rests: the question is answered again without each of them."""
    from tools.explain.passages import explain_answer

    note(request, app, tokens_of(body.question, *body.history))
    chat = app.settings.model
    return explain_answer(
        app.knowledge.answerer,
        body.question,
        body.history,
        words=body.words,
        chat_model=None if chat == "embedded" else chat,
        filters=body.filters.filters(),
    )


@router.get("/sources", response_model_exclude_none=True)
def list_sources(app: App, _caller: Reader) -> Added:
    """What the knowledge base holds."""
    return Added.model_validate(app.knowledge.list())


@router.post("/sources", response_model_exclude_none=True, dependencies=[Depends(in_turn("sources"))])
def add_sources(body: SourcesRequest, app: App, who: Approver) -> Added:
    """Add documents; an error where none can be read. Calling this is the approval that the chat would ask for."""
    if not body.names:
        raise BadRequest("No source was named.", "Send sources: a list of uploads or addresses.", "sources")
    workspace = app.workspace(who)
    with told_as(source="sources" if body.sources else "source"):
        found = [workspace.document(name) for name in body.names]
        added = app.knowledge.add(found, visibility=body.visibility, tags=body.tags)
        if not added["sources"] and added["skipped"]:
            raise none_added(added["skipped"])
    return Added.model_validate(added)


@router.patch("/sources/{source:path}", response_model_exclude_none=True)
def show_source(source: str, body: ShowRequest, app: App, _caller: Approver) -> Added:
    """Publish a source, by its very name, or keep it for the team; its file is not needed."""
    return Added.model_validate(app.knowledge.show(source, body.visibility))


@router.delete("/sources/{source:path}", response_model_exclude_none=True)
def remove_source(source: str, app: App, _caller: Approver) -> Added:
    """Remove a source, by its very name, with all its passages."""
    return Added.model_validate(app.knowledge.remove(source))


@router.post("/learn", **described(QueuedJob, 202))
def learn(body: LearnRequest, app: App, who: Approver) -> dict[str, Any]:
    """Train the retriever on thumbs, corrected answers and the documents, as a job of ``/v1/fine_tuning/jobs``.

    It finds passages from then on where it finds more of those held out. Calling this is the approval.
    """
    from assistant.workspace import retriever

    return retriever.learn(app.workspace(who), **body.model_dump())


@router.post("/rollback", **described(ChangedRetriever))
def roll_back(app: App, who: Approver) -> dict[str, Any]:
    """Let the encoder find passages that did so before the last one was learned."""
    from assistant.workspace import retriever

    return retriever.undo(app.workspace(who), app.home.knowledge)


@router.get("/unanswered", **described(UnansweredQuestions))
def list_unanswered(app: App, _caller: Reader) -> dict[str, Any]:
    """The questions that the documents did not answer, the most frequent first."""
    return {"questions": app.unanswered.list()}


@router.delete("/unanswered/{number}", **described(UnansweredQuestions))
def settle_unanswered(
    number: Annotated[int, Path(ge=1, lt=2**31)], app: App, _caller: Approver
) -> dict[str, Any]:
    """Take a question off the list, once a document answers it."""
    app.unanswered.settle(number)
    return {"questions": app.unanswered.list()}
