"""The chat page in a real browser: until it can be used, and until a model's first characters are seen on it.

The server is warm; the browser has nothing of the page yet. The model is a small OpenAI-compatible server on loopback
that says when it began. Its first sentence leaves the filter for personal data once LOOKAHEAD further characters are
known, so that nothing personal is seen half; what the page adds to that is a row of its own. How much the page jumps
while answers stream is the browser's layout shift score (https://web.dev/articles/cls). The peers are budgets.
"""

import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.assistant.chat_server import Answer, ChatServer, Handler
from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row
from tools.privacy.stream import LOOKAHEAD

FIRST_VIEW = 2.5  # seconds
FIRST_CHARACTERS = 300.0  # milliseconds
SHIFT = 0.1  # the sum of layout shifts while answers stream
FIRST = "Lamps can be sent back within thirty days."
TEXT = (
    f"{FIRST} " + "The box has to be whole, and the receipt has to lie in it for the refund to be paid. " * 6
)
PIECE, PAUSE = 4, 0.01  # characters, seconds: about a hundred tokens a second
WATCH = """word => {
  window.seenAt = 0;
  const look = () => {
    if (!window.seenAt && document.querySelector("#sa-chat").innerText.includes(word)) window.seenAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver(list => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.shift += each.value;
  }).observe({type: "layout-shift", buffered: false});
}"""


def run() -> Iterable[Row]:
    from tests.ui.running import browsing, serving

    model, began = ChatServer(), []
    model.answers(_speaks(began))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_MODEL", "openai:test")
        patch.setenv("ASSISTANT_MODEL_BASE_URL", model.url)
        patch.setenv("ASSISTANT_MODEL_API_KEY", "sk-test-key")
        with serving(Path(folder) / "home", patience=300) as server:
            with browsing() as page:
                _open(page, server.sign_in)  # warm
                cookies = page.context.cookies()
            times = [_first_view(browsing, server.url, cookies) for _ in range(sized(7, 3))]
            bar = {"peer_name": "the bar", "lower_is_better": True}
            yield Row("page: first view", statistics.median(times), FIRST_VIEW, unit="s", **bar)
            with browsing() as page:
                page.context.add_cookies(cookies)
                _open(page, server.url)
                page.evaluate(SHIFTS)
                seen = [_first_characters(page, began) for _ in range(sized(9, 3))][1:]
                shift = page.evaluate("window.shift")
    bar["unit"] = "ms"
    yield Row("page: first characters after the model's", statistics.median(seen), FIRST_CHARACTERS, **bar)
    yield Row("page: layout shift while answers stream", shift, SHIFT, **{**bar, "unit": ""})
    known = (len(FIRST) + LOOKAHEAD) / PIECE * PAUSE * 1000
    yield Row(
        "page: … once they are known to be safe", statistics.median(seen) - known, FIRST_CHARACTERS, **bar
    )


def _speaks(began: list[float]) -> Answer:
    """An answer that comes piece by piece, and notes when it began."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin(kind="text/event-stream")
        began.append(time.time())
        for number, at in enumerate(range(0, len(TEXT), PIECE)):
            time.sleep(max(0.0, began[-1] + number * PAUSE - time.time()))
            handler.event({"content": TEXT[at : at + PIECE]})
        handler.event({}, "stop")
        handler.write("data: [DONE]\n\n")

    return answer


def _open(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("#sa-box textarea").wait_for(timeout=60_000)
    page.locator("#sa-tour button").first.wait_for(timeout=60_000)


def _first_view(browsing: Any, address: str, cookies: list[Any]) -> float:
    """Seconds until somebody who has never been here can read and type."""
    with browsing() as page:
        page.context.add_cookies(cookies)
        began = time.perf_counter()
        _open(page, address)
        return time.perf_counter() - began


def _first_characters(page: Any, began: list[float]) -> float:
    """Milliseconds from the model's first characters to the first ones on a new thread's page."""
    page.locator("#sa-new").click()
    page.wait_for_timeout(1500)
    page.evaluate(WATCH, FIRST.split()[0])
    box = page.locator("#sa-box textarea")
    box.fill("Tell me about returns")
    box.press("Enter")
    page.wait_for_function("window.seenAt > 0", timeout=60_000)
    seen: float = page.evaluate("window.seenAt")
    page.locator("#sa-box .submit-button").wait_for()
    return seen - began[-1] * 1000
