"""Replies: what is out of reach is refused, what is unknown names whom to ask, and next steps are understood."""

# ruff: noqa: E501 - tables of cases read best in one line
import time
from typing import Any

import pytest

from assistant.brain.decide import decide
from assistant.brain.replies.compose import compose
from assistant.brain.replies.talk import kind_of_talk, small_talk
from assistant.brain.situation import Situation

SITUATION = Situation(
    datasets=["tickets.csv", "orders.csv"],
    models=[{"name": "tickets-1"}, {"name": "mail-tag"}],
    jobs=[{"id": "job-2", "status": "failed"}, {"id": "job-1", "status": "running"}],
)


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("book me a flight to Paris, thanks", "I can't book you a flight to Paris."),
        ("Book me a flight. Thanks a lot!", "I can't book you a flight."),
        ("order me a nice pizza", "I can't order you a nice pizza."),
        ("can you help me book a flight", "I can't book a flight."),
        ("hi, can you book a flight for me? thanks!", "I can't book a flight."),
        ("cancel my hotel booking", "I can't cancel your hotel booking."),
        ("ok great, now order a pizza", "I can't order a pizza."),
        ("tell me a joke lol", "I can't tell you a joke."),
        ("sorry, please turn off the light", "I can't turn off the light."),
        ("帮我订一张机票，谢谢", "我没法帮您订一张机票。"),
        ("好的，帮我点个披萨", "我没法帮您点个披萨。"),
        ("取消我的酒店预订", "我没法取消您的酒店预订。"),
        ("给我讲个笑话吧哈哈", "我没法给您讲个笑话。"),
    ],
)
def test_a_wish_wins_over_its_pleasantry(message: str, refusal: str):
    language = "en" if message.isascii() else "zh"
    said = small_talk(message, language)
    assert said.text.startswith(refusal)
    assert said.text != refusal
    assert said.suggestions
    assert not small_talk(message, language, visitor=True).suggestions


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("thanks a lot!", "thanks"), ("thanks for the help", "thanks"), ("give me a moment, thanks", "thanks"), ("tell me more, thanks", "thanks"),
        ("that makes sense, thanks", "thanks"), ("ok great", "praise"), ("that is nice of you", "praise"), ("what a great tool", "praise"),
        ("no, not now", "fine"), ("cancel", "fine"), ("stop it", "fine"), ("cancel that please", "fine"), ("don't do that", "fine"),
        ("call you later, bye", "bye"), ("have a nice day", "bye"), ("sorry for the typo", "sorry"), ("hello there", "hello"),
        ("can you help me?", "abilities"), ("help", "abilities"), ("are you a robot", "who"),
        ("好的谢谢", "thanks"), ("麻烦你了", "thanks"), ("找到了，谢谢", "thanks"), ("取消吧", "fine"), ("先不了", "fine"),
        ("写得真好", "praise"), ("太好了", "praise"), ("你能做什么", "abilities"), ("可以帮我吗", "abilities"), ("你好", "hello"),
    ],
)  # fmt: skip
def test_a_pleasantry_alone_stays_one(message: str, kind: str):
    assert kind_of_talk(message) == kind


@pytest.mark.parametrize(
    "message", ["." * 50000 + "x", "thanks " * 9000 + "x", "谢谢" * 9000 + "x", "no " * 60 + "book"]
)
def test_long_messages_take_no_time(message: str):
    start = time.perf_counter()
    small_talk(message, "en")
    assert time.perf_counter() - start < 0.5


UNKNOWN = {
    "answer": "I could not find that in the knowledge base.",
    "citations": [],
    "answered": False,
}


def test_who_does_not_know_says_whom_to_ask():
    team = compose("search_knowledge", {"query": "q"}, UNKNOWN, "en", team=True)
    assert team.text.startswith("I don't know: I could not find that in the knowledge base.")
    assert "ask the colleague" in team.text and "Knowledge page" in team.text
    chinese = compose("search_knowledge", {"query": "q"}, UNKNOWN, "zh", team=True).text
    assert chinese.startswith("我不知道") and "同事" in chinese and "未回答" in chinese


def test_a_visitor_is_told_nothing_that_only_the_team_can_do():
    for language in ("en", "zh"):
        told = compose("search_knowledge", {"query": "q"}, UNKNOWN, language)
        assert not told.suggestions
        assert not any(
            word in told.text for word in ("add a document", "colleague", "Knowledge page", "文档", "同事")
        )
        assert ("ask the team" if language == "en" else "询问团队") in told.text
    known = {"answer": "30 days [1].", "citations": [{"title": "Refund policy"}], "answered": True}
    assert compose("search_knowledge", {}, known, "en").suggestions == []


@pytest.mark.parametrize(
    ("language", "title", "other"), [("en", "Refund policy", "退款政策"), ("zh", "退款政策", "FAQ")]
)
def test_an_answer_offers_to_read_on_in_the_language_of_the_talk(language: str, title: str, other: str):
    known = {"answer": "30 [1].", "citations": [{"title": title}], "answered": True}
    (step,) = compose("search_knowledge", {}, known, language, team=True).suggestions
    found = decide([{"role": "user", "content": step}], SITUATION)
    assert (found.tool, found.options, found.language) == ("search_knowledge", [], language)
    known["citations"] = [{"title": other}]
    assert compose("search_knowledge", {}, known, language, team=True).suggestions == []


MODEL = {"name": "tickets-1", "model": "tickets-1", "task": "text-classification", "base": "minilm"}
STEPS: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str | None, dict[str, Any]]]]] = [
    ("redact_text", {"text": "call Jane"}, {"text": "call <PERSON>", "entities": [{"entity_type": "PERSON"}]}, [("redact_text", {})]),
    ("redact_text", {"text": "hello"}, {"text": "hello", "entities": []}, [("redact_text", {})]),
    ("list_jobs", {}, {"jobs": SITUATION.jobs}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("list_jobs", {}, {"jobs": SITUATION.jobs[:1]}, [("show_job", {"job": "job-2"})]),
    ("list_jobs", {}, {"jobs": [{"id": "job-1", "status": "succeeded"}]}, [("show_job", {"job": "job-1"})]),
    ("show_job", {"job": "job-2"}, {"id": "job-2", "kind": "finetune", "status": "failed", "error": "Full."}, [("finetune_model", {}), ("list_jobs", {})]),
    ("show_job", {"job": "job-2"}, {"id": "job-2", "kind": "learn", "status": "failed"}, [("list_jobs", {})]),
    ("show_job", {"job": "job-2"}, {"id": "job-2", "kind": "finetune", "status": "cancelled"}, [("resume_job", {"job": "job-2"}), ("finetune_model", {}), ("list_jobs", {})]),
    ("cancel_job", {"job": "job-1"}, {"id": "job-1", "status": "cancelled"}, [("resume_job", {"job": "job-1"}), ("finetune_model", {}), ("list_jobs", {})]),
    ("cancel_job", {"job": "job-1"}, {"id": "job-1", "status": "running"}, [("show_job", {"job": "job-1"})]),
    ("undeploy_model", {"model": "tickets-1"}, MODEL, [("deploy_model", {"model": "tickets-1"}), ("list_models", {})]),
    ("benchmark_model", {"model": "tickets-1"}, MODEL, [("evaluate_model", {"model": "tickets-1"}), ("compare_models", {"models": ["tickets-1", "mail-tag"]})]),
    ("explain_prediction", {"model": "tickets-1", "text": "where"}, MODEL | {"prediction": {"label": "a"}}, [("evaluate_model", {"model": "tickets-1"})]),
    ("list_models", {}, {"models": [MODEL]}, [("evaluate_model", {"model": "tickets-1"}), ("deploy_model", {"model": "tickets-1"})]),
    ("list_models", {}, {"models": [MODEL | {"status": "deployed"}]}, [("evaluate_model", {"model": "tickets-1"}), ("benchmark_model", {"model": "tickets-1"})]),
    ("recommend_model", {"task": "text-classification"}, {"task": "text-classification", "candidates": [{"model": "minilm", "method": "head"}]}, [("finetune_model", {"base_model": "minilm"})]),
    ("search_knowledge", {"query": "refunds?"}, {"answer": "30 [1].", "citations": [{"title": "How to deploy a model"}], "answered": True}, []),
    ("search_knowledge", {"query": "refunds?"}, UNKNOWN, [("add_knowledge", {})]),
    ("add_knowledge", {"source": "handbook.pdf"}, {"documents": 1, "chunks": 3}, [("remove_knowledge", {"source": "handbook.pdf"})]),
    ("show_job", {"job": "job-1"}, {"id": "job-1", "kind": "finetune", "status": "running", "progress": 0.5}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("show_job", {"job": "job-1"}, {"id": "job-1", "kind": "finetune", "status": "queued"}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("resume_job", {"job": "job-1"}, {"id": "job-1", "kind": "finetune", "status": "queued"}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("finetune_model", {"dataset": "tickets.csv"}, {"job": "job-1", "model": "tickets-2"}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("add_knowledge", {"source": "site.zip"}, {"job": "job-1", "status": "queued", "found": 240}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("show_job", {"job": "job-1"}, {"id": "job-1", "kind": "add_documents", "status": "running", "progress": 0.5}, [("show_job", {"job": "job-1"}), ("cancel_job", {"job": "job-1"})]),
    ("show_job", {"job": "job-1"}, {"id": "job-1", "kind": "add_documents", "status": "cancelled"}, [("resume_job", {"job": "job-1"}), ("list_jobs", {})]),
    ("add_knowledge", {"source": "my handbook.pdf"}, {"documents": 1, "chunks": 3}, []),
    ("add_knowledge", {"source": "handbook.pdf"}, {"documents": 0, "skipped": []}, []),
    ("remove_knowledge", {"source": "handbook.pdf"}, {"documents": 1}, [("add_knowledge", {"source": "handbook.pdf"})]),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("tool", "args", "result", "wanted"), STEPS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_next_steps_are_understood(
    tool: str, args: dict[str, Any], result: dict[str, Any], wanted: list[Any], language: str
):
    reply = compose(tool, args, result, language, team=True)
    assert len(reply.suggestions) == len(wanted)
    call = {"id": "c", "name": tool, "args": args}
    talk = [
        {"role": "user", "content": "please do it" if language == "en" else "请处理"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "{}", "tool_call_id": "c"},
        {"role": "assistant", "content": reply.text},
    ]
    for step, (intended, names) in zip(reply.suggestions, wanted, strict=True):
        for before in ([], talk):
            found = decide([*before, {"role": "user", "content": step}], SITUATION)
            assert (found.tool, found.options) == (intended, []), step
            assert names.items() <= found.args.items(), (step, found.args)
            assert found.language == language, step


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_entity_is_told_with_its_kind(language: str):
    entity = {"text": "Ada", "entity": "PER", "start": 0, "end": 3, "score": 0.9}
    result = {"model": "names", "text": "Ada", "predictions": [{"label": "PER", "entities": [entity]}]}
    assert "“Ada” (PER)" in compose("predict", {}, result, language).text


def test_another_label_than_the_predicted_one_is_named():
    tokens = [{"text": "parcel", "start": 0, "end": 6, "attribution": 0.4}]
    result = {"prediction": {"label": "shipping", "score": 0.9}, "target": "refund", "tokens": tokens}
    assert "spoke most for **refund**: “parcel”" in compose("explain_prediction", {}, result, "en").text
    assert "最支持**refund**的词" in compose("explain_prediction", {}, result, "zh").text
    result["target"] = "shipping"
    assert "spoke most for it: “parcel”" in compose("explain_prediction", {}, result, "en").text


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "en",
            [
                "accuracy@1 80.0 %, MRR 0.87",
                "For comparison: the untrained encoder (accuracy@1 50.0 %, MRR 0.6).",
                "2 texts are",
            ],
        ),
        (
            "zh",
            [
                "accuracy@1 80.0 %，MRR 0.87",
                "作为对照：未微调的编码器（accuracy@1 50.0 %，MRR 0.6）。",
                "已略去 2 条文本",
            ],
        ),
    ],
)
def test_a_measured_model_is_told_beside_its_base(language: str, wanted: list[str]):
    result = {
        "model": "search",
        "dataset": "pairs.csv",
        "metrics": {"accuracy@1": 0.8, "mrr": 0.87, "rows": 10},
        "baseline": {"frozen_encoder": {"accuracy@1": 0.5, "mrr": 0.6, "rows": 10}},
        "warnings": ["2 texts are left out: each is the only one of its label."],
        "per_class": {},
        "confusion": {"labels": [], "matrix": []},
    }
    said = compose("evaluate_model", {}, result, language).text
    assert all(each in said for each in wanted), said
    losses = {"loss": 1.5, "perplexity": 4.48, "token_accuracy": 0.6}
    said = compose(
        "evaluate_model", {}, result | {"metrics": losses, "baseline": {"base_model": losses}}, language
    ).text
    assert {"en": "perplexity 4.48", "zh": "困惑度 4.48"}[language] in said
    high = {"word_frequencies": {"perplexity": 3895.4}}
    assert "3,895" in compose("evaluate_model", {}, result | {"baseline": high}, language).text
