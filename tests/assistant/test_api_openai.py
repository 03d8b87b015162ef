"""The official OpenAI client against the routes that OpenAI's API has too."""

import io

import openai
import pytest

from tests.assistant.api_server import CSV, Server, server

__all__ = ["server"]
ASSISTANT = "assistant"


def ask(client, words: str, history=(), **extra):
    messages = [*history, {"role": "user", "content": words}]
    return client.chat.completions.create(model=ASSISTANT, messages=messages, extra_body=extra or None)


def test_models(server: Server) -> None:
    models = server.openai.models
    assert [model.id for model in models.list()] == ["assistant", "minilm", "writer", "router"]
    assert models.retrieve("router").task == "text-classification"
    with pytest.raises(openai.NotFoundError, match="Deploy it first"):
        models.retrieve("idle")


def test_chat_answers_with_citations(server: Server) -> None:
    answer = ask(server.openai, "How many days do I have to return an item?")
    assert "30 days" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens > 10
    told = answer.assistant
    assert told["citations"][0]["source"] == "refunds.md"
    assert [(call["name"], call["status"]) for call in told["tool_calls"]] == [
        ("search_knowledge", "succeeded")
    ]
    assert told["thread"].startswith("thr-") and told["approval"] is None


def test_chat_streams_the_same_words(server: Server) -> None:
    stream = server.openai.chat.completions.create(
        model=ASSISTANT,
        messages=[{"role": "user", "content": "When does support answer?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert "9:00" in said and "[1]" in said
    assert chunks[-1].usage.completion_tokens > 5 and not chunks[-1].choices
    last = chunks[-2]
    assert last.choices[0].finish_reason == "stop" and last.assistant["reply"] == said.strip()
    steps = [c.assistant["event"]["kind"] for c in chunks if getattr(c, "assistant", {}).get("event")]
    assert [step for step in steps if "tool" in step] == ["toolstarted", "toolfinished"]
    assert "citation" in steps


def test_personal_data_does_not_come_back(server: Server) -> None:
    answer = ask(server.openai, "I am at jane.roe@example.org. When does support answer?")
    assert {"entity_type": "EMAIL_ADDRESS", "where": "message"} in answer.assistant["redactions"]
    assert "jane.roe" not in answer.model_dump_json()


def test_a_stream_that_fails_at_once_has_a_status(server: Server) -> None:
    with pytest.raises(openai.NotFoundError, match="no conversation"):
        server.openai.chat.completions.create(
            model=ASSISTANT,
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
            extra_body={"thread": "thr-none"},
        )


def test_a_client_without_threads_keeps_its_place_and_its_approval(server: Server) -> None:
    client = server.openai
    client.files.create(file=("parcels.csv", io.BytesIO(CSV.encode())), purpose="fine-tune")
    first = {"role": "user", "content": "Fine-tune a classifier on parcels.csv"}
    asked = ask(client, first["content"])
    assert asked.assistant["approval"]["tool"] == "finetune_model"
    history = [first, {"role": "assistant", "content": asked.choices[0].message.content}]
    granted = ask(client, "yes", history)
    assert granted.assistant["thread"] == asked.assistant["thread"]
    assert ("finetune_model", "succeeded") in [
        (c["name"], c["status"]) for c in granted.assistant["tool_calls"]
    ]
    server.app.jobs.cancel(server.app.jobs.list()[0]["id"])


def test_a_history_from_elsewhere_begins_a_conversation(server: Server) -> None:
    history = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "My mail is jo.doe@example.org"},
        {"role": "assistant", "content": "Thank you."},
    ]
    answer = ask(server.openai, "When does support answer?", history)
    assert "9:00" in answer.choices[0].message.content
    from assistant.access.principal import Principal

    lines = server.app.agent.history(Principal.owner(), answer.assistant["thread"])
    assert lines[0].text.startswith("My mail is <") and lines[1].text == "Thank you."


def test_approve_answers_or_grants(server: Server) -> None:
    client = server.openai
    asked = ask(client, "deploy idle")
    thread = asked.assistant["thread"]
    declined = ask(client, "hm", thread=thread, approve=False)
    assert declined.assistant["approval"] is None and server.app.registry.get("idle").status == "ready"
    granted = ask(client, "deploy idle", approve=True)
    assert granted.assistant["approval"] is None and server.app.registry.get("idle").status == "deployed"
    server.app.releases.undeploy("idle")


def test_a_text_generation_model_by_its_name(server: Server) -> None:
    chat = server.openai.chat.completions
    asked = {
        "model": "writer",
        "messages": [{"role": "user", "content": "where is my card"}],
        "max_tokens": 6,
    }
    whole = chat.create(**asked)
    assert whole.model == "writer" and whole.assistant is None
    pieces = list(chat.create(**asked, stream=True))
    said = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert (
        said.strip() == whole.choices[0].message.content and pieces[-1].choices[0].finish_reason == "length"
    )
    with pytest.raises(openai.BadRequestError, match="tool"):
        chat.create(model="writer", messages=[{"role": "tool", "content": "4", "tool_call_id": "1"}])


@pytest.mark.parametrize("format", ["float", None])
def test_embeddings(server: Server, format: str | None) -> None:
    chosen = {"encoding_format": format} if format else {}  # the client asks for base64 by itself
    made = server.openai.embeddings.create(
        model="minilm", input=["a parcel", "a package", "a proof"], **chosen
    )
    one, two, three = (each.embedding for each in made.data)
    assert len(one) == 384 and abs(sum(x * x for x in one) - 1) < 1e-3
    assert sum(map(float.__mul__, one, two)) > sum(map(float.__mul__, one, three))


def test_files(server: Server) -> None:
    files = server.openai.files
    made = files.create(file=("notes.md", io.BytesIO(b"# Notes\nhello\n")), purpose="assistants")
    assert made.filename == "notes.md" and made.bytes == 14
    assert files.retrieve(made.id) == made
    assert made.id in [each.id for each in files.list(purpose="assistants")]
    assert files.content(made.id).read() == b"# Notes\nhello\n"
    assert files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        files.retrieve(made.id)
    with pytest.raises(openai.BadRequestError, match="purpose"):
        files.create(file=("notes.md", io.BytesIO(b"x")), purpose="vision")


def test_fine_tuning_jobs(server: Server) -> None:
    client = server.openai
    file = client.files.create(file=("small.csv", io.BytesIO(CSV.encode())), purpose="fine-tune")
    jobs = client.fine_tuning.jobs
    extra = {"name": "small-one", "method": "head", "label": "category"}
    job = jobs.create(model="minilm", training_file=file.id, seed=7, extra_body=extra)
    assert (job.status, job.training_file, job.seed, job.model) == ("queued", file.id, 7, "minilm")
    spec = server.app.jobs.row(job.id)["spec"]
    assert (spec["name"], spec["method"], spec["label_column"]) == ("small-one", "head", "category")
    assert jobs.retrieve(job.id).id == job.id and jobs.list().data[0].id == job.id
    assert [event.message for event in jobs.list_events(job.id)] == ["The job was queued."]
    assert jobs.cancel(job.id).status == "cancelled"
    assert jobs.list_events(job.id).data[0].message == "The job was cancelled."


def test_fine_tuning_as_clients_of_openai_ask_for_it(server: Server) -> None:
    client, jobs = server.openai, server.openai.fine_tuning.jobs
    file = client.files.create(file=("small.csv", io.BytesIO(CSV.encode())), purpose="fine-tune")
    usual = jobs.create(model="", training_file=file.id, suffix="My Model", extra_body={"task": ""})
    again = jobs.create(
        model="auto",
        training_file=file.id,
        suffix="My Model",
        hyperparameters={"learning_rate_multiplier": 0.5},
    )
    plain, scaled = (server.app.jobs.row(job.id)["spec"] for job in (usual, again))
    assert plain["name"] == scaled["name"] == "my-model" and plain["learning_rate"] is None
    assert 0 < scaled["learning_rate"] < 0.1
    for job in (usual, again):
        jobs.cancel(job.id)


def test_a_job_tells_the_model_that_was_made(server: Server) -> None:
    for kind, spec in (("finetune", {"name": "router@new"}), ("learn", {"epochs": 1})):
        job = server.app.jobs.submit(kind, spec)["id"]
        assert server.app.jobs.claim("me")
        server.app.jobs.finish(job, "me", {"model": "router@2"})
        found = server.openai.fine_tuning.jobs.retrieve(job)
        assert (found.status, found.fine_tuned_model) == ("succeeded", "router@2")
        assert job in [each.id for each in server.openai.fine_tuning.jobs.list().data]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"training_file": "file-none"}, openai.NotFoundError),
        ({"hyperparameters": {"learning_rate_multiplier": 1000}}, openai.BadRequestError),
        ({"extra_body": {"label": "colour"}}, openai.BadRequestError),
        ({"extra_body": {"method": "magic"}}, openai.BadRequestError),
        ({"extra_body": {"name": "router"}}, openai.ConflictError),
    ],
)
def test_fine_tuning_refuses_before_it_queues(server: Server, fields: dict, fault: type[Exception]) -> None:
    client = server.openai
    file = client.files.create(file=("small.csv", io.BytesIO(CSV.encode())), purpose="fine-tune")
    count = len(server.app.jobs.list())
    with pytest.raises(fault):
        client.fine_tuning.jobs.create(**{"model": "minilm", "training_file": file.id} | fields)
    assert len(server.app.jobs.list()) == count
