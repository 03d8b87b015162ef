"""What a model on a server says about documents is checked against the passages it was given."""

import json

import pytest

from assistant.access.principal import Principal
from assistant.agent import events
from assistant.application import Application
from knowledge.cited import MARKED, MARKED_ZH, NOTHING
from tests.assistant.chat_server import ChatServer, breaks, call, fail, say
from tests.assistant.test_turn import OWNER, Conversation, of, reply

QUESTION = "what is your refund policy?"
SEARCH = call(("search_knowledge", {"query": QUESTION}))
TRUE = "You can return any item within 30 days of delivery for a full refund"
FALSE = "Refunds are paid in gold coins by the harbour master"
VISITOR = Principal("visitor-1", "visitor", "visitor")


def passages(server: ChatServer) -> list[dict]:
    """What the model was given."""
    results = [each for each in server.seen[-1]["messages"] if each["role"] == "tool"]
    return [passage for each in results for passage in json.loads(each["content"])["passages"]]


def number_of(server: ChatServer, words: str) -> int:
    return next(each["number"] for each in passages(server) if words in each["text"])


def test_a_supported_sentence_is_cited_by_its_span(hosted: Application, server: ChatServer) -> None:
    server.answers(SEARCH, say(f"{TRUE} [1]. Shall I look for anything else?"))
    chat = Conversation(hosted)
    happened = chat.say(QUESTION)
    assert reply(happened) == f"{TRUE}. [1] Shall I look for anything else?"
    [cited] = of(events.Citation, happened)
    document = hosted.knowledge.passage(cited.passage)["text"]
    assert cited.number == 1 and "refunds" in cited.source and cited.score >= 0.5
    assert document[cited.start : cited.end] == cited.text and "within 30 days of delivery" in cited.text
    entries = hosted.agent.history(OWNER, chat.thread)
    assert [each for line in entries for each in line.shown] == [cited] and entries[-1].text == reply(
        happened
    )


def test_numbers_follow_the_use_and_wrong_ones_are_mended(hosted: Application, server: ChatServer) -> None:
    late = "We check returns within 3 working days of their arrival at our warehouse in Ghent"
    server.answers(SEARCH, say(f"{late} [9]. {TRUE} [7]. There is no restocking fee."))
    happened = Conversation(hosted).say(QUESTION)
    assert reply(happened) == f"{late}. [1] {TRUE}. [2] There is no restocking fee. [3]"
    cited = {each.number: each.text for each in of(events.Citation, happened)}
    assert "3 working days" in cited[1] and "30 days" in cited[2] and "restocking" in cited[3]


@pytest.mark.parametrize(
    "wrong", [f"{FALSE} [1].", "You can return any item within 90 days of delivery [1]."]
)
def test_an_unsupported_sentence_is_marked(hosted: Application, server: ChatServer, wrong: str) -> None:
    server.answers(SEARCH, say(f"{TRUE} [1]. {wrong}"))
    happened = Conversation(hosted).say(QUESTION)
    assert reply(happened) == f"{TRUE}. [1] {wrong.replace(' [1]', '')} {MARKED}"
    assert len(of(events.Citation, happened)) == 1


def test_a_visitor_is_not_told_what_is_not_in_the_documents(hosted: Application, server: ChatServer) -> None:
    server.answers(SEARCH, say(f"Good question! {TRUE} [1]. {FALSE} [1]."))
    assert reply(Conversation(hosted, VISITOR).say(QUESTION)) == f"Good question! {TRUE}. [1]"
    server.answers(SEARCH, say(f"Yes. {FALSE} [1]."))
    happened = Conversation(hosted, VISITOR).say(QUESTION)
    assert reply(happened) == NOTHING and not of(events.Citation, happened)
    assert "gold" not in "".join(str(each.as_dict()) for each in happened)


def test_chinese(hosted: Application, server: ChatServer) -> None:
    hosted.knowledge.add_text(
        "退货说明", "# 退货\n\n收到商品后30天内可以退货。退款将在5个工作日内退回原支付账户。\n"
    )
    search = call(("search_knowledge", {"query": "多少天内可以退货？"}))
    server.answers(search, say("收到商品后30天内可以退货【1】。退款由港务长用金币支付。"))
    happened = Conversation(hosted).say("多少天内可以退货？")
    assert reply(happened) == f"收到商品后30天内可以退货。[1]退款由港务长用金币支付。{MARKED_ZH}"
    assert of(events.Citation, happened)[0].text == "收到商品后30天内可以退货。"
    hosted.knowledge.remove("退货说明")


def test_numbers_go_on_over_the_searches_of_a_turn(hosted: Application, server: ChatServer) -> None:
    again = call(("search_knowledge", {"query": "how long does delivery take?"}), text="I look further.")
    server.answers(SEARCH, again, say(f"{TRUE}."))
    happened = Conversation(hosted).say(QUESTION)
    numbers = [each["number"] for each in passages(server)]
    assert numbers == list(range(1, len(numbers) + 1)) and number_of(server, "30 days of delivery") == 1
    assert reply(happened) == f"I look further.\n\n{TRUE}. [1]"


def test_without_a_search_nothing_is_checked(hosted: Application, server: ChatServer) -> None:
    server.answers(say(f"{FALSE} [1]."))
    assert reply(Conversation(hosted).say("tell me a tale")) == f"{FALSE} [1]."


def test_where_the_server_goes_away_the_search_has_answered(hosted: Application, server: ChatServer) -> None:
    server.answers(SEARCH, fail(503))
    happened = Conversation(hosted).say(QUESTION)
    assert "30 days" in reply(happened) and MARKED not in reply(happened)
    assert of(events.Citation, happened)[0].number == 1
    hosted._chat_model._rests_until = 0.0
    server.answers(SEARCH, breaks(f"{TRUE} [1]. Then it st", "reset"))
    said = reply(Conversation(hosted).say(QUESTION))
    assert said.startswith(f"{TRUE}. [1]") and "broke off here" in said and said.count(MARKED) <= 1
