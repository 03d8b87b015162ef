"""The official OpenAI client with a deployed model that writes: how its answers end, and what they count."""

from typing import Any

import openai
import pytest

from tests.assistant.api_server import Server, server

__all__ = ["server"]
WORDS = "where is my card"


def write(server: Server, **more: Any) -> Any:
    asked = {"model": "writer", "messages": [{"role": "user", "content": WORDS}], "max_tokens": 6}
    return server.openai.chat.completions.create(**asked | more)


def said(answer: Any) -> str:
    return answer.choices[0].message.content


def test_an_answer_that_was_cut_says_so(server: Server) -> None:
    cut = write(server, n=1, user="ann", temperature=0)
    assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 6
    assert cut.usage.total_tokens == cut.usage.prompt_tokens + 6 and cut.usage.prompt_tokens > 4
    shorter = write(server, max_tokens=None, max_completion_tokens=2)
    assert shorter.choices[0].finish_reason == "length" and shorter.usage.completion_tokens == 2
    assert said(cut).startswith(said(shorter))


def test_an_answer_that_ends_by_itself_says_so(server: Server) -> None:
    model = server.app.predictors.get(server.app.registry.get("writer").path).model
    token = model.tokenizer.convert_tokens_to_ids(said(write(server)).split()[2])
    before, model.model.generation_config.eos_token_id = model.model.generation_config.eos_token_id, token
    try:
        for most in (3, 6):  # the token that ends it may be the last one there is room for
            whole = write(server, max_tokens=most)
            assert whole.choices[0].finish_reason == "stop" and whole.usage.completion_tokens == 3
    finally:
        model.model.generation_config.eos_token_id = before


def test_a_stop_sequence_ends_an_answer(server: Server) -> None:
    words = said(write(server)).split()
    for stop in (words[2], ["nowhere", f"{words[1]} {words[2]}"]):
        answer = write(server, stop=stop)
        assert words[2] not in said(answer).split() and answer.choices[0].finish_reason == "stop"
    kept = write(server, stop=["nowhere"])
    assert said(kept).split() == words and kept.choices[0].finish_reason == "length"
    with pytest.raises(openai.BadRequestError, match="stop"):
        write(server, stop=list("abcde"))


@pytest.mark.parametrize(("more", "finish"), [({}, "length"), ({"stop": "is"}, None)])
def test_a_stream_says_how_it_ended_and_counts(server: Server, more: dict, finish: str | None) -> None:
    whole = write(server, **more)
    chunks = list(write(server, stream=True, stream_options={"include_usage": True}, **more))
    assert [each.object for each in chunks] == ["chat.completion.chunk"] * len(chunks)
    assert len({each.id for each in chunks}) == 1 and chunks[0].choices[0].delta.role == "assistant"
    pieces = [each.choices[0] for each in chunks if each.choices]
    assert "".join(piece.delta.content or "" for piece in pieces).strip() == said(whole)
    assert pieces[-1].finish_reason == whole.choices[0].finish_reason == (finish or pieces[-1].finish_reason)
    assert all(piece.finish_reason is None for piece in pieces[:-1])
    assert chunks[-1].usage == whole.usage and not chunks[-1].choices
    plain = list(write(server, stream=True, **more))
    assert all(each.usage is None for each in plain) and plain[-1].choices


def test_temperature_and_seed(server: Server) -> None:
    hot = [said(write(server, temperature=1.5, seed=seed, max_tokens=12)) for seed in (1, 1, 2, 3)]
    assert hot[0] == hot[1] and len(set(hot)) > 1
    for wrong in ({"temperature": 3}, {"max_tokens": 0}, {"n": 2}, {"top_p": 2}):
        with pytest.raises(openai.BadRequestError):
            write(server, **wrong)
    sure = said(write(server))
    assert said(write(server, temperature=2, top_p=0, seed=-1)) == sure, "of the likeliest alone"


def test_what_clients_send_by_habit(server: Server) -> None:
    assert said(write(server, stop="")) == said(write(server, stop=["", "nowhere"])) == said(write(server))
    whole = write(server, max_tokens=100_000)
    assert whole.usage.total_tokens <= 64, "what the model's window has room for"
    plain = write(server, response_format={"type": "text"}, tools=[], tool_choice="none")
    assert said(plain) == said(write(server))
    tool = {"type": "function", "function": {"name": "lookup", "parameters": {}}}
    for field, wish in (("tools", [tool]), ("response_format", {"type": "json_object"})):
        with pytest.raises(openai.BadRequestError) as refused:
            write(server, **{field: wish})
        assert refused.value.param == field


def test_the_messages_may_hold_parts(server: Server) -> None:
    parts = [{"type": "text", "text": "where is"}, {"type": "text", "text": "my card"}]
    assert said(write(server, messages=[{"role": "user", "content": parts}]))
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    with pytest.raises(openai.BadRequestError, match="image_url"):
        write(server, messages=[{"role": "user", "content": picture}])


def test_the_asynchronous_client(server: Server) -> None:
    import asyncio

    import httpx

    async def ask() -> list[str]:
        transport = httpx.ASGITransport(server.api)
        async with httpx.AsyncClient(transport=transport) as http:
            client = openai.AsyncOpenAI(base_url="http://t/v1", api_key=server.key, http_client=http)
            asked = {"model": "writer", "messages": [{"role": "user", "content": WORDS}], "max_tokens": 6}
            stream = await client.chat.completions.create(**asked, stream=True)
            return [each.choices[0].delta.content or "" async for each in stream]

    assert "".join(asyncio.run(ask())).strip() == said(write(server))


def test_embeddings_in_all_their_forms(server: Server) -> None:
    made = server.openai.embeddings
    one = made.create(model="minilm", input="a parcel", dimensions=384)
    two = made.create(model="minilm", input=["a parcel", "a package"], encoding_format="float")
    assert [each.index for each in two.data] == [0, 1] and two.usage.prompt_tokens == 5
    assert one.data[0].embedding == pytest.approx(two.data[0].embedding, abs=1e-4)
    raw = made.with_raw_response.create(model="minilm", input="a parcel", encoding_format="base64")
    assert '"embedding":"' in raw.text and raw.headers["x-request-id"]
    for tokens in ([1, 2, 3], [[1, 2], [3]]):
        with pytest.raises(
            openai.BadRequestError, match="Token ids are not read.*check_embedding_ctx_length"
        ):
            made.create(model="minilm", input=tokens)
    for nothing, words in (
        (["a", ""], "input.1: String should have at least 1 char"),
        ([], "at least 1 item"),
    ):
        with pytest.raises(openai.BadRequestError, match=words):
            made.create(model="minilm", input=nothing)
    with pytest.raises(openai.PermissionDeniedError, match="minilm is built in"):
        server.openai.models.delete("minilm")
    with pytest.raises(openai.BadRequestError, match="384 dimensions"):
        made.create(model="minilm", input="a", dimensions=128)


def test_lists_come_in_pages(server: Server) -> None:
    import io

    client = server.openai
    rows = "text,category\n" + "".join(f"words {i},{'ab'[i % 2]}\n" for i in range(24))
    file = client.files.create(file=("p.csv", io.BytesIO(rows.encode())), purpose="fine-tune")
    made = [
        client.fine_tuning.jobs.create(model="minilm", training_file=file.id, suffix=f"page-{i}").id
        for i in range(3)
    ]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2)][:3] == made[::-1], "it turns the pages"
    first = client.fine_tuning.jobs.list(limit=2)
    assert first.has_more and len(first.data) == 2 and first.get_next_page().data[0].id == made[0]
    events = client.fine_tuning.jobs.list_events(made[0], limit=1)
    assert [each.object for each in events] == ["fine_tuning.job.event"]
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve("job-none")
    for job in made:
        assert client.fine_tuning.jobs.cancel(job).status == "cancelled"
    names = [client.files.create(file=(f"{i}.md", io.BytesIO(b"#")), purpose="assistants").id for i in "abc"]
    assert [each.id for each in client.files.list(purpose="assistants", limit=1)][:3] == names[::-1]
    up = client.files.list(purpose="assistants", order="asc", after=names[0])
    assert [each.id for each in up][:2] == names[1:]


def test_errors_are_the_clients_own_and_carry_the_request(server: Server) -> None:
    with pytest.raises(openai.NotFoundError) as error:
        write(server, model="nobody")
    assert error.value.code == "model_not_found" and error.value.param == "model"
    assert error.value.request_id and error.value.request_id.startswith("req-")
    import openai as module
    from starlette.testclient import TestClient

    stranger = module.OpenAI(
        base_url="http://testserver/v1", api_key="sk-no", http_client=TestClient(server.api), max_retries=0
    )
    with pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_a_model_that_breaks_off_says_so_and_answers_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = server.app.predictors.get(server.app.registry.get("writer").path).model
    with monkeypatch.context() as patch:
        patch.setattr(model, "_step", lambda *_: 1 / 0)
        with pytest.raises(openai.InternalServerError, match="broke off"):
            write(server)
    assert write(server).usage.completion_tokens == 6
