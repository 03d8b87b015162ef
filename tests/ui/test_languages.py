"""The reader's language: what is made for a Chinese reader is Chinese, on Gradio's pages and on those beside them."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import assistant.jobs
import tools.finetune
import tools.privacy.recognizers
from assistant.access.principal import Principal
from assistant.agent.events import Citation
from assistant.agent.history import Entry
from assistant.application import Application
from assistant.errors import Missing, TooMany
from assistant.settings import Settings
from tools.explain.overview_page import overview_body
from tools.privacy.recognizer import Recognizer
from ui import approvals, oidc, reading, sign_in
from ui.languages import CHINESE, ZH, lang, listen, say, told
from ui.pages.cards import result_card
from ui.pages.how import Step, how_block, kind_of
from ui.pages.job_card import job_card
from ui.pages.render import hidden_note
from ui.pages.tour import STEPS, Tour
from ui.shared_page import Forward

OWNER = Principal.owner()
KEPT = (
    "Startup Assistant",
    "assistant serve",
    "search_knowledge",
    "refunds.md",
    "job-1",
    "owner",
    "min",
    "id",
)
TOLD = {"tell": 0, "phase": 0, "beat": 0, "advance": 1}  # where each method of a reporter takes its words
ASKED = {"id": "apr-1", "summary": "1 < 2", "tool": "deploy_model", "args": {"model": "m"}, "details": None}


@pytest.fixture
def chinese() -> Iterator[None]:
    token = CHINESE.set(True)
    yield
    CHINESE.reset(token)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    application = Application(Settings(home=tmp_path_factory.mktemp("languages") / "home"))
    application.users.set_password(application.users.owner()["id"], "correct horse battery staple")
    yield application
    application.close()


def browser(
    app: Application, accepted: str = "zh-CN,zh;q=0.9,en;q=0.8", signed_in: bool = True
) -> TestClient:
    """A browser on the pages beside Gradio's, which alone are served here."""
    api = FastAPI()
    api.state.application = app
    for door in (sign_in, approvals, reading):
        api.include_router(door.router)
    client = TestClient(api, follow_redirects=False, headers={"Accept-Language": accepted})
    if signed_in:
        client.cookies.set("assistant_session", app.sessions.create("owner"))
    return client


def english(html: str) -> list[str]:
    """The English words that somebody sees or hears in some HTML."""
    seen = re.sub(r"<style>.*?</style>|<code>.*?</code>", "", html, flags=re.DOTALL)
    heard = re.findall(r'(?:aria-label|placeholder)="([^"]*)"', seen)
    words = unescape(" ".join([re.sub(r"<[^>]*>", " ", seen), *heard]))
    for each in KEPT:
        words = re.sub(rf"\b{re.escape(each)}\b", "", words)
    return re.findall(r"[A-Za-z]{2,}", words)


@pytest.mark.parametrize(
    ("accepted", "named"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("zh", "zh-CN"), ("en-GB,zh", "en"), ("", "en")],
)
def test_the_preferred_language_is_spoken(accepted: str, named: str) -> None:
    token = CHINESE.set(False)
    listen({"accept-language": accepted} if accepted else {})
    assert lang() == named and say("Sign in") == {"en": "Sign in", "zh-CN": "登录"}[named]
    CHINESE.reset(token)


def test_every_translation_takes_the_values_of_its_words() -> None:
    for words, translated in ZH.items():
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", translated)), words


def test_the_job_card_is_chinese(chinese: None) -> None:
    job = {"id": "job-1", "status": "running", "progress": 0.25, "message": "Training", "time_left": 200}
    card = job_card(job | {"curve": [[1, 2.0, None], [2, 1.0, 1.5]]})
    assert "训练中 · 25 % · 约剩 3 min" in card and "损失 1.000" in card and english(card) == []
    assert "排队中" in job_card(job | {"status": "queued"})
    assert "Trial 7" in job_card(job | {"message": "Trial 7"})  # what has no translation stays


def test_what_jobs_say_of_themselves_has_its_translation() -> None:
    told = set()
    for package in (tools.finetune, assistant.jobs):
        for path in Path(package.__path__[0]).rglob("*.py"):
            told |= _told(ast.parse(path.read_text()))
    assert {"Training", "Checking the data", "Stopping"} <= told and told - set(ZH) == set()


def _told(code: ast.AST) -> set[str]:
    """The literal words that some code reports."""
    found: list[ast.expr] = []
    for node in ast.walk(code):
        if isinstance(node, ast.Call):
            place = TOLD.get(getattr(node.func, "attr", ""), len(node.args))
            found += [*node.args[place : place + 1], *(k.value for k in node.keywords if k.arg == "message")]
    return {each.value for each in found if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_every_kind_of_personal_data_has_its_translation() -> None:
    for module in pkgutil.iter_modules(tools.privacy.recognizers.__path__):
        importlib.import_module(f"{tools.privacy.recognizers.__name__}.{module.name}")
    kinds = {kind for each in Recognizer.__subclasses__() for kind in each.TYPES}
    assert "PERSON" in kinds and {f"<{each}>" for each in kinds} - set(ZH) == set()


def test_how_an_answer_was_made_is_told_in_chinese(chinese: None) -> None:
    steps = [
        Step("search_knowledge", {}, status) for status in ("succeeded", "failed", "declined", "stopped")
    ]
    passage = Citation(1, "refunds.md", "30", 0.9, "7", "")
    how = how_block(steps, [passage], "<PERSON> <EMAIL_ADDRESS_2>", "30 天", "embedded")
    assert "没有让模型看到:姓名、邮箱。" in how and "<td>已拒绝</td>" in how and "<td>无</td>" in how
    how += how_block([], [], "你好", "你好!", "embedded")
    assert "由对话模型 embedded 回答，未使用工具。" in how and english(how.replace("embedded", "")) == []
    assert kind_of("CONTRACT_NO") == "contract no"


def test_the_tour_speaks_and_understands_chinese(chinese: None) -> None:
    class Guide(Tour):
        def __init__(self) -> None: ...

    def stands(*said: str) -> int | None:
        return Guide()._step(OWNER, "thr-1", [Entry("user", text=each) for each in said])

    assert all(label in ZH for label, _ in STEPS) and say(STEPS[2][1]) == "用它微调一个分类器"
    begun = ("tickets.csv 里有什么?", STEPS[1][1])
    assert stands("tickets.csv") == 1 and stands(*begun) == 2
    assert stands(*begun, say(STEPS[2][1])) is None and stands(*begun, STEPS[2][1]) is None


def test_a_click_on_the_tour_sends_words_of_the_readers_language(
    chinese: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Guide(Tour):
        def __init__(self) -> None: ...

    sent = []
    for step in range(len(STEPS)):
        monkeypatch.setattr(Guide, "_step", lambda self, who, thread, lines, step=step: step)
        sent.append(Guide().tour_words(OWNER, None))
    assert sent == ["载入示例工作区", STEPS[1][1], "用它微调一个分类器"]


def test_the_sign_in_is_chinese(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "BY_ADDRESS", sign_in.Limiter(2))
    stranger = browser(app, signed_in=False)
    form = stranger.get("/sign-in").text
    assert '<html lang="zh-CN">' in form and "<title>登录 · " in form and english(form) == []
    assert "已过期" in stranger.get("/sign-in?token=none").text
    tried = [stranger.post("/sign-in", data={"name": "<i>", "password": "guess"}).text for _ in range(3)]
    assert "密码不正确" in tried[0] and "秒后重试" in tried[2] and 'value="&lt;i&gt;"' in tried[0]
    assert english(stranger.get("/sign-out").text) == []


def test_the_sign_in_is_english_for_others(app: Application) -> None:
    form = browser(app, "de-DE,en;q=0.5", signed_in=False).get("/sign-in").text
    assert '<html lang="en">' in form and "<title>Sign in · Startup Assistant</title>" in form
    assert "<code>assistant serve</code> again" in form and not re.search("[\u4e00-\u9fff]", form)
    assert {"Sign", "Password", "Paste"} <= set(english(form))


def test_a_page_that_is_not_up_yet_says_so_in_chinese(tmp_path: Path) -> None:
    for accepted, words in (("zh-CN", "对话页面正在启动,请稍后刷新。"), ("en", "The chat page is starting.")):
        answer = TestClient(Forward(tmp_path / "page.lock")).get("/", headers={"Accept-Language": accepted})
        assert answer.status_code == 503 and words in answer.json()["error"]["message"]


def test_what_can_be_read_is_framed_in_chinese(app: Application) -> None:
    app.knowledge.add_text("refunds.md", "# 退款\n\n三十天内可退款。\n")
    thread = app.agent.threads.create("owner", "退款")
    shared = app.shares.share(thread["id"], "owner")
    mine = browser(app)
    for path, status in (
        (f"/shared/{shared}", 200),
        ("/shared/-", 404),
        ("/passages/1", 200),
        ("/passages/9", 404),
    ):
        page = mine.get(path)
        assert page.status_code == status, path
        assert '<html lang="zh-CN">' in page.text and english(page.text) == [], path
        assert "请先登录" in browser(app, signed_in=False).get(path).text


def test_the_lines_of_a_conversation_say_in_chinese_whose_they_are(chinese: None) -> None:
    lines = [
        Entry("user", text="1"),
        Entry("tool", name="search_knowledge", status="failed"),
        Entry("assistant"),
    ]
    assert english("".join(map(reading._line, lines))) == []


def test_approvals_are_asked_for_in_chinese(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, path = browser(app), "/approvals/apr-1"
    for answer in (mine.get(path), mine.post(path, data={"answer": "yes"})):
        assert (
            answer.status_code in (404, 400)
            and "没有待处理的请求" in answer.text
            and english(answer.text) == []
        )
    monkeypatch.setattr("assistant.agent.direct.DirectCalls.waiting", lambda *_: [ASKED])
    monkeypatch.setattr("assistant.agent.direct.DirectCalls.decide", lambda *_: ASKED)
    pages = [mine.get(path), *(mine.post(path, data={"answer": each}) for each in ("yes", "no"))]
    assert [english(each.text) for each in pages] == [[], [], []]
    assert "批准</button>" in pages[0].text and "已批准" in pages[1].text and "已拒绝" in pages[2].text


def test_errors_without_a_translation_stay_as_they_are(chinese: None) -> None:
    assert "7 秒" in told(TooMany("That was too often.", "Wait 7 s and try again."))
    assert told(Missing("Nobody wrote {this}.", "Nor that.")) == "Nobody wrote {this}. Nor that."


def test_cards_are_chinese(chinese: None) -> None:
    task = {"task": "任务"}
    metrics = {"accuracy": 0.9, "precision": 0.9, "recall": 0.9, "f1": 0.9}
    outcome = {"model": "模型", "metrics": metrics, "baseline": {"majority": {"accuracy": 0.5}, "frozen_encoder": 0.6},
               "seconds": 100, "trainable_parameters": 10}  # fmt: skip
    entry = {
        "name": "模型",
        "method": "方法",
        "base": "基座",
        "metrics": metrics,
        "status": "deployed",
        **task,
    }
    results = {
        "inspect_dataset": {"dataset": "数据", "rows": 3, "pii": {"EMAIL_ADDRESS": 1, "PERSON": 2}, **task},
        "recommend_model": {
            **task,
            "candidates": [{"model": "甲", "method": "乙", "why": "", "fits": False}],
        },
        "show_job": {"status": "succeeded", "result": outcome},
        "compare_models": {"models": [entry], "best": "模型"},
        "list_models": {"models": [entry]},
        "list_jobs": {"jobs": [{"id": "job-1", "kind": "训练", "status": "running", "created_at": ""}]},
        "benchmark_model": {"model": "模型", "requests_per_second": 1.0, "latency_ms": {}},
        "predict": {"text": "文", "predictions": [{"entities": []}]},
        "evaluate_model": {"model": "模型", "metrics": {"perplexity": 2.0, "token_accuracy": 0.5},
                           "baseline": {"base_model": {"perplexity": 3.0}, "word_frequencies": {"perplexity": 9.0}},
                           "examples": [{"question": "问", "wanted": "答", "got": "答"}]},
    }  # fmt: skip
    assert {tool: english(result_card(tool, result)) for tool, result in results.items()} == dict.fromkeys(
        results, []
    )
    assert (
        "邮箱" in hidden_note(["EMAIL_ADDRESS"])["content"]
        and english(hidden_note(["PERSON"])["content"]) == []
    )


def test_the_service_that_signs_in_refuses_in_chinese(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", oidc_issuer="http://127.0.0.1:9", oidc_client_id="a")
    application = Application(settings)
    door = TestClient(oidc.build(application), headers={"Accept-Language": "zh-CN"})
    for path in ("/", "/callback?code=a&state=b"):
        page = door.get(path).text
        assert '<html lang="zh-CN">' in page and english(page.replace("127.0.0.1:9", "")) == [], path
    application.close()


def test_heat_maps_are_chinese(chinese: None) -> None:
    figures = {"comprehensiveness": 0.1, "random_comprehensiveness": 0.2, "sufficiency": 0.3}
    words = [{"text": t, "start": i, "end": i + 1, "attribution": 1.0 - 2 * i} for i, t in enumerate("退款")]
    said = {"label": "退货", "score": 0.9, "scores": {"退货": 0.9, "发货": 0.1}}
    found = {"prediction": said, "target": "发货", "tokens": words, "faithfulness": figures}
    found["notes"] = ["The text is empty."]
    change = {"text": "款", "label": None, "score": 0.5, "changes": [{"from": "退", "to": ""}]}
    windows = {"windows": [{"prediction": said, "tokens": words}]}
    beside = {"versus": found, "agreement": {"same_label": True, "rank_correlation": 0.5}}
    entity = {"text": "退款", "entity": "人"}
    patches = [{"row": i, "column": 1, "attribution": 0.5} for i in (1, 2)]
    for each in (
        {**found, **windows, **beside, "counterfactual": change},
        {**found, "counterfactual": None, "versus": found, "agreement": {"same_label": False}},
        {**found, "other": {**found, "notes": []}},
        {**found, "prediction": {**said, "entities": [entity]}, "target": entity},
        {"prediction": said, "target": "退货", "patches": patches, "faithfulness": figures},
    ):
        shown = result_card("explain_prediction", each)
        assert english(re.sub(r"Spearman", "", shown)) == []
        assert "检验" in shown and "<b>" in shown
    pairs = [{"label": "退货", "predicted": "发货", "count": 1, "examples": []}]
    whole = {"model": "模型", "metrics": {"accuracy": 0.9}, "words": {"退货": ["退款"]}, "confused": pairs}
    assert english(result_card("explain_prediction", whole)) == []
    by = [{"word": "退款", "attribution": 0.5, "texts": 3}]
    slices = [{"slice": "短", "rows": 3, "accuracy": 0.1}]
    doubts = [{"text": "退", "label": "退货", "suggested": "发货", "score": 0.9}]
    sure = {"error": 0.1, "bins": [{"confidence": 0.9, "accuracy": 0.8, "rows": 5}]}
    page = {**whole, "words": {"退货": by}, "slices": slices, "label_errors": doubts, "calibration": sure}
    for each in (page, {**page, "slices": [], "label_errors": []}):
        shown = overview_body({**each, "explained": 5, "method": "方法", "warnings": []}, say)
        assert english(shown) == [] and "校准" in shown
