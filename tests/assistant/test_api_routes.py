"""The routes of our own, who may call them, and what becomes of bad requests."""

import io
import json
import re

import jsonschema
import pytest

from assistant.api.auth import VisitorLimits
from assistant.api.visitors import Visit, VisitorTokens
from assistant.errors import TooMany, Unauthenticated
from tests.assistant.api_server import CSV, PAGE, Server, server

__all__ = ["server"]


def error_of(response) -> dict:
    """The error's fields; the shape is OpenAI's."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["message"]
    return error


def test_health_and_metrics(server: Server) -> None:
    nobody = server.client()
    assert nobody.get("/healthz").json() == {"status": "ok"}
    assert nobody.get("/readyz").status_code == 503
    server.api.state.ready.set()
    assert nobody.get("/readyz").status_code == 200
    figures = nobody.get("/metrics").text
    assert 'assistant_http_requests_total{method="GET",route="/healthz",status="200"}' in figures


def test_classify(server: Server) -> None:
    body = {"model": "router", "input": ["I want my money back", "Where is my parcel?"]}
    answer = server.admin.post("/v1/classify", json=body).json()
    assert [each["label"] for each in answer["data"]] == ["refund", "shipping"]
    assert answer["data"][1]["index"] == 1 and abs(sum(answer["data"][1]["probs"].values()) - 1) < 1e-3
    one = server.admin.post("/v1/classify", json={"model": "ROUTER", "input": "x" * 100_000})
    assert one.status_code == 200 and len(one.json()["data"]) == 1
    figures = server.client().get("/metrics").text
    assert 'assistant_queued_texts{model="router"} 0.0' in figures
    read, batches = (
        float(re.search(rf'^assistant_{name}_total{{model="router"}} (\S+)$', figures, re.MULTILINE)[1])
        for name in ("batched_texts", "batches")
    )
    assert read >= 3 and 2 <= batches <= read


@pytest.mark.parametrize(
    ("route", "body", "status", "code"),
    [
        ("classify", {"model": "nobody", "input": "a"}, 404, "model_not_found"),
        ("classify", {"model": "idle", "input": "a"}, 404, "model_not_found"),
        ("classify", {"model": "minilm", "input": "a"}, 404, "model_not_found"),
        ("classify", {"model": "router", "input": []}, 400, "invalid_request"),
        ("classify", {"model": "router", "input": "x" * 100_001}, 400, "invalid_request"),
        ("classify", {"model": "router", "input": "a\0b"}, 400, "invalid_request"),
        ("embeddings", {"model": "router", "input": "a"}, 400, "invalid_request"),
        ("embeddings", {"model": "minilm", "input": "a", "dimensions": 7}, 400, "invalid_request"),
        ("chat/completions", {"model": "router", "messages": [{"role": "user", "content": "a"}]}, 400, None),
        ("chat/completions", {"model": "assistant", "messages": []}, 400, "invalid_request"),
        ("chat/completions", {"model": "assistant", "messages": [{"role": "assistant"}]}, 400, None),
        (
            "chat/completions",
            {"model": "assistant", "messages": [{"role": "user", "content": "a"}], "thread": "thr-1"},
            404,
            "not_found",
        ),
        ("explain", {"model": "nobody", "text": "a"}, 404, "not_found"),
        ("redact", {"text": "a", "language": "xx"}, 400, "invalid_request"),
        ("knowledge/search", {"query": "a", "k": 10**30}, 400, "invalid_request"),
        ("knowledge/search", {"query": " "}, 400, "invalid_request"),
        ("knowledge/ask", {"question": "\n"}, 400, "invalid_request"),
        ("knowledge/sources", {"source": "http://127.0.0.1/private.md"}, 400, "unreadable_source"),
        ("knowledge/sources", {"sources": ["/etc/passwd"]}, 404, "not_found"),
    ],
)
def test_refusals(server: Server, route: str, body: dict, status: int, code: str | None) -> None:
    response = server.admin.post(f"/v1/{route}", json=body)
    assert response.status_code == status, response.text
    error = error_of(response)
    assert code in (None, error["code"])
    assert "Did you mean" not in error["message"] or body["model"] not in error["message"].split("mean")[1]


def test_refusals_name_the_field_that_was_sent(server: Server) -> None:
    given = {"training_file": "router.csv", "model": "minilm"}
    file = server.admin.post(
        "/v1/files", files={"file": ("small.csv", CSV.encode())}, data={"purpose": "fine-tune"}
    ).json()["id"]
    for route, body, field in (
        ("fine_tuning/jobs", given, "training_file"),
        ("fine_tuning/jobs", {"training_file": file, "validation_file": "none.csv"}, "validation_file"),
        ("fine_tuning/jobs", {"training_file": file, "label": "colour"}, "label"),
        ("fine_tuning/jobs", {"training_file": file, "model": "minilmm"}, "model"),
        ("classify", {"model": "router", "input": [" "]}, "input"),
        ("knowledge/sources", {"sources": ["nothing.md"]}, "sources"),
    ):
        error = error_of(server.admin.post(f"/v1/{route}", json=body))
        assert error["param"] == field, error


def test_malformed_bodies(server: Server) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (b"{", b"[1]", b'"\xff"', b"[" * 100_000, b'{"text": "\\ud800"}', b'{"text": NaN}', b""):
        response = server.admin.post("/v1/redact", content=content, headers=headers)
        assert response.status_code == 400, content[:20]
        error_of(response)
    big = server.admin.post("/v1/redact", json={"text": "x" * 10_000_000})
    assert big.status_code == 413 and error_of(big)["code"] == "too_large"
    assert error_of(server.admin.get("/nowhere"))["code"] == "not_found"
    assert server.admin.delete("/healthz").status_code == 405


def test_a_broken_part_is_a_500_in_the_same_shape(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args, **_kwargs):
        raise RuntimeError("card 4111 1111 1111 1111")

    monkeypatch.setattr(type(server.app.knowledge), "search", broken)
    response = server.client(server.key, **{"X-Request-Id": "mine-1"}).post(
        "/v1/knowledge/search", json={"query": "a"}
    )
    assert response.status_code == 500 and response.headers["X-Request-Id"] == "mine-1"
    assert error_of(response)["code"] == "internal_error" and "4111" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_explain_and_redact(server: Server) -> None:
    body = {"model": "router", "text": "I want my money back"}
    told = server.admin.post("/v1/explain", json=body).json()
    assert told["prediction"]["label"] == "refund"
    assert [body["text"][t["start"] : t["end"]] for t in told["tokens"]] == [
        t["text"] for t in told["tokens"]
    ]
    body |= {"text": ["Where is my parcel?", "I cannot log in"], "html": True}
    many = server.admin.post("/v1/explain", json=body).json()
    assert [each["prediction"]["label"] for each in many["explanations"]] == ["shipping", "password"]
    assert "parcel" in many["html"] and "<script" not in many["html"]
    body = {"model": "router", "text": "Where is my parcel?", "versus": "router"}
    assert server.admin.post("/v1/explain", json=body).json()["agreement"]["same_label"]
    body = {"model": "router", "text": "Where is my parcel?", "counterfactual": True}
    turned = server.admin.post("/v1/explain", json=body).json()["counterfactual"]
    assert turned["label"] != "shipping" and turned["changes"]
    for wrong in ({"text": " "}, {"text": "a", "target": "x"}, {"text": ["a"], "versus": "router"}):
        assert server.admin.post("/v1/explain", json={"model": "router", **wrong}).status_code in (400, 404)
    asked = {"question": "When does support answer?"}
    rests = server.admin.post("/v1/knowledge/explain", json=asked).json()
    assert rests["passages"][0]["source"] == "hours.md"
    hidden = server.admin.post("/v1/redact", json={"text": "Write to jane.roe@example.org"}).json()
    assert hidden["text"] == "Write to <EMAIL_ADDRESS>" and hidden["entities"][0]["start"] == 9


def test_knowledge(server: Server) -> None:
    client = server.admin
    found = client.post("/v1/knowledge/search", json={"query": "opening hours of support", "k": 1}).json()
    assert [each["source"] for each in found["results"]] == ["hours.md"]
    file = client.post(
        "/v1/files", files={"file": ("gift.md", b"# Gifts\n\nGift cards are valid for two years.\n")},
        data={"purpose": "assistants"},
    ).json()  # fmt: skip
    added = client.post("/v1/knowledge/sources", json={"sources": [file["id"]]}).json()
    assert (added["sources"], added["skipped"]) == (1, [])
    answer = client.post("/v1/knowledge/ask", json={"question": "How long are gift cards valid?"}).json()
    assert answer["answered"] and "two years" in answer["answer"]
    narrowed = {"query": "gift cards", "filters": {"source": "hours.md"}}
    found = client.post("/v1/knowledge/search", json=narrowed).json()["results"]
    assert {each["source"] for each in found} == {"hours.md"}
    narrowed["filters"] = {"since": "last week"}
    assert client.post("/v1/knowledge/search", json=narrowed).status_code == 400
    internal = {"visibility": "internal"}
    [item] = client.patch("/v1/knowledge/sources/gift.md", json=internal).json()["items"]
    assert item["visibility"] == "internal"
    assert client.patch("/v1/knowledge/sources/gift", json=internal).status_code == 404
    assert client.delete("/v1/knowledge/sources/gift.md").json()["removed"] == ["gift.md"]
    for again in ("gift.md", "hours"):  # also a retry: no other document is near enough
        assert client.delete(f"/v1/knowledge/sources/{again}").status_code == 404
    assert len(client.get("/v1/knowledge/sources").json()["items"]) == 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("knowledge/search", {"query": "money back", "k": 2}),
        ("knowledge/ask", {"question": "How many days do I have to return an item?"}),
        ("knowledge/ask", {"question": "Who was the first king of France?"}),
        ("knowledge/explain", {"question": "How many days do I have to return an item?", "words": True}),
        ("explain", {"model": "router", "text": "give my money back", "counterfactual": True}),
        ("explain", {"model": "router", "text": ["give my money back", "where is it?"], "html": True}),
        ("explain", {"model": "router", "text": "give my money back", "versus": "router"}),
        ("explain/model", {"model": "router", "data": "shapes.csv"}),
    ],
)
def test_results_have_the_shapes_that_are_described(server: Server, path: str, body: dict) -> None:
    if "data" in body:
        server.app.files.save(body["data"], io.BytesIO(CSV.encode()), "owner", "fine-tune")
    answer = server.admin.post(f"/v1/{path}", json=body)
    assert answer.status_code == 200, answer.text
    spec = server.api.openapi()
    good = spec["paths"][f"/v1/{path}"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), good | {"components": spec["components"]})


def test_many_documents_are_added_and_all_read_anew_in_the_background(server: Server) -> None:
    client, path = server.admin, "/v1/knowledge"
    sent = client.post(
        f"{path}/jobs", json={"sources": ["https://example.org/sitemap.xml"], "tags": ["site"]}
    )
    job = sent.json()
    assert (sent.status_code, job["kind"], job["status"]) == (202, "add_documents", "queued")
    spec = server.app.jobs.row(job["id"])["spec"]
    assert spec == {"sources": ["https://example.org/sitemap.xml"], "visibility": None, "tags": ["site"]}
    assert client.post(f"{path}/jobs", json={}).json()["error"]["param"] == "sources"
    assert client.post(f"{path}/jobs", json={"source": "none.md"}).status_code == 404
    anew = client.post(f"{path}/reindex")
    assert (anew.status_code, anew.json()["kind"]) == (202, "reindex")
    assert client.post(f"{path}/reindex").status_code == 409
    assert [each["id"] for each in client.get(f"{path}/jobs").json()["jobs"]] == [
        anew.json()["id"],
        job["id"],
    ]
    for each in (job, anew.json()):
        assert client.post(f"{path}/jobs/{each['id']}/cancel").json()["status"] == "cancelled"
    assert client.get(f"{path}/jobs/{job['id']}").json()["status"] == "cancelled"
    assert client.get(f"{path}/jobs/job-999").status_code == 404


def test_questions_without_an_answer_are_listed_until_they_are_settled(server: Server) -> None:
    client, question = server.admin, "which tyres fit a blue tractor?"
    for _ in range(2):
        assert not client.post("/v1/knowledge/ask", json={"question": question}).json()["answered"]
    [noted] = [
        each
        for each in client.get("/v1/knowledge/unanswered").json()["questions"]
        if "tyres" in each["question"]
    ]
    assert noted["asked"] == 2
    left = client.delete(f"/v1/knowledge/unanswered/{noted['number']}").json()["questions"]
    assert noted["number"] not in [each["number"] for each in left]


def test_a_dataset_is_scrubbed_into_another_file(server: Server) -> None:
    rows = "text,label\nwrite to ann.quill@example.org,a\nhello there,b\n"
    made = server.admin.post(
        "/v1/files", files={"file": ("mails.csv", rows.encode())}, data={"purpose": "fine-tune"}
    ).json()
    path = f"/v1/files/{made['id']}/scrub"
    found = server.admin.post(path, json={"out": "clean.jsonl", "operator": "replace"}).json()
    told = {key: found[key] for key in ("filename", "rows", "changed", "entities", "columns", "left")}
    assert told == {
        "filename": "clean.jsonl",
        "rows": 2,
        "changed": 1,
        "entities": {"EMAIL_ADDRESS": 1},
        "columns": ["text"],
        "left": ["label"],
    }
    clean = server.admin.get(f"/v1/files/{found['file']}/content").text.splitlines()
    assert json.loads(clean[0]) == {"text": "write to <EMAIL_ADDRESS>", "label": "a"}
    assert server.admin.post(path).json()["filename"] == "mails-scrubbed.csv"
    for wrong, said in (({"out": "a.docx"}, ".jsonl"), ({"columns": ["txt"]}, "Did you mean text")):
        refused = server.admin.post(path, json=wrong)
        assert refused.status_code == 400 and said in refused.json()["error"]["message"]
        assert refused.json()["error"]["param"] == next(iter(wrong))
    assert server.admin.post("/v1/files/file-none/scrub").status_code == 404
    assert [
        each.name for each in server.app.files.path(server.app.files.get(made["id"])).parent.iterdir()
    ] == ["mails.csv"]


def test_admins_read_the_audit_log_a_page_at_a_time(server: Server) -> None:
    server.app.keys.create("viewer"), server.app.keys.create("viewer")
    page = server.admin.get("/v1/audit", params={"limit": 1, "action": "key created"}).json()
    entry = page["data"][0]
    assert page["has_more"] and entry["action"] == "key created"
    more = server.admin.get("/v1/audit", params={"before": entry["number"], "action": "key"}).json()["data"]
    assert more and all(each["number"] < entry["number"] for each in more)
    narrowed = server.app.keys.create("admin", scopes=["audit"])["secret"]
    assert server.client(narrowed).get("/v1/audit").status_code == 200
    assert server.client(server.viewer).get("/v1/audit").status_code == 403
    written = server.admin.get("/v1/audit/export")
    entries = [json.loads(line) for line in written.text.splitlines()]
    assert (
        entries == list(server.app.audit.everything())
        and "attachment" in written.headers["Content-Disposition"]
    )
    verified = server.admin.get("/v1/audit/verify").json()
    assert (verified["entries"], verified["intact"]) == (len(entries), True)
    assert verified["head"] == entries[-1]["hash"]


def test_who_may_call(server: Server) -> None:
    assert error_of(server.client().get("/v1/models"))["type"] == "authentication_error"
    assert server.client("sk-wrong").get("/v1/models").status_code == 401
    viewer = server.client(server.viewer)
    assert viewer.get("/v1/files").status_code == 200
    upload = viewer.post("/v1/files", files={"file": ("a.csv", b"a")}, data={"purpose": "assistants"})
    assert upload.status_code == 403
    assert viewer.post("/v1/knowledge/sources", json={"sources": ["a"]}).status_code == 403
    assert viewer.post("/v1/fine_tuning/jobs/job-1/cancel").status_code == 403


def test_every_route_but_the_open_ones_asks_who_is_calling(server: Server) -> None:
    open_routes = {"/healthz", "/readyz", "/metrics"}
    nobody = server.client()
    for path, verbs in server.api.openapi()["paths"].items():
        for verb in verbs:
            response = nobody.request(verb.upper(), path.replace("{", "").replace("}", ""), json={})
            expected = path not in open_routes
            # The body is looked at before the caller: a bad one may be told so.
            assert (response.status_code in (400, 401)) == expected, (verb, path, response.status_code)


def test_a_publishable_key_answers_its_pages_and_nothing_else(server: Server) -> None:
    ours = server.client(server.widget, Origin=PAGE)
    question = {"question": "What does the chief executive earn?"}
    answer = ours.post("/v1/knowledge/ask", json=question)
    assert answer.status_code == 200 and "90,000" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    for origin in ("https://evil.example", f"{PAGE}.evil.example", "null", ""):
        theirs = server.client(server.widget, Origin=origin).post("/v1/knowledge/ask", json=question)
        assert theirs.status_code == 403 and "Access-Control-Allow-Origin" not in theirs.headers
    assert server.client(server.widget).post("/v1/knowledge/ask", json=question).status_code == 403
    for path, verbs in server.api.openapi()["paths"].items():
        for verb in verbs:
            if path.startswith("/v1/") and "widget" not in path and path != "/v1/knowledge/ask":
                body = {
                    "messages": [{"role": "user", "content": "a"}],
                    "text": "a",
                    "query": "a",
                    "input": "a",
                }
                body |= {"model": "assistant", "training_file": "a"}
                response = ours.request(verb.upper(), path.replace("{", "").replace("}", ""), json=body)
                assert response.status_code == 403, (verb, path)


def test_preflights(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    ours = server.client(Origin=PAGE).options("/v1/knowledge/ask", headers=asked)
    assert ours.status_code == 204 and ours.headers["Access-Control-Allow-Origin"] == PAGE
    for origin, path in ((PAGE, "/v1/models"), ("https://evil.example", "/v1/knowledge/ask")):
        refused = server.client(Origin=origin).options(path, headers=asked)
        assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_cookie_is_no_key_for_other_sites(server: Server) -> None:
    cookie = {"assistant_session": server.app.sessions.create("owner")}
    page = server.client()
    page.cookies.update(cookie)
    body = {"text": "hello"}
    assert page.post("/v1/redact", json=body).status_code == 200
    assert page.post("/v1/redact", json=body, headers={"Origin": "http://testserver"}).status_code == 200
    assert page.post("/v1/redact", json=body, headers={"Origin": "https://evil.example"}).status_code == 403


def test_artifacts_are_their_owners_and_run_nothing(server: Server) -> None:
    path = server.app.artifacts.new_path(".html")
    path.write_text("<script>alert(1)</script>")
    mine = server.app.artifacts.record("report", "Report", path, "owner")["id"]
    shown = server.admin.get(f"/artifacts/{mine}")
    assert shown.status_code == 200 and shown.headers["Content-Security-Policy"].startswith("sandbox;")
    other = server.app.users.add("Bo", "admin")
    theirs = server.client(server.app.keys.create("admin", user_id=other["id"])["secret"])
    assert theirs.get(f"/artifacts/{mine}").status_code == 404


def test_visitors_tokens(server: Server) -> None:
    tokens, visit = VisitorTokens(server.app.home), Visit.begin("key-1", PAGE)
    assert tokens.read(tokens.sign(visit)) == visit
    payload, mac = tokens.sign(visit).split(".")
    for forged in (
        f"{payload}A.{mac}",
        f"{payload}.{mac[:-2]}AA",
        payload,
        "",
        ".",
        "é.é",
        tokens.sign(visit, -1),
    ):
        with pytest.raises(Unauthenticated):
            tokens.read(forged)


def test_a_visitor_talks_sees_passages_and_is_stopped_with_the_key(server: Server) -> None:
    key = server.app.keys.create(widget=True, origins=[PAGE])
    token = VisitorTokens(server.app.home).sign(Visit.begin(key["id"], PAGE))
    visitor = server.client(token, Origin=PAGE)
    answer = visitor.post("/v1/widget/messages", json={"message": "When does support answer?"})
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    said = "".join(event["text"] for event in events if event["kind"] == "token")
    assert "9:00" in said and events[-1]["kind"] == "done"
    cited = next(event for event in events if event["kind"] == "citation")
    page = visitor.get(f"/v1/widget/passages/{cited['passage']}").json()
    assert "9:00" in page["text"][page["start"] : page["end"]]
    thread = events[-1]["thread"]
    lines = visitor.get("/v1/widget/messages", params={"thread": thread}).json()["messages"]
    assert [line["role"] for line in lines] == ["user", "assistant"] and lines[1]["citations"]
    other = server.client(VisitorTokens(server.app.home).sign(Visit.begin(key["id"], PAGE)), Origin=PAGE)
    assert other.get("/v1/widget/messages", params={"thread": thread}).status_code == 404
    assert server.client(token, Origin="https://evil.example").get(
        f"/v1/widget/passages/{cited['passage']}"
    ).status_code == 403  # fmt: skip
    server.app.keys.revoke(key["id"])
    assert visitor.post("/v1/widget/messages", json={"message": "Hello?"}).status_code == 401


def test_visitors_are_limited(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.api.state, "visitor_limits", VisitorLimits(per_address=2))
    ours = server.client(server.widget, Origin=PAGE)
    answers = [ours.post("/v1/knowledge/ask", json={"question": "When?"}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    limits = VisitorLimits(per_address=100, per_key=1)
    limits.check("key", "1.1.1.1")
    with pytest.raises(TooMany):
        limits.check("key", "2.2.2.2")
