"""``assistant knowledge``: the team's documents."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tools.explain.coloured import signed
from ui.cli.command import command, group
from ui.cli.explain import weighed, writable
from ui.cli.opened import opened
from ui.cli.output import Out, Running, note, plain, table

app = group("The team's documents: add, search and ask them.")


def _counted(result: dict[str, Any]) -> str:
    counts = (
        f"{result['sources']:,} sources, {result['documents']:,} documents, {result['chunks']:,} passages."
    )
    skipped = "".join(f"\nskipped {each['source']}: {each['reason']}" for each in result["skipped"])
    alike = "".join(
        f"\n{each['source']} says nearly the same as {each['to']} ({each['share']:.0%})."
        for each in result.get("alike", [])
    )
    removed = "".join(f"\nremoved {name}" for name in result.get("removed", []))
    return counts + skipped + alike + removed


@command(app)
def add(
    out: Out,
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, archives or addresses.", metavar="PATH_OR_URL...")
    ],
    internal: Annotated[
        bool | None,
        typer.Option(
            "--internal/--published",
            help="For the team only, never for visitors of the widget; or for them too. New documents are published "
            "where nothing is said, others stay as they are.",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag to find them by; may be repeated.")
    ] = None,
) -> None:
    """Add documents, or bring those that are there up to date."""
    with opened() as application, Running() as running:
        said: dict[bool | None, Any] = {True: "internal", False: "published"}
        result = application.knowledge.add(sources, said.get(internal), running.count, tag or [])
    out.document(result) if out.as_json else out.line(_counted(result))
    if not result["sources"] and result["skipped"]:
        from assistant.errors import none_added

        raise none_added(result["skipped"])


def _asked(words: str) -> str:
    """What is looked for, which is something."""
    from assistant.errors import BadRequest

    if not words.strip():
        raise BadRequest("There is no question.", "Write what you want to know.")
    return words


def _list(result: dict[str, Any]) -> str:
    columns = {
        "source": "source",
        "chunks": "passages",
        "visibility": "for",
        "dated": "dated",
        "tags": "tags",
        "added_at": "added",
        "title": "title",
    }
    return table(result["items"], columns, "No documents yet. Add some: assistant knowledge add PATH_OR_URL.")


@command(app, "list", show=_list)
def list_all() -> dict[str, Any]:
    """List the documents, newest first."""
    with opened() as application:
        return application.knowledge.list()


Listed = Annotated[str, typer.Argument(help="The source as it is listed.", metavar="SOURCE")]


@command(app, show=_counted)
def remove(source: Listed) -> dict[str, Any]:
    """Take a source out."""
    with opened() as application:
        return application.knowledge.remove(application.knowledge.find_source(source))


@command(app, show=_list)
def publish(source: Listed) -> dict[str, Any]:
    """Let visitors read a source; its file is not needed."""
    return _shown(source, "published")


@command(app, show=_list)
def withdraw(source: Listed) -> dict[str, Any]:
    """Keep a source for the team; its file is not needed."""
    return _shown(source, "internal")


@command(app, show=_counted)
def reindex() -> dict[str, Any]:
    """Read all sources anew and make the index again."""
    with opened() as application, Running() as running:
        return application.knowledge.reindex(running.count)


def _shown(source: str, visibility: Literal["published", "internal"]) -> dict[str, Any]:
    with opened() as application:
        return application.knowledge.show(application.knowledge.find_source(source), visibility)


def _found(result: dict[str, Any]) -> str:
    parts = [
        f"{each['score']:.3f}  {each['source']}{_page(each)}\n       {plain(each['text'])}"
        for each in result["results"]
    ]
    return "\n".join(parts) or "Nothing found."


After = Annotated[
    list[str] | None,
    typer.Option(help="An earlier question that this one goes on from; may be repeated.", metavar="QUESTION"),
]
Source = Annotated[str, typer.Option(help="Only this source, folder or pattern.", metavar="SOURCE")]
Tag = Annotated[str, typer.Option(help="Only documents with this tag.")]
Since = Annotated[str, typer.Option(help="Only documents of this date or newer.", metavar="DATE")]
Until = Annotated[str, typer.Option(help="Only documents of this date or older.", metavar="DATE")]
Language = Annotated[str, typer.Option(help="Only documents in this language: en or zh.")]
For = Annotated[str, typer.Option(help="Only documents that are published or internal.")]


def _filters(**given: str) -> Any:
    from knowledge.filters import Filters

    return Filters(**given)  # type: ignore[arg-type]


@command(app, show=_found)
def search(
    query: Annotated[str, typer.Argument(help="What to look for.", metavar="QUERY")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages at most.")] = 5,
    source: Source = "",
    tag: Tag = "",
    since: Since = "",
    until: Until = "",
    language: Language = "",
    visibility: For = "",
) -> dict[str, Any]:
    """The best passages for a question or words."""
    filters = _filters(
        source=source, tag=tag, since=since, until=until, language=language, visibility=visibility
    )
    with opened() as application:
        return application.knowledge.search(_asked(query), k, filters=filters)


def _page(found: dict[str, Any]) -> str:
    return f", page {found['page']}" if "page" in found else ""


def _answered(result: dict[str, Any]) -> str:
    sources = [
        f"[{each['number']}] {each['source']}{_page(each)}: {plain(each['text'])[:160]}"
        for each in result["citations"]
    ]
    return "\n".join([result["answer"], *([""] if sources else []), *sources])


@command(app, show=_answered)
def ask(
    question: Annotated[str, typer.Argument(help="The question.", metavar="QUESTION")],
    after: After = None,
    source: Source = "",
    tag: Tag = "",
    since: Since = "",
    until: Until = "",
    language: Language = "",
    visibility: For = "",
) -> dict[str, Any]:
    """An answer from the documents, with citations."""
    filters = _filters(
        source=source, tag=tag, since=since, until=until, language=language, visibility=visibility
    )
    with opened() as application:
        return application.knowledge.ask(_asked(question), after or [], filters=filters)


def _asked_in_vain(result: dict[str, Any]) -> str:
    columns = {"number": "number", "asked": "asked", "last_at": "last", "question": "question"}
    return table(result["questions"], columns, "Every question so far was answered.")


@command(app, show=_asked_in_vain)
def unanswered(
    settle: Annotated[
        list[int] | None,
        typer.Option(
            help="Take this one off, as a document answers it now; may be repeated.", metavar="NUMBER"
        ),
    ] = None,
) -> dict[str, Any]:
    """The questions that the documents did not answer, the most frequent first."""
    with opened() as application:
        for number in settle or []:
            application.unanswered.settle(number)
        return {"questions": application.unanswered.list()}


def _explained(result: dict[str, Any]) -> str:
    from tools.explain.passages_page import checked_answer

    rows = [
        {
            **each,
            "cited": "yes" if each["cited"] else "",
            "changes": "yes" if each["changes_answer"] else "",
            "influence": signed(each["influence"]),
            "text": plain(each["text"])[:80],
        }
        for each in result["passages"]
    ]
    columns = {
        "source": "source", "cited": "cited", "influence": "confidence it gives",
        "changes": "answer changes without it", "text": "passage",
    }  # fmt: skip
    said = result["answer"] or "No answer."
    notes = "".join(f"\n! {each}" for each in result["notes"])
    sure = f"Confidence {result['confidence']:.3f}; from {result['threshold']:.2f} on there is an answer."
    check = f" {checked_answer(result['faithfulness'])}" if rows else ""
    matched = "".join(_matched(each) for each in result["passages"] if "words" in each)
    return f"{said}\n\n{sure}{check}\n\n{table(rows, columns, 'No passages.')}{matched}{notes}"


def _matched(passage: dict[str, Any]) -> str:
    """The words of the question and of a passage that matched."""
    from tools.explain.passages_page import SIDES, checked

    words = passage["words"]
    titles = {"query": "The question's words", "passage": f"The words of {passage['source']}"}
    return "".join(
        f"\n\n{titles[side]}\n{weighed(words[side])}\n\n{checked(side, words['faithfulness'][side])}"
        for side in SIDES
    )


@command(app, show=_explained)
def explain(
    question: Annotated[str, typer.Argument(help="The question.", metavar="QUESTION")],
    words: Annotated[
        bool, typer.Option("--words", help="Also tell which words of question and passages matched.")
    ] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page here.", metavar="OUT")] = None,
    after: After = None,
    source: Source = "",
    tag: Tag = "",
    since: Since = "",
    until: Until = "",
    language: Language = "",
    visibility: For = "",
) -> dict[str, Any]:
    """On which passages an answer rests: it is given again without each of them."""
    filters = _filters(
        source=source, tag=tag, since=since, until=until, language=language, visibility=visibility
    )
    with opened() as application:
        from tools.explain.passages import explain_answer
        from tools.explain.passages_page import passages_html

        target = writable(html)
        chat = application.settings.model
        result = explain_answer(
            application.knowledge.answerer,
            _asked(question),
            after or [],
            words=words,
            chat_model=None if chat == "embedded" else chat,
            filters=filters,
        )
        if target:
            target.write_text(passages_html(result), encoding="utf-8")
            note(f"Written: {target}")
        return result
