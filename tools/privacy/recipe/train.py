"""Fine-tunes spaCy's small English NER model (Honnibal et al., MIT) on the texts of this recipe.

The word vectors and the convolutions start from ``en_core_web_sm``; the layer that decides starts anew, for it
has other labels. What is saved is spaCy's own format, which holds no code and no pickle.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tools.privacy.recipe.texts import Text

BATCH = 64
DROPOUT = 0.15
RATE = 0.001
# What also ends a word: the separators of tables, logs and JSON, and each Chinese character.
APART = [r"[,;:=|<>@/\"'{}()\[\]]", r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]"]


def build(seed: int, start: Path | None = None) -> Any:
    """A pipeline to train.

    Args:
        seed: of the weights that start anew.
        start: a pipeline saved before, from which training goes on; where None, an untrained one whose lower layers are
            those of the installed model.
    """
    import spacy
    from spacy.util import compile_infix_regex, compile_prefix_regex, fix_random_seed
    from thinc.api import NumpyOps, set_current_ops

    from tools.privacy.ner import UNUSED, spacy_folder

    set_current_ops(NumpyOps(use_blis=False))  # numpy's own multiplication is the quicker one here
    fix_random_seed(seed)
    if start:
        return spacy.load(start)
    base = spacy.load(spacy_folder(), exclude=UNUSED)
    nlp: Any = spacy.blank("en")  # its tokenizer and pipes are wider than their declared types
    nlp.tokenizer.infix_finditer = compile_infix_regex([*nlp.Defaults.infixes, *APART]).finditer
    nlp.tokenizer.prefix_search = compile_prefix_regex([*nlp.Defaults.prefixes, "@", ">"]).search
    ner: Any = nlp.add_pipe("ner", config={"model": base.config["components"]["ner"]["model"]})
    for label in ("PERSON", "LOCATION", "ORGANIZATION"):
        ner.add_label(label)
    nlp.initialize()
    learned: Any = base.get_pipe("ner")
    lower = learned.model.get_ref("tok2vec")
    ner.model.get_ref("tok2vec").from_bytes(lower.to_bytes())
    return nlp


def train(
    nlp: Any,
    texts: Sequence[Text],
    epochs: int,
    seed: int,
    rate: float = RATE,
    told: Callable[[int, float], None] = lambda step, loss: None,
    messages: Sequence[Text] = (),
) -> None:
    """Train a pipeline in place; the weights kept are averages over the steps.

    Args:
        nlp: from :func:`build`.
        texts: with their spans.
        epochs: times that each text is seen.
        seed: of the order.
        rate: of learning at first; it falls to a twentieth.
        told: called now and then with the share done and the loss.
        messages: further texts, in which only what is personal has a span.
    """
    from spacy.training import Example
    from thinc.api import Adam

    examples = [made for text in texts if (made := _example(nlp, text, Example))]
    examples += _open_examples(nlp, messages, Example)
    optimizer = Adam(rate, use_averages=True, L2=1e-6, grad_clip=1.0)
    dice, steps = random.Random(seed), epochs * (-(-len(examples) // BATCH))
    done, loss = 0, 0.0
    for _ in range(epochs):
        dice.shuffle(examples)
        for at in range(0, len(examples), BATCH):
            optimizer.learn_rate = rate * max(0.05, 1 - done / steps)
            losses: dict[str, float] = {}
            nlp.update(examples[at : at + BATCH], sgd=optimizer, drop=DROPOUT, losses=losses)
            loss, done = 0.98 * loss + 0.02 * losses["ner"], done + 1
            if done % 100 == 0:
                told(round(100 * done / steps), loss)
    with nlp.get_pipe("ner").model.use_params(optimizer.averages):
        averaged = nlp.get_pipe("ner").model.to_bytes()
    nlp.get_pipe("ner").model.from_bytes(averaged)


def score(nlp: Any, texts: Sequence[Text]) -> dict[str, float]:
    """Precision, recall and F1 over spans, exact in place and label."""
    right = found = wanted = 0
    for text, doc in zip(texts, nlp.pipe(text.text for text in texts), strict=True):
        mine = {(e.start_char, e.end_char, e.label_) for e in doc.ents}
        gold = {tuple(span) for span in text.spans}
        right, found, wanted = right + len(mine & gold), found + len(mine), wanted + len(gold)
    precision, recall = right / max(1, found), right / max(1, wanted)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
    }


def save(nlp: Any, folder: Path) -> None:
    """Save the pipeline in spaCy's format."""
    nlp.to_disk(folder)


def _open_examples(nlp: Any, messages: Sequence[Text], example: Any) -> list[Any]:
    """Examples that leave open whether a firm or place stands where the pipeline, as it is, sees one without a span."""
    made = []
    for text, seen in zip(messages, nlp.pipe(each.text for each in messages), strict=True):
        taken = [range(start, end) for start, end, _ in text.spans]
        free = [
            span
            for span in seen.ents
            if span.label_ != "PERSON"
            and not any(span.start_char < each.stop and each.start < span.end_char for each in taken)
        ]
        made.append(_example(nlp, text, example, [(span.start, span.end) for span in free]))
    return [each for each in made if each]


def _example(nlp: Any, text: Text, example: Any, missing: Sequence[tuple[int, int]] = ()) -> Any:
    """Text and spans as spaCy learns from them, some words left open; None where a span cuts a token."""
    doc = nlp.make_doc(text.text)
    spans = [doc.char_span(start, end, label) for start, end, label in text.spans]
    if None in spans:
        return None
    reference = doc.copy()
    reference.set_ents(spans, missing=[reference[start:end] for start, end in missing])
    return example(doc, reference)
