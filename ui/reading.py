"""Pages to read, for whoever is signed in: a shared conversation, and a cited passage in its document."""

from html import escape

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from assistant.access.principal import Principal
from assistant.agent.events import Citation
from assistant.agent.history import Entry
from assistant.api.auth import App
from knowledge.errors import TeachingError, UnknownSource
from ui.languages import lang, reader, say, told
from ui.sign_in import page, session_user, signed_out

router = APIRouter(include_in_schema=False, dependencies=[Depends(reader)])
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
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
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""


@router.get("/shared/{share_id}")
def shared(share_id: str, request: Request, app: App) -> Response:
    """A conversation that its owner shares; nothing in it can be changed or answered."""
    if session_user(app, request) is None:
        return signed_out()
    try:
        row = app.shares.get(share_id)
        owner = app.users.get(row["user_id"])
        lines = app.agent.history(Principal(owner["id"], owner["name"], owner["role"]), row["id"])
    except TeachingError as error:
        return _nothing(told(error), error.status)
    by = escape(say("Shared by {name}. Read only.", name=owner["name"]))
    return _page(row["title"] or say("Conversation"), f"<small>{by}</small>{''.join(map(_line, lines))}")


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


def _line(line: Entry) -> str:
    if line.role == "tool":
        cited = "".join(
            f"<details><summary>[{each.number}] {escape(each.source)}</summary>"
            f"<blockquote>{escape(each.text)}</blockquote></details>"
            for each in line.shown
            if isinstance(each, Citation)
        )
        return f'<div class="step">{escape(line.name)}: {escape(say(line.status))}</div>{cited}'
    who = say("Question") if line.role == "user" else say("Assistant")
    plain = f'<div class="text">{escape(line.text)}</div>'
    said = plain if line.role == "user" else markdown(line.text)
    files = f"<small>{escape(', '.join(line.files))}</small>" if line.files else ""
    return f'<section class="{line.role}"><b>{who}</b>{said}{files}</section>'
