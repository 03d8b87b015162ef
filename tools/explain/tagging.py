"""Why a tagger took these words for an entity: which words of the text spoke for the tags of its words."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tools.errors import NotFound
from tools.explain import gradients
from tools.explain.attribution import Values
from tools.explain.classify import integral, notes_on, reservations, tokens
from tools.explain.faithful import faithfulness, perturbations
from tools.explain.passes import others_turn
from tools.explain.words import Word, gather

AT_ONCE = 32  # changed texts that go through the model together


@dataclass(frozen=True)
class _Span:
    """An entity in the piece of the text that the model read it in.

    Attributes:
        words: of the piece.
        encoded: their tokens.
        places: the first token of each word of the entity.
        tags: the tag of each of them.
        entity: as the model's prediction has it.
    """

    words: list[Word]
    encoded: Any
    places: list[int]
    tags: list[int]
    entity: dict[str, Any]


def explain_entity(tagger: Any, text: str, method: str, target: str | None) -> dict[str, Any]:
    """Explain one entity.

    Args:
        tagger: a ``tools.finetune.tagging.Tagger``; nobody else may use it meanwhile.
        text: the text.
        method: ``integrated-gradients`` or ``occlusion``.
        target: the entity's words, or its kind; the first entity where left out.

    Raises:
        NotFound: the model finds no such entity.
    """
    found = tagger.predict([text])[0]
    explanation: dict[str, Any] = {"prediction": found, "target": None, "method": method, "tokens": []}
    if not found["entities"] and target is None:
        words = [Word(*each) for each in _words(text)]
        nothing = "The model finds no entity in this text, so there is none to explain."
        return explanation | {
            "tokens": tokens(words, [0.0] * len(words)),
            "faithfulness": faithfulness(0.0, [0.0] * len(perturbations([0.0]))),
            **integral(Values([])),
            "notes": [nothing],
        }
    span = _span(tagger, text, _entity(found["entities"], target))
    return explanation | _explained(tagger, text, span, method)


def _words(text: str) -> list[tuple[str, int, int]]:
    from tools.data.spans import words_of

    return words_of(text)


def _entity(entities: Sequence[dict[str, Any]], target: str | None) -> dict[str, Any]:
    fits = [
        e
        for e in entities
        if target is None or target.casefold() in (e["text"].casefold(), e["entity"].casefold())
    ]
    if not fits:
        known = ", ".join(f"{each['text']} ({each['entity']})" for each in entities[:8])
        raise NotFound(
            f"The model finds no entity {target} in this text.",
            f"It finds {known}." if known else "It finds none at all.",
            param="target",
        )
    return fits[0]


def _span(tagger: Any, text: str, entity: dict[str, Any]) -> _Span:
    """The entity in its piece: the tagger reads long texts in pieces of as many words as fit."""
    words = [Word(*each) for each in _words(text)]
    inside = [i for i, word in enumerate(words) if entity["start"] <= word.start < entity["end"]]
    start = 0
    while True:
        piece = words[start:]
        encoded = _encoded(tagger, [word.text for word in piece])
        fitted = max((i for i in encoded.word_ids() if i is not None), default=0) + 1
        if inside[0] < start + fitted:
            break
        start += fitted
    first: dict[int, int] = {}
    for place, word in enumerate(encoded.word_ids()):
        if word is not None:
            first.setdefault(word, place)
    places = [first[i - start] for i in inside if i - start in first]
    with torch.inference_mode():
        logits = _logits(tagger, torch.tensor([encoded["input_ids"]]), None)[0]
    return _Span(piece[:fitted], encoded, places, logits[places].argmax(-1).tolist(), entity)


def _encoded(tagger: Any, words: list[str]) -> Any:
    return tagger.tokenizer(
        words,
        is_split_into_words=True,
        truncation=True,
        max_length=tagger.max_length,
        return_special_tokens_mask=True,
    )


def _logits(tagger: Any, ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    mask = torch.ones_like(ids) if mask is None else mask
    found = tagger.model(input_ids=ids.to(tagger.device), attention_mask=mask.to(tagger.device))
    return found.logits.float()


def _explained(tagger: Any, text: str, span: _Span, method: str) -> dict[str, Any]:
    whole = _shares(tagger, span, [set()])[0]
    if method == "occlusion":
        left = _shares(tagger, span, [{i} for i in range(len(span.words))])
        found = Values([whole - each for each in left])
    else:
        found = _gradients(tagger, span)
    parts = perturbations(found.values, zlib.crc32(text.encode("utf-8", "surrogatepass")))
    others = [Word(*each) for each in _words(text)]
    before = [word for word in others if word.start < span.words[0].start]
    after = [word for word in others if word.start > span.words[-1].start]
    read = [
        *tokens(before, [0.0] * len(before)),
        *tokens(span.words, found.values),
        *tokens(after, [0.0] * len(after)),
    ]
    encoded = span.encoded
    notes = notes_on(
        others, encoded["input_ids"], encoded["special_tokens_mask"], tagger.tokenizer.unk_token_id
    )
    if before or after:
        notes.append(
            f"The text is longer than the model's window of {tagger.max_length} tokens and is read in pieces; words "
            "outside the piece with the entity had no influence."
        )
    return {
        "target": span.entity,
        "tokens": read,
        "faithfulness": faithfulness(whole, _shares(tagger, span, parts)),
        **integral(found),
        "notes": [*notes, *reservations(found)],
    }


def _gradients(tagger: Any, span: _Span) -> Values:
    """Integrated gradients of the mean log-probability of the entity's tags."""
    places, tags = torch.tensor(span.places), torch.tensor(span.tags)

    def log_probability(ids: torch.Tensor, mask: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return _logits(tagger, ids, mask).log_softmax(-1)[:, places, tags].mean(-1)

    tagger.model.requires_grad_(False)
    row = gradients.Row(span.encoded["input_ids"], span.encoded["special_tokens_mask"])
    layer = tagger.model.get_input_embeddings()
    filler = tagger.tokenizer.pad_token_id or 0
    found = gradients.integrated_gradients(log_probability, layer, [row], filler, tagger.device)
    values, delta = found[0]
    numbers = span.encoded.word_ids()
    pieces = [(0, 0) if i is None else (span.words[i].start, span.words[i].end) for i in numbers]
    return Values(gather(span.words, pieces, values), delta, gradients.STEPS)


def _shares(tagger: Any, span: _Span, removed: Sequence[set[int]]) -> list[float]:
    """The mean probability of the entity's tags, where some words are masked.

    Args:
        tagger: the model.
        span: the entity.
        removed: for each text the words that are masked.
    """
    ids, numbers = torch.tensor(span.encoded["input_ids"]), span.encoded.word_ids()
    mask = tagger.tokenizer.mask_token_id
    hidden = tagger.tokenizer.unk_token_id if mask is None else mask
    rows = [
        torch.where(torch.tensor([number in part for number in numbers]), hidden or 0, ids)
        for part in removed
    ]
    found: list[float] = []
    for start in range(0, len(rows), AT_ONCE):
        others_turn()
        with torch.inference_mode():
            logits = _logits(tagger, torch.stack(rows[start : start + AT_ONCE]), None)
        found += logits.softmax(-1)[:, span.places, span.tags].mean(-1).tolist()
    return found
