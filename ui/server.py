"""The web server: the API, the widget, the sign-in page, and the chat page."""

import contextlib
import gc
import json
import math
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.access.limits import Limiter
from assistant.application import Application
from assistant.errors import Occupied, TooMany
from assistant.home import exclusive
from assistant.jobs.runners.places import cluster
from assistant.logs import configure, log
from assistant.settings import Settings
from ui.late_page import LatePage
from ui.pages.names import PATHS
from ui.shared_page import Forward, hold

if TYPE_CHECKING:
    from fastapi import FastAPI

WATCH = 5.0  # seconds between looks for jobs that nobody runs, and models that nobody needs
SWEEP = 6 * 3600.0  # seconds between deletions of what is older than it may become
SETTLED = 60.0  # seconds that the page may take to be built
LAST = 5.0  # seconds that threads get to end when all answers are given or given up


def build(app: Application, shared: bool = False, ended: Callable[[], None] = lambda: None) -> "FastAPI":
    """Everything the server answers, as one ASGI application.

    Args:
        app: the application.
        shared: other processes answer at the same port, and one page serves them all.
        ended: called when the server has stopped.
    """
    os.environ["GRADIO_TEMP_DIR"] = str(app.home.folder("cache/gradio"))
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    tempfile.tempdir = str(app.home.folder("cache/tmp"))  # uploads on their way belong in the home too
    from fastapi import FastAPI

    from assistant.api.app import create_api
    from assistant.api.closed import Closed
    from ui import approvals, oidc, reading, sign_in
    from ui.widget import routes

    def pages() -> "FastAPI":
        return _mount_pages(FastAPI(openapi_url=None), app)

    late = None if shared else LatePage(pages)

    @contextlib.asynccontextmanager
    async def lifespan(api: "FastAPI") -> AsyncIterator[None]:
        stop = threading.Event()
        threading.Thread(
            target=_warm_up, args=(app, api.state.ready, late), name="warm-up", daemon=True
        ).start()
        threading.Thread(target=_watch, args=(app, stop), name="watch", daemon=True).start()
        async with late.life(api.state.ready) if late else contextlib.nullcontext():
            yield
        stop.set()
        ended()

    api = create_api(app, lifespan, shared)
    api.include_router(routes.router)
    api.include_router(sign_in.router)
    if by_service := oidc.build(app):
        api.mount(oidc.PATH, by_service)
    api.include_router(approvals.router)
    api.include_router(reading.router)
    api.router.routes.append(Closed(api.router.routes))
    api.user_middleware.append(Middleware(Door, application=app))  # inside the layers of the API
    if late is None:
        lock = app.home.folder("locks") / "page.lock"
        hold(lock, pages, _options(app.settings))
    api.mount("/", late or Forward(lock))
    return api


class Door:
    """Shows the sign-in page to browsers that open a page signed out, and keeps strangers off all that the pages call.

    Args:
        app: the application inside.
        application: whose sessions count.
    """

    def __init__(self, app: ASGIApp, application: Application):
        self._app, self._application = app, application
        self._limit = Limiter(application.settings.rate_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, refuse it, or send the browser to the sign-in page."""
        refusal = await self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        from assistant.api.errors import respond
        from ui.sign_in import session_user

        request, path = Request(scope), scope["path"]
        # Gradio asks who is calling at most of these routes, not at all: some keep a connection open.
        inner = path.startswith("/gradio_api/")
        page = path in PATHS and scope["method"] in ("GET", "HEAD")
        if not inner and not (page and "text/html" in request.headers.get("accept", "")):
            return None
        if user := await run_in_threadpool(session_user, self._application, request):
            return _too_often(self._limit, user) if inner else None
        if inner:
            return respond("You are not signed in.", 401, "invalid_api_key")
        return RedirectResponse("/sign-in", 303)


def _too_often(limit: Limiter, user: str) -> Response | None:
    """The refusal of somebody whose page calls too often."""
    from assistant.api.errors import respond

    try:
        limit.check(user)
    except TooMany as error:
        headers = {"Retry-After": str(error.retry_after)}
        return respond(str(error), error.status, error.code, headers=headers)
    return None


def _mount_pages(api: "FastAPI", app: Application) -> "FastAPI":
    """The chat page at ``/``, behind everything else. Gradio's own doors stay shut."""
    import gradio
    from fastapi.middleware.cors import CORSMiddleware

    from ui.pages.layout import STYLE, build_pages, theme
    from ui.pages.words import t
    from ui.sign_in import session_user

    # Gradio leaves CORS to an application around it that configures it; this one allows no other origin anything.
    api.add_middleware(CORSMiddleware, allow_origins=())
    return gradio.mount_gradio_app(
        api,
        build_pages(app),
        path="/",
        auth_dependency=lambda request: session_user(app, request),
        max_file_size=app.settings.max_upload_mb << 20,
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=theme(),
        css_paths=STYLE,
        i18n=t,
    )


def _in_a_hurry() -> None:
    """Import without looking for garbage, until all is warm: looking again and again takes a quarter of the start."""
    gc.disable()


def _settled() -> None:
    """Look for garbage again, but not among what stays."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _warm_up(app: Application, ready: threading.Event, late: LatePage | None) -> None:
    try:
        app.warm_up()
    except Exception as error:  # what it has shall be served
        log().error("warm-up failed", exc_info=error)
    ready.set()
    if late:
        late.settled.wait(SETTLED)  # it is built in a hurry, too
    _settled()


def _watch(app: Application, stop: threading.Event) -> None:
    """See again and again that queued jobs have a worker, whoever queued them and whatever killed the last one.

    And that no model runs elsewhere which is out of service, and nothing is kept for longer than it shall.
    """
    looked = -math.inf
    while not stop.wait(WATCH):
        if app.settings.retention_days and time.monotonic() > looked + SWEEP:
            looked = time.monotonic()
            _expire(app)
        try:
            if app.jobs.waiting():
                app.start_worker()
            app.keep_places()
        except Exception as error:
            log().error("watch failed", exc_info=error)


def _expire(app: Application) -> None:
    try:
        app.rights.expire(app.settings.retention_days)
    except Exception as error:
        log().error("old data stays", exc_info=error)


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 7860,
    workers: int = 1,
    as_json: bool = False,
) -> None:
    """Serve until told to stop.

    Args:
        settings: see :mod:`assistant.settings`.
        host: the address to listen at.
        port: the port to listen at.
        workers: processes that answer.
        as_json: print the links as one JSON line instead of words.

    Raises:
        Occupied: another server uses the port or the home.
        BadSettings: models shall run on a Ray cluster, and there is none.
    """
    _in_a_hurry()
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # nobody sees them
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a training beside the server shares its cores
    home = settings.where
    url = f"http://{_reachable(host)}:{port}"
    with (
        exclusive(home.folder("locks") / "server.lock", f"a server at {url}"),
        _listen(host, port) as listener,
        cluster(settings),
    ):
        os.environ["ASSISTANT_HOME"] = str(home.root)  # for the workers
        os.environ["ASSISTANT_ENGINE"] = settings.engine
        threading.Thread(target=_announce, args=(settings, url, as_json), daemon=True).start()
        if workers > 1:
            _run_many(settings, listener, workers)
        else:
            _run_one(settings, listener)


def _run_one(settings: Settings, listener: socket.socket) -> None:
    import uvicorn

    configure(settings.where)
    app = Application(settings)
    _stop_quietly()
    try:
        config = uvicorn.Config(build(app, ended=_leave), **_options(settings))
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        app.close()


def _stop_quietly() -> None:
    """Exit with 0 when told to stop: uvicorn repeats the signal at its end, which would kill the process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _leave() -> None:
    """Do not wait long for threads that go on with what nobody waits for any more."""
    timer = threading.Timer(LAST, os._exit, (0,))
    timer.daemon = True
    timer.start()


def _run_many(settings: Settings, listener: socket.socket, workers: int) -> None:
    import uvicorn

    from ui.workers import Workers

    config = uvicorn.Config("ui.server:worker", factory=True, workers=workers, **_options(settings))
    Workers(config, sockets=[listener]).run()


def worker() -> "FastAPI":
    """What each of several server processes runs."""
    from assistant.settings import settings

    _in_a_hurry()
    configure(settings().where)
    return build(Application(settings()), shared=True, ended=_leave)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "log_config": None,  # ours is set up already
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": settings.shutdown_seconds,
        "timeout_worker_healthcheck": 60,  # a worker that is busy loading a model is not dead
    }


def _listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address.

    Raises:
        Occupied: it is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise Occupied(
            f"{host} port {port} cannot be used: {reason}.", "Choose another with --port."
        ) from error
    listener.set_inheritable(True)
    return listener


def _reachable(host: str) -> str:
    """An address that a browser on this machine can open, for one that means all interfaces."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(
        host, f"[{host}]" if ":" in host else host
    )


def _announce(settings: Settings, url: str, as_json: bool) -> None:
    """Print the one-time sign-in link as soon as the server is ready."""
    import urllib.request

    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    while True:
        with contextlib.suppress(OSError):  # not listening yet, or a 503: still warming up
            ask(f"{url}/readyz", timeout=5).close()
            break
        time.sleep(0.1)
    app = Application(settings)
    link = f"{url}/sign-in?token={app.users.link()}"
    app.close()
    told = (
        json.dumps({"url": url, "sign_in": link}) if as_json else f"Startup Assistant: {url}\nSign in: {link}"
    )
    sys.stdout.write(told + "\n")
    sys.stdout.flush()
