"""Pages to read, for whoever is signed in: a shared conversation, and a cited passage in its document."""

import base64
import mimetypes
from collections.abc import Callable
from html import escape
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from assistant.access.principal import Principal
from assistant.agent.events import Artifact, Citation
from assistant.agent.history import Entry
from assistant.api.auth import App
from assistant.application import Application
from knowledge.errors import TeachingError, UnknownSource
from ui.languages import lang, reader, say, told
from ui.sign_in import page, session_user, signed_out

router = APIRouter(include_in_schema=False, dependencies=[Depends(reader)])
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
PICTURES = (".png", ".svg")  # among what conversations show; reports stay their owner's
LINKS = ["link", "autolink", "image", "reference"]  # they stay as they were written
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title} · Startup Assistant</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>
:root{{color-scheme:light dark;--ink:#1e293b;--soft:#5a6068;--paper:#fff;--line:#cbd5e1;--mark:#fde68a;--said:#eef2f7}}
@media(prefers-color-scheme:dark){{:root{{--ink:#e5eaf3;--soft:#a9b4c5;--paper:#161b26;--line:#39445a;--mark:#7c5e10;
--said:#232c3d}}}}
body{{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,sans-serif}}
main{{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:anywhere}}
h1{{font-size:1.35rem;margin:.2rem 0}}small,summary,.step{{color:var(--soft)}}
.text{{white-space:pre-wrap}}.user{{background:var(--said);border-radius:.8rem;padding:.6rem .9rem}}
section{{margin:1.1rem 0}}section>b{{display:block;font-size:.85rem;color:var(--soft);font-weight:500}}
blockquote{{margin:.4rem 0;padding:.2rem .8rem;border-left:3px solid var(--line);white-space:pre-wrap}}
mark{{background:var(--mark);color:inherit;scroll-margin-top:30vh}}details{{margin:.2rem 0}}
.sa-card{{border:1px solid var(--line);border-radius:.6rem;padding:.6rem .9rem;margin:.5rem 0;font-size:.92rem}}
.sa-title{{font-weight:600}}.sa-fact{{margin-inline-end:1rem}}.sa-fact span,.sa-more,.sa-sub{{color:var(--soft)}}
.sa-scroll{{overflow-x:auto}}table{{border-collapse:collapse}}th,td{{text-align:start;padding:.2rem .8rem .2rem 0}}
.sa-bar{{display:grid;grid-template-columns:minmax(6rem,34%) 1fr auto;gap:.5rem;align-items:center}}
.sa-bar-track{{background:var(--said)}}.sa-bar-fill{{display:block;height:.6rem;background:#2a6fbb}}
figure{{margin:.5rem 0}}figure img{{max-width:100%;background:#fff}}figcaption{{color:var(--soft);font-size:.85rem}}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


@router.get("/shared/{share_id}")
def shared(share_id: str, request: Request, app: App) -> Response:
    """A conversation that its owner shares; nothing in it can be changed or answered."""
    if session_user(app, request) is None:
        return signed_out()
    try:
        row = app.shares.get(share_id)
        owner = _owner(app, row["user_id"])
        lines = app.agent.history(owner, row["id"])
    except TeachingError as error:
        return _nothing(told(error), error.status)
    by = escape(say("Shared by {name}. Read only.", name=owner.name))
    body = "".join(_line(line, lambda each: _picture(app, owner.user_id, each)) for line in lines)
    return _page(row["title"] or say("Conversation"), f"<small>{by}</small>{body}")


def _owner(app: Application, user_id: str) -> Principal:
    """Whose conversation is shared: a person's, or a program's that has a key of its own."""
    if user_id.startswith("key-"):
        return Principal(user_id, user_id, "member")
    row = app.users.get(user_id)
    return Principal(row["id"], row["name"], row["role"])


@router.get("/passages/{passage}")
def passage(passage: str, request: Request, app: App) -> Response:
    """A cited passage, marked in its document."""
    if session_user(app, request) is None:
        return signed_out()
    try:
        found = app.knowledge.passage(passage[:18])
    except UnknownSource as error:
        gone = say("This passage is not there. Its document may have been removed or changed.")
        return _nothing(gone, error.status)
    except TeachingError as error:
        return _nothing(told(error), error.status)
    text, start, end = found["text"], found["start"], found["end"]
    marked = f'{escape(text[:start])}<mark id="here">{escape(text[start:end])}</mark>{escape(text[end:])}'
    source = f"<small>{escape(found['source'])}</small>"
    return _page(found["title"] or found["source"], f'{source}<div class="text">{marked}</div>')


def markdown(words: str) -> str:
    """Markdown as HTML in which nothing runs, nothing is fetched and nothing leads elsewhere, whatever it says.

    Args:
        words: what somebody or some model wrote.
    """
    import nh3
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable(LINKS)
    return nh3.clean(reader.render(words), tags=nh3.ALLOWED_TAGS - {"img", "a"})


def _nothing(why: str, status: int) -> HTMLResponse:
    return page(say("Nothing to read"), f"<p>{escape(why)}</p>", status)


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(PAGE.format(lang=lang(), title=escape(title), body=body), headers=HEADERS)


def _picture(app: Application, owner: str, artifact: Artifact) -> str:
    """A picture of the conversation, within the page: its file is its owner's alone."""
    title = escape(artifact.title)
    try:
        path = Path(app.artifacts.get(artifact.id, owner)["path"])
    except TeachingError:
        return ""  # deleted since, with its model
    if path.suffix not in PICTURES:
        return f"<small>{title}</small>"
    kind, content = mimetypes.guess_type(path.name)[0], base64.b64encode(path.read_bytes()).decode()
    shown = f'<img src="data:{kind};base64,{content}" alt="{title}">'
    return f"<figure>{shown}<figcaption>{title}</figcaption></figure>"


def _line(line: Entry, picture: Callable[[Artifact], str] = lambda _: "") -> str:
    """One line of a conversation; a tool's with its card, its passages and its pictures."""
    if line.role == "tool":
        from ui.pages.cards import result_card

        cited = "".join(
            f"<details><summary>[{each.number}] {escape(each.source)}</summary>"
            f"<blockquote>{escape(each.text)}</blockquote></details>"
            for each in line.shown
            if isinstance(each, Citation)
        )
        pictures = "".join(picture(each) for each in line.shown if isinstance(each, Artifact))
        step = f'<div class="step">{escape(line.name)}: {escape(say(line.status))}</div>'
        return f"{step}{result_card(line.name, line.result)}{cited}{pictures}"
    who = say("Question") if line.role == "user" else say("Assistant")
    plain = f'<div class="text">{escape(line.text)}</div>'
    said = plain if line.role == "user" else markdown(line.text)
    files = f"<small>{escape(', '.join(line.files))}</small>" if line.files else ""
    return f'<section class="{line.role}"><b>{who}</b>{said}{files}</section>'
