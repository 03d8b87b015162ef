"""What the page makes of events, results and history: inert text, cards, one picture live and after a reload."""

import asyncio
import inspect
import re
from html import unescape
from pathlib import Path

import gradio as gr
import pytest

from assistant.agent import events
from assistant.agent.history import Entry
from assistant.errors import BadRequest
from ui.languages import CHINESE
from ui.pages import html
from ui.pages.cards import CARDS, approval_card, result_card
from ui.pages.how import how_block, step
from ui.pages.inbox import mail_link
from ui.pages.job_card import job_card
from ui.pages.live import LiveTurn
from ui.pages.render import (
    STEPS,
    card_message,
    history_messages,
    message_id,
    place_of,
    plain_words,
    reply_message,
    shown_messages,
    user_message,
)
from ui.pages.wiring import Parts

EVIL = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
RESULTS = {
    "inspect_dataset": {
        "dataset": EVIL, "rows": 3, "columns": [{"name": EVIL, "type": "text", "missing": 0, "unique": 3}],
        "task": EVIL, "labels": {EVIL: 3}, "duplicates": 0, "pii": {EVIL: 1}, "warnings": [EVIL],
    },
    "recommend_model": {"task": EVIL, "candidates": [{"model": EVIL, "method": EVIL, "why": EVIL, "fits": True}]},
    "show_job": {
        "id": EVIL, "status": "succeeded",
        "result": {"model": EVIL, "metrics": {"accuracy": 0.9, EVIL: 1.0}, "baseline": {EVIL: {"accuracy": 0.1}}},
    },
    "evaluate_model": {"model": EVIL, "metrics": {"accuracy": 0.5}, "per_class": {EVIL: {"precision": 0.5}}},
    "compare_models": {"models": [{"name": EVIL, "method": EVIL, "base": EVIL, "metrics": {}}], "best": EVIL},
    "list_models": {"models": [{"name": EVIL, "task": EVIL, "method": EVIL, "metrics": {}, "status": EVIL}]},
    "list_jobs": {"jobs": [{"id": EVIL, "kind": EVIL, "status": EVIL, "progress": 0.5, "created_at": EVIL}]},
    "predict": {"text": EVIL, "predictions": [{"label": EVIL, "score": 1.0, "scores": {EVIL: 1.0}}]},
    "benchmark_model": {"model": EVIL, "requests_per_second": 1.0, "latency_ms": {EVIL: 1.0}},
    "explain_prediction": {
        "text": EVIL, "prediction": {"label": EVIL, "score": 0.9, "scores": {EVIL: 0.9}}, "method": EVIL,
        "tokens": [{"text": EVIL, "start": 0, "end": len(EVIL), "attribution": 0.5}],
        "faithfulness": {"comprehensiveness": 0.5, "sufficiency": 0.1, "random_comprehensiveness": 0.1},
        "convergence_delta": 0.0,
    },
}  # fmt: skip


def test_an_e_mail_goes_to_its_address_alone() -> None:
    assert mail_link('a+b@x.co?bcc="e@b.co') == (
        '<a href="mailto:a%2Bb@x.co%3Fbcc%3D%22e@b.co">a+b@x.co?bcc=&quot;e@b.co</a>'
    )


@pytest.mark.parametrize("tool", sorted(CARDS))
def test_no_card_lets_html_through(tool: str) -> None:
    shown = result_card(tool, RESULTS[tool])
    assert shown and "<img" not in shown and "<script" not in shown


def test_the_card_of_a_model_as_a_whole_lets_no_html_through_either() -> None:
    found = {
        "model": EVIL, "metrics": {"accuracy": 0.9}, "words": {EVIL: [EVIL, "parcel"]},
        "confused": [{"label": EVIL, "predicted": EVIL, "count": 2, "examples": [EVIL]}],
    }  # fmt: skip
    shown = result_card("explain_prediction", found)
    assert "parcel" in shown and "90.0" in shown and "<img" not in shown and "<script" not in shown


def test_failed_and_declined_results_have_no_card() -> None:
    assert result_card("predict", {"error": "no"}) == result_card("predict", {"declined": True}) == ""


def test_every_tool_has_words_for_its_step() -> None:
    from tools.catalog.registry import catalog

    assert set(STEPS) == set(catalog())


def test_what_people_and_models_say_stays_text() -> None:
    assert "<img" not in user_message(EVIL, [EVIL])["content"]
    said = reply_message(f"{EVIL} ![x](http://evil/p.png) [a](javascript:alert(1)) **bold** `a < b`")[
        "content"
    ]
    assert "<img" not in said and "![" not in said and "](" not in said
    assert "**bold**" in said and "<code>a&#32;&#60;&#32;b</code>" in said  # Markdown and code keep working


@pytest.mark.parametrize(
    "words",
    [
        "\\`![x](https://evil/p.png)\\` and \\![x](https://evil/p.png)",
        "``![x](https://evil/p.png)` and ```<img src=//evil>``` and `` ` <img src=//evil> ``",
        "[a][b]\n\n[b]: https://evil/login\n\n<https://evil> https://evil/?q=1 www.evil.example/1",
        "```\n~~~\n![x](https://evil/p.png)\n```\n",
        "~~~\n```\n~~~\n![x](https://evil/p.png)\n```\n",
        "```\na\n   ```\n![x](https://evil/p.png)\n```\n![y](https://evil/p.png)",
        "```\n      ```\n      ![x](https://evil/p.png)",
        "```\ra\r```\r![x](https://evil/p.png)\r",
        "- one\n  ```\n![x](https://evil/p.png)\n  ```\n> ```\n![x](https://evil/p.png)",
    ],
)
def test_no_quotation_marks_bring_a_picture_or_a_link_into_a_reply(words: str) -> None:
    from markdown_it import MarkdownIt

    content = inspect.cleandoc(reply_message(words)["content"])  # as Gradio takes it
    for rules in ("commonmark", "gfm-like"):
        shown = MarkdownIt(rules, {"html": True, "linkify": False}).render(content)
        assert "<img" not in shown and "<a " not in shown, shown
    assert "://evil/?" not in content and "www.e" not in content and "\\&" not in content


def test_code_in_a_reply_stays_code_and_draws_nothing() -> None:
    words = (
        "Run:\n```python\nprint(a < b)\n\nx[0](1)\n```\n```mermaid\ngraph TD\n```\nand `a_b` [1]\n```sh\nls"
    )
    content = reply_message(words, shown=[events.Citation(1, "s", "t", 1.0, "7")])["content"]
    assert "```python\nprint(a < b)\n\nx[0](1)\n```\n```\ngraph TD\n```\nand <code>a&#95;b</code>" in content
    assert "[[1]](/passages/7#here)" in content and content.endswith("```sh\nls\n```")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("1. Run:\n   ```bash\n   pip install x\n   # comment\n   ```\n2. Done", "pip install x\n# comment"),
        ("- ~~~\n  a *b*\n  ~~~\n- c", "a *b*"),
        ("````\n```\ninner\n```\n````\nafter", "```\ninner\n```"),
        ("use ``a`b`` here", "a`b"),
        ("- while it is written\n  ```sh\n  ls -l", "ls -l"),
    ],
)
def test_code_within_lists_and_between_other_signs_is_code(words: str, shown: str) -> None:
    from markdown_it import MarkdownIt

    for rules in ("commonmark", "gfm-like"):
        html_ = MarkdownIt(rules, {"html": True, "linkify": False}).render(reply_message(words)["content"])
        [inside] = re.findall(r"<code[^>]*>(.*?)</code>", html_, re.DOTALL)
        assert unescape(inside).strip() == shown, html_
        assert "`" not in re.sub(r"<code.*?</code>", "", html_, flags=re.DOTALL)
        assert html_.count("<ol") + html_.count("<ul") <= 1  # the list stays one


def test_data_and_arguments_stand_as_they_are(tmp_path: Path) -> None:
    from ui.pages.previews import _rows

    path = tmp_path / "orders.jsonl"
    path.write_text('{"name": "a", "year": 2024, "order": 1000123, "price": 1234.567, "paid": true}\n')
    shown = _rows(path)
    for cell in ("2024", "1000123", "1234.567", "true"):
        assert f"<td>{cell}</td>" in shown
    exact = approval_card("?", "finetune_model", {"learning_rate": 0.000123456, "name": EVIL}, {})
    assert "<td>0.000123456</td>" in exact and "<img" not in exact


def test_found_words_are_marked_in_their_text() -> None:
    found = [
        {"entity": "ORDER", "start": 7, "end": 10, "text": "A<1"},
        {"entity": EVIL, "start": 0, "end": 3, "text": "the"},
        {"entity": "X", "start": 20, "end": 24, "text": "gone"},
    ]
    said = [{"entities": found, "scores": {"X": 1}}]
    shown = result_card("predict", {"text": "the <b>A<1 is late", "predictions": said})
    assert (
        "A&lt;1 <small>ORDER</small></mark> is late" in shown and "gone: X" in shown and "<img" not in shown
    )
    assert "Nothing was found" in result_card("predict", {"text": "a", "predictions": [{"entities": []}]})


def test_what_models_without_labels_say_is_shown_in_words() -> None:
    from ui.pages.models import _plain

    said = _plain({"label": None, "score": None, "scores": {}, "text": "Hi <b>\nyou"})
    assert "Hi &lt;b&gt;&#10;you" in said and "None" not in said and "scores" not in said
    vector = _plain({"label": None, "embedding": [0.25] * 384})
    assert "A vector of 384 numbers" in vector and vector.count("0.25") == 8


def test_a_passage_with_an_empty_line_stays_text() -> None:
    block = shown_messages([events.Citation(1, "s", "Hours\n\n![x](https://evil/p.png)", 0.9)])[0]["content"]
    assert "\n" not in block and "Hours&#10;&#10;![x]" in block
    assert "\n\n" not in card_message("<div>a\n \n![x](https://evil/p.png)</div>")["content"]


def test_an_approval_shows_the_exact_call() -> None:
    plan = {"base": "minilm", "epochs": 5, "estimated_seconds": 300, "why": EVIL, "warnings": [EVIL]}
    shown = approval_card("Fine-tune it.", "finetune_model", {"dataset": EVIL, "epochs": 5}, plan)
    assert "finetune_model" in shown and "5 min" in shown and "epochs" in shown and "<img" not in shown


def test_the_job_card_draws_what_there_is() -> None:
    job = {"id": "job-1", "status": "running", "progress": 0.25, "message": "Training", "time_left": 200}
    card = job_card(job | {"curve": [[1, 2.0, None], [2, 1.0, 1.5], [3, 0.5, 1.2]]})
    assert 'aria-valuenow="25"' in card and "about 3 min left" in card and card.count("<polyline") == 2
    assert "<polyline" not in job_card(job | {"curve": []})
    assert 'role="status"' not in card  # drawn every second: read aloud, it would never end
    assert "waiting" in job_card(job | {"status": "queued", "curve": []})
    assert job_card(None) == ""


def test_a_citation_names_its_page() -> None:
    from ui.pages.cards import citations_block

    cited = {"number": 1, "source": "a.pdf", "text": "x", "passage": "7", "page": 3}
    assert ">a.pdf, page 3</a>" in citations_block([cited])
    assert ">a.pdf</a>" in citations_block([cited | {"page": 0}])


def turn(*happened: events.Event) -> LiveTurn:
    live = LiveTurn([])
    for event in happened:
        live.apply(event)
    return live


def test_a_turn_looks_the_same_live_and_after_a_reload() -> None:
    result = {"predictions": [{"label": "a", "score": 1.0, "scores": {"a": 1.0}}], "text": "t", "model": "m"}
    citation = events.Citation(1, "refunds.md", "30 days", 0.9, "7", "Refunds")
    live = turn(
        events.Heard("try t", ["f.csv"]),
        events.ToolStarted("c1", "predict", {"model": "m"}),
        events.ToolFinished("c1", "predict", "succeeded", result),
        citation,
        events.Token("It says "),
        events.Token("a. [1]"),
        events.Done("thr-1", "It says a. [1]"),
    )
    lines = [
        Entry("user", text="try t", files=["f.csv"]),
        Entry(
            "tool", name="predict", args={"model": "m"}, status="succeeded", result=result, shown=[citation]
        ),
        Entry("assistant", text="It says a. [1]"),
    ]
    assert live.messages == history_messages(lines) and live.thread == "thr-1"


def test_a_running_tool_says_how_far_it_is() -> None:
    live = turn(events.Heard("measure m"), events.ToolStarted("c1", "evaluate_model", {"model": "m"}))
    for done, steps, said in (
        (0, 0, "Writing some answers"),
        (1000, 2000, "Measuring the model (1,000 / 2,000)"),
    ):
        live.apply(events.ToolProgress("c1", said.partition(" (")[0], done, steps))
        assert live.messages[-1]["metadata"] == {"title": f"Measured the model — {said}", "status": "pending"}
    CHINESE.set(True)
    live.apply(events.ToolProgress("c1", "Measuring its base", 1, 2))
    CHINESE.set(False)
    assert live.messages[-1]["metadata"]["title"].endswith(" — 正在评估基座模型 (1 / 2)")
    live.apply(events.ToolFinished("c1", "evaluate_model", "failed", {"error": "no"}))
    live.apply(events.ToolProgress("c1", "Measuring its base", 2, 2))  # came late
    assert live.messages[-1]["metadata"]["title"] == "Measured the model — failed"


def test_below_an_answer_stands_how_it_was_made() -> None:
    citation = events.Citation(1, "refunds.md", "30 days", 0.9123, "7", EVIL)
    live = turn(
        events.Heard("I am <PERSON>, how do refunds work?"),
        events.ToolStarted("c1", "search_knowledge", {"query": EVIL}),
        events.ToolFinished("c1", "search_knowledge", "succeeded", {"answer": "<PERSON>: <PHONE_NUMBER_2>"}),
        citation,
        events.Token("Within 30 days. [1]"),
        events.Done("thr-1", "Within 30 days. [1] <EMAIL_ADDRESS>", model="ollama:qwen3"),
    )
    how = live.messages[-1]["content"]
    assert "How I got this" in how and "search_knowledge" in how and "0.9123" in how
    assert "Hidden from the model: person." in how and "what the tools returned: phone number." in how
    assert "Hidden in the answer: email address." in how and "chat model ollama:qwen3" in how
    # Of an answer from before, it is not known which model gave it; placeholders may be what a tool is there for.
    told = how_block([step("redact_text", {}, "succeeded", {"text": "<PERSON>"})], [], "hide Ann")
    assert "How I got this" in told and "Hidden" not in told and "chat model" not in told
    assert "<img" not in how and "<script" not in how
    plain = turn(events.Heard("hi"), events.Token("Hello."), events.Done("thr-1", "Hello."))
    assert all("How I got this" not in each["content"] for each in plain.messages)


def test_below_small_talk_stands_which_model_answered() -> None:
    live = turn(
        events.Heard("hi"), events.Token("Hello."), events.Done("thr-1", "Hello.", model="ollama:qwen3")
    )
    how = live.messages[-1]["content"]
    assert "How I got this" in how and "Answered by the chat model ollama:qwen3, without a tool." in how
    assert "<table" not in how and "Hidden" not in how
    lines = [Entry("user", text="hi"), Entry("assistant", text="Hello.", model="ollama:qwen3")]
    assert live.messages == history_messages(lines)


def test_a_question_for_a_yes_is_no_answer_yet() -> None:
    asked = events.ApprovalAsked("apr-1", "finetune_model", {}, "Train a model", {})
    waits = turn(
        events.Heard("train"),
        events.ToolStarted("c1", "finetune_model", {}),
        events.ToolFinished("c1", "finetune_model", "waiting", {"status": "waiting"}),
        asked,
        events.Token("Shall I go ahead?"),
        events.Done("thr-1", "Shall I go ahead?", "apr-1", "embedded"),
    )
    assert all("How I got this" not in each["content"] for each in waits.messages)


def test_the_numbers_of_cited_passages_open_them_and_next_steps_outlive_a_reload() -> None:
    cited = [events.Citation(1, "a.md", "x", 0.9, passage="17"), events.Citation(2, "b.md", "y", 0.8)]
    said = "Thirty days [1], says [2], not [3]. `x[1]`"
    live = turn(
        events.Heard("how long?", id="m1"),
        events.ToolStarted("c1", "search_knowledge", {"query": "how long?"}),
        events.ToolFinished("c1", "search_knowledge", "succeeded", {}),
        *cited,
        events.Token(said),
        events.Choices(["And then?"]),
        events.Done("thr-1", said),
    )
    lines = [
        Entry("user", "m1", "how long?"),
        Entry(
            "tool",
            "c1",
            name="search_knowledge",
            args={"query": "how long?"},
            status="succeeded",
            shown=cited,
        ),
        Entry("assistant", "m2", said, suggestions=["And then?"]),
    ]
    stored = history_messages(lines)
    assert live.messages == stored
    [last] = [each for each in stored if each.get("options")]
    assert last is stored[-1] and last["options"] == [{"value": "And then?", "label": "And then?"}]
    [reply] = [each for each in stored if (each.get("metadata") or {}).get("id") == "reply"]
    assert (
        reply["content"]
        == "Thirty days [[1]](/passages/17#here), says [2], not [3]. <code>x&#91;1&#93;</code>"
    )
    later = history_messages([*lines, Entry("user", "m3", "ok")])
    assert not any(each.get("options") for each in later)  # they are no longer offered


def test_a_stopped_turn_looks_the_same_live_and_after_a_reload() -> None:
    live = turn(
        events.Heard("try t", id="msg-1"),
        events.ToolStarted("c1", "predict", {"model": "m"}),
        events.ToolFinished("c1", "predict", "succeeded", {}),
        events.Token("It says"),
        events.Stopped(),
        events.Done("thr-1", "It says"),
    )
    lines = [
        Entry("user", "msg-1", "try t"),
        Entry("tool", name="predict", args={"model": "m"}, status="succeeded"),
        Entry("assistant", text="It says", stopped=True),
    ]
    assert live.messages == history_messages(lines)
    assert "You stopped this answer" in live.messages[-1]["content"]


def test_a_step_that_was_stopped_is_no_longer_under_way() -> None:
    live = turn(
        events.Heard("models?"),
        events.ToolStarted("c1", "list_models", {}),
        events.Token("(Stopped.)"),
        events.Stopped(),
        events.Done("thr-1", "(Stopped.)"),
    )
    step, said = live.messages[1:]
    assert step["metadata"] == {"title": "Looked at the models — stopped", "status": "done"}
    assert said["content"] == "(Stopped.)"


def test_a_message_put_again_takes_the_place_of_what_followed_and_tells_what_stands() -> None:
    before = turn(events.Heard("deploy m", id="msg-1"), events.Token("Done."), events.Done("t", "")).messages
    live = LiveTurn([*before, *turn(events.Heard("yes", id="msg-2")).messages], cut=place_of(before, "msg-1"))
    assert live.messages[-1]["metadata"] == {"id": "msg-2"}  # nothing is taken back before the turn has begun
    stands = events.Stands("finetune_model", {}, "job-7")
    for event in (events.Heard("no", id="msg-3"), stands, events.Token("All right."), events.Done("t", "")):
        live.apply(event)
    lines = [Entry("user", "msg-3", "no", stands=[stands]), Entry("assistant", text="All right.")]
    assert live.messages == history_messages(lines)
    assert "not undone: Started the fine-tuning (job-7)" in live.messages[1]["content"]


@pytest.mark.parametrize(
    "words", ["a <b> & *c* _d_ `e` [f](g) http://h.i j@k.l", EVIL, "two\n\n- lines", "<span>"]
)
def test_the_words_of_a_message_can_be_read_back(words: str) -> None:
    content = user_message(words, ["f.csv"], "msg-1")["content"]
    assert plain_words(content) == words and plain_words([{"type": "text", "text": content}]) == words
    assert not set("*_`[~\n@") & set(content.partition("</span>")[0])


def test_messages_are_found_by_their_ids() -> None:
    messages = [
        user_message("Load the sample workspace"),
        user_message("one", id_="msg-1"),
        reply_message("1"),
        user_message("two", id_="msg-2"),
        reply_message("2"),
        user_message("not taken"),
    ]
    ids = [message_id(messages, place) for place in range(-1, 7)]
    assert ids == [None, None, "msg-1", None, "msg-2", None, None, None]
    assert [place_of(messages, each) for each in (None, "msg-1", "msg-9")] == [3, 1, None]


def test_what_was_hidden_is_said_and_the_message_shown_is_the_redacted_one() -> None:
    live = turn(events.Heard("my mail is <EMAIL_ADDRESS>"), events.Redacted("EMAIL_ADDRESS", "message"),
                events.Token("Fine."), events.Done("t", "Fine."))  # fmt: skip
    assert "<EMAIL_ADDRESS>" in plain_words(live.messages[0]["content"])
    assert "<EMAIL" not in live.messages[0]["content"]
    assert "email address" in live.messages[-1]["content"]


def test_a_question_for_approval_is_a_card_and_not_said_twice() -> None:
    asked = events.ApprovalAsked("apr-1", "deploy_model", {"model": "m"}, "Deploy m.", {})
    live = turn(
        events.Heard("deploy"), asked, events.Token("Deploy m. Shall I?"), events.Done("t", "", "apr-1")
    )
    assert live.approval == "apr-1" and len(live.messages) == 2


def test_failures_are_shown() -> None:
    assert "No such file" in turn(events.Failed("No such file. Upload it.")).messages[0]["content"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (0.2, "0 s"), (61, "61 s"), (600, "10 min"), (7260, "2 h 1 min")]
)
def test_durations(seconds: float | None, words: str) -> None:
    assert html.duration(seconds) == words


def test_a_handler_that_changes_nothing_or_fails_leaves_the_page_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        raise BadRequest("No.")

    monkeypatch.setattr(gr, "Warning", lambda *_, **__: None)
    with gr.Blocks() as page:
        parts = Parts()
        parts.one, parts.two = gr.Textbox(), gr.Textbox()
        for handler in (dict, fails):
            gr.Button().click(parts.on(handler), None, parts.all)
    for block in page.fns.values():
        data = asyncio.run(page.postprocess_data(block, block.fn(), None))
        assert data == [{"__type__": "update"}] * 2
