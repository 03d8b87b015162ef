"""``make ner``: make texts, train the NER model on them, save it with its card."""

import argparse
import json
import re
import sys
import time
from pathlib import Path

SEED = 42
COUNT = 45_000
EPOCHS = 3
HELD = 2_000
MESSAGE_TIMES = 4  # that each message written by hand is given, with other names each time but the first
MESSAGE_EPOCHS = 2
BESIDE = 32_000  # texts of the generator beside them, so that nothing is forgotten
# Brackets of phrase banks: "[base:it|the last one]" reads "the last one", "{epochs}" is a product here.
MARKED = re.compile(r"\[[^\]|]*\|([^\]]*)\]|\[[^\]]*:([^\]]*)\]")


def main() -> None:
    """Rebuild the model in ``tools/privacy/trained`` and the card beside it."""
    from tools.privacy.ner import TRAINED
    from tools.privacy.recipe import train
    from tools.privacy.recipe.card import write_card
    from tools.privacy.recipe.messages import messages
    from tools.privacy.recipe.texts import texts

    parser = argparse.ArgumentParser(prog="python -m tools.privacy.recipe", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="texts to train on")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--plain", type=Path, nargs="*", default=[], help="files of sentences about nobody")
    parser.add_argument("--messages", type=Path, nargs="*", default=[], help="files of marked messages")
    parser.add_argument("--start", type=Path, help="a model saved before, from which training goes on")
    parser.add_argument("--rate", type=float, default=train.RATE, help="of learning, at first")
    parser.add_argument("--out", type=Path, default=TRAINED, help="where the model goes")
    given = parser.parse_args()
    began, plain = time.monotonic(), _plain(given.plain)
    nlp = train.build(SEED, given.start)
    if given.count:
        learned = list(texts(SEED, given.count, plain=plain))
        train.train(nlp, learned, given.epochs, SEED, given.rate, _tell)
    written = list(messages(given.messages, SEED, MESSAGE_TIMES))
    if written:
        beside = list(texts(SEED + 2, BESIDE, plain=plain))
        train.train(nlp, beside, MESSAGE_EPOCHS, SEED, given.rate / 2, _tell, written)
    train.save(nlp, given.out)
    seconds = round(time.monotonic() - began)
    held = train.score(nlp, list(texts(SEED + 1, HELD, held=True, plain=plain)))
    record = {
        "seed": SEED,
        "texts": given.count,
        "epochs": given.epochs,
        "plain": len(plain),
        "messages": len(written) // MESSAGE_TIMES,
        "seconds": seconds,
    }
    if written:
        on_messages = train.score(nlp, list(messages(given.messages, SEED, 1, held=True)))
        held |= {f"messages_{name}": value for name, value in on_messages.items()}
    write_card(given.out / "CARD.md", record | held)
    print(json.dumps(record | held))


def _plain(paths: list[Path]) -> list[str]:
    """Sentences of phrase banks, without their marks; those with a given name are left out."""
    from tools.privacy.recognizers.belief import is_given

    found = set()
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            text = MARKED.sub(r"\1\2", re.sub(r"^[\w, ]+\s\|\s", "", line.strip()))
            text = re.sub(r"\{[^{}]*\}", "{W}", text)
            named = any(is_given(word) for word in re.findall(r"\b[A-Z]\w+", text))
            if 4 < len(text) < 200 and not text.startswith("#") and "|" not in text and not named:
                found.add(text)
    return sorted(found)


def _tell(share: int, loss: float) -> None:
    print(f"{share} % done, loss {loss:.1f}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
