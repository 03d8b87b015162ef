"""Which words of two texts matched: why an embedding model finds a query and a passage alike."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tools.explain.attribution import Reading, Values, read
from tools.explain.classify import further, integral, notes_on, rest_of, seed_of, tokens, with_unread
from tools.explain.faithful import faithfulness, perturbations
from tools.explain.passes import others_turn
from tools.explain.words import split_words, without

if TYPE_CHECKING:
    import numpy
    import torch

Embed = Callable[[list[str]], "numpy.ndarray"]


def explain_likeness(model: Any, text: str, other: str, method: str) -> dict[str, Any]:
    """Share out the cosine of two texts among the words of both.

    Args:
        model: a ``tools.finetune.task.Embedder``; nobody else may use it meanwhile.
        text: the query.
        other: the passage.
        method: ``integrated-gradients`` or ``occlusion``.

    Returns:
        An explanation of the query's words; ``other`` holds that of the passage's words. ``prediction`` is their
        cosine.
    """
    readings = read(model.encoder, text), read(model.encoder, other)
    vectors = model.embed([each.text for each in readings])
    cosine = float(vectors[0] @ vectors[1])
    sides = []
    for whole, reading, against in zip((text, other), readings, vectors[::-1], strict=True):
        side = _side(model, reading, against, cosine, method)
        sides.append(_beyond(side, model, whole, len(reading.text), against, method))
    return {
        "prediction": {"label": "similarity", "score": round(cosine, 6), "scores": {}},
        "target": "similarity",
        "method": method,
        **sides[0],
        "other": {"text": other, **sides[1]},
    }


def _side(
    model: Any, reading: Reading, against: "numpy.ndarray", cosine: float, method: str, start: int = 0
) -> dict[str, Any]:
    """What the words of a text, or of its part that begins at ``start``, give of the cosine with a vector."""

    def likeness(parts: Sequence[set[int]]) -> list[float]:
        texts = [reading.without(part) for part in parts]
        return [float(each) for each in model.embed(texts) @ against]

    if method == "occlusion":
        found = Values([cosine - left for left in likeness([{i} for i in range(len(reading.words))])])
    else:
        found = _gradients(model.encoder, reading, against)
    notes = notes_on(reading.words, reading.ids, reading.special, model.encoder.tokenizer.unk_token_id)
    return {
        "tokens": tokens(reading.words, found.values, start),
        "faithfulness": faithfulness(cosine, likeness(perturbations(found.values, seed_of(reading.text)))),
        **integral(found),
        "notes": notes,
    }


def _beyond(
    side: dict[str, Any], model: Any, text: str, length: int, against: "numpy.ndarray", method: str
) -> dict[str, Any]:
    """Add what the model did not read: words without influence, and each further window beside the other text."""
    if not text[length:].strip():
        return side
    windows = []
    for start, part in further(model.encoder, text, length):
        others_turn()
        cosine = float(model.embed([part.text])[0] @ against)
        alike = {"label": "similarity", "score": round(cosine, 6)}
        window = _side(model, part, against, cosine, method, start)
        del window["notes"]
        windows.append({"start": start, "end": start + len(part.text), "prediction": alike, **window})
    note = (
        f"The text is longer than the model's window of {model.encoder.max_length} tokens. The likeness rests on its "
        f"first {length:,} characters; words after them had no influence. The following parts were compared as if each "
        "were a text of its own."
    )
    return side | {
        "tokens": with_unread(side["tokens"], text),
        "windows": windows,
        "notes": [*side["notes"], note, *rest_of(text, windows, length)],
    }


def _gradients(encoder: Any, reading: Reading, against: "numpy.ndarray") -> Values:
    """Integrated gradients of the cosine with the other text's vector, which stands still."""
    import torch

    from tools.explain import gradients
    from tools.explain.words import gather
    from tools.finetune.pooling import pool

    still = torch.from_numpy(against).to(encoder.device)

    def cosine(ids: "torch.Tensor", mask: "torch.Tensor", _: "torch.Tensor") -> "torch.Tensor":
        hidden = encoder.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return pool(hidden.float(), mask, encoder.pooling) @ still

    row = gradients.Row(reading.ids, reading.special)
    layer = encoder.model.get_input_embeddings()
    filler = encoder.tokenizer.pad_token_id or 0
    found = gradients.integrated_gradients(cosine, layer, [row], filler, encoder.device)
    values, delta = found[0]
    return Values(gather(reading.words, reading.spans, values), delta, gradients.STEPS)


def matched_words(embed: Embed, query: str, passage: str) -> dict[str, Any]:
    """Which words of a question and a passage matched, by leaving each out: for any encoder, without gradients.

    Args:
        embed: n texts to unit vectors.
        query: the question.
        passage: the passage.

    Returns:
        ``{"similarity", "query": [tokens], "passage": [tokens], "faithfulness": {"query", "passage"}}``; a word's
        attribution is how far the cosine falls without it.
    """
    vectors = embed([query, passage])
    cosine = float(vectors[0] @ vectors[1])
    asked, found = _matched(embed, query, vectors[1], cosine), _matched(embed, passage, vectors[0], cosine)
    return {
        "similarity": round(cosine, 4),
        "query": asked[0],
        "passage": found[0],
        "faithfulness": {"query": asked[1], "passage": found[1]},
    }


def _matched(
    embed: Embed, text: str, against: "numpy.ndarray", cosine: float
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What each word of a text gives of its cosine with a vector, and how true that is."""
    words = split_words(text)

    def left(parts: Sequence[set[int]]) -> list[float]:
        return [float(each) for each in embed([without(text, words, part) for part in parts]) @ against]

    drops = [cosine - each for each in left([{i} for i in range(len(words))])] if words else []
    return tokens(words, drops), faithfulness(cosine, left(perturbations(drops, seed_of(text))))
