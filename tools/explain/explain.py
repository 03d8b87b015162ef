"""Why a model said what it said: which words (or patches) spoke for it and which against, and how true that is."""

from collections.abc import Sequence
from typing import Any

from tools.errors import BadArgument, Unsupported, did_you_mean
from tools.explain.heatmap import heatmap_html as heatmap_html
from tools.explain.page import page_html as page_html
from tools.explain.passes import holding
from tools.explain.words import split_words
from tools.serving.predictor import LONGEST, Predictor
from tools.workspace import Workspace

METHODS = ("combined", "integrated-gradients", "occlusion")
# The one that was measured to be the truest to the model (docs/explain.md).
DEFAULTS = {
    "text-classification": "combined",
    "token-classification": "integrated-gradients",
    "image-classification": "occlusion",
    "embedding": "integrated-gradients",
}
MOST_TEXTS = 1000
MANY = 8  # texts, from which on less is read for each


def explain(
    predictor: Predictor,
    text: str,
    method: str | None = None,
    target: str | None = None,
    other: str | None = None,
    counterfactual: bool = False,
) -> dict[str, Any]:
    """Explain the prediction on one text.

    Args:
        predictor: a model for text-, token- or image-classification, or an embedding model.
        text: the text; for image-classification the path of the picture.
        method: ``integrated-gradients``, ``occlusion``, or for text-classification ``combined``; see
            :data:`DEFAULTS` where left out.
        target: the label to explain in the place of the predicted one; for token-classification the entity's words or
            its kind.
        other: for an embedding model, the text that it is compared with.
        counterfactual: also look for a small change that turns the label of a text.

    Returns:
        ``{"prediction", "target", "method", "tokens": [{"text", "start", "end", "attribution"}], "faithfulness",
        "convergence_delta", "steps", "notes"}``. Tokens are words; attributions are signed, in log-probability for
        integrated gradients (of ``steps`` points) and in probability for occlusion (for embeddings both in cosine);
        combined, they are the mean of both, each scaled so that its strongest word has 1. ``notes`` says what is
        special, and
        ``windows`` explains what lies beyond the model's window, each part as if it were the text. Pictures have
        ``patches`` in the place of tokens, embeddings a second set of tokens in ``other``. ``counterfactual`` is as
        :func:`tools.explain.counterfactual.counterfactual` returns it.

    Raises:
        BadArgument: an empty or enormous text, an unknown method, or no text to compare with.
        NotFound: the model gives no such label.
        Unsupported: the model neither classifies nor compares.
    """
    from tools.explain.counterfactual import counterfactual as turned

    method = _check(predictor, [text], method, other)
    if counterfactual and predictor.task != "text-classification":
        raise Unsupported(
            f"{predictor.name} is a model for {predictor.task}; what would turn an answer is told for "
            "text-classification.",
            "Leave it out.",
            param="counterfactual",
        )
    predictor = predictor.here
    with holding(predictor.lock):
        explanation = _explain(predictor, text, method, target, other)
        if counterfactual:
            own = explanation["target"] == explanation["prediction"]["label"]
            # It is the predicted label that is turned, also where another one was asked about.
            about = explanation if own else _explain(predictor, text, method, None, None)
            explanation["counterfactual"] = turned(predictor.model, text, about)
        return explanation


def explain_many(
    predictor: Predictor,
    texts: Sequence[str],
    method: str | None = None,
    target: str | Sequence[str | None] | None = None,
) -> list[dict[str, Any]]:
    """Explain the predictions on many texts together, which is quicker than one by one.

    From :data:`MANY` texts on also less is read for each, where texts are classified: the words that come out strongest
    are not tried out in turn, and there is one random order to compare with.

    Args:
        predictor: as for :func:`explain`, but no embedding model.
        texts: the texts.
        method: as for :func:`explain`.
        target: as for :func:`explain`, or one for each text.

    Raises:
        BadArgument, NotFound, Unsupported: as :func:`explain`.
    """
    from tools.explain.attribution import LEAST, USUAL
    from tools.explain.classify import AT_ONCE, explain_texts

    method = _check(predictor, texts, method, None)
    targets = [target] * len(texts) if target is None or isinstance(target, str) else list(target)
    predictor = predictor.here
    found: list[dict[str, Any]] = []
    size = AT_ONCE if predictor.task == "text-classification" else 1
    effort = LEAST if len(texts) >= MANY else USUAL
    for at in range(0, len(texts), size):
        some, about = texts[at : at + size], targets[at : at + size]
        with holding(predictor.lock):
            if predictor.task == "text-classification":
                found += explain_texts(predictor.model, some, method, about, effort)
            else:
                found.append(_explain(predictor, some[0], method, about[0], None))
    return found


def fits_together(
    texts: int,
    versus: str | None = None,
    other: str | None = None,
    counterfactual: bool = False,
    target: str | None = None,
) -> None:
    """Refuse what would be left out without a word.

    Args:
        texts: how many are explained; none for a model as a whole.
        versus: the second model.
        other: the text to compare with.
        counterfactual: whether a small change is looked for.
        target: the label that is asked about.

    Raises:
        BadArgument: they do not go together.
    """
    given = [
        name
        for name, wish in (
            ("versus", versus),
            ("other", other),
            ("counterfactual", counterfactual),
            ("target", target),
        )
        if wish
    ]
    if not texts and given:
        raise BadArgument(
            f"A model as a whole is explained without {given[0]}.", "Leave it out.", param=given[0]
        )
    single = [name for name in given if name != "target"]
    if texts > 1 and single:
        raise BadArgument(f"{single[0]} takes one text.", "Send one text at a time.", param="text")
    if versus and len(single) > 1:
        raise BadArgument(
            f"Two models side by side are explained without {single[1]}.", "Leave it out.", param=single[1]
        )


def subject(workspace: Workspace, predictor: Predictor, text: str) -> str:
    """What is explained: the text itself, or for image-classification the file of the picture that it names.

    Args:
        workspace: knows which files its user may read.
        predictor: the model.
        text: what the user gave.

    Raises:
        NotFound: there is no such picture.
        BadArgument: it is an address.
    """
    if predictor.task != "image-classification":
        return text
    found = workspace.document(text)
    if found.startswith(("http://", "https://")):
        raise BadArgument("Pictures are not fetched.", "Upload it and give its name.", param="text")
    return found


def without_picture(explanation: dict[str, Any]) -> dict[str, Any]:
    """An explanation without its drawn heat map, which is long; the patches say the same in numbers."""
    return {
        name: without_picture(value) if name == "versus" else value
        for name, value in explanation.items()
        if name != "picture"
    }


def _check(predictor: Predictor, texts: Sequence[str], method: str | None, other: str | None) -> str:
    """The method that is used."""
    if method is not None and method not in METHODS:
        raise BadArgument(f"There is no method {method}.", did_you_mean(method, METHODS), param="method")
    if predictor.task not in EXPLAINED:
        raise Unsupported(
            f"{predictor.name} is a model for {predictor.task}, whose answers are not explained.",
            f"Name a model for {', '.join(EXPLAINED)}.",
            param="model",
        )
    if not texts:
        raise BadArgument("There is no text.", "Give at least one.", param="text")
    if len(texts) > MOST_TEXTS:
        raise BadArgument(
            f"{len(texts):,} texts are too many; {MOST_TEXTS:,} at once.", "Send fewer.", param="text"
        )
    for text in texts:
        _check_text(text, "text", "Write the text whose label you ask about.")
    if predictor.task == "embedding":
        if other is None:
            raise BadArgument(
                f"{predictor.name} compares texts, so there must be two.",
                'Give the other text too: --with on the command line, "other" in the API.',
                param="other",
            )
        _check_text(other, "other", "Write the text to compare with.")
    elif other:
        raise BadArgument(
            f"{predictor.name} is a model for {predictor.task}, which compares no texts.",
            "Leave the other text out, or name an embedding model.",
            param="other",
        )
    if method == "combined" and predictor.task != "text-classification":
        raise BadArgument(
            "The method combined is for text-classification.",
            "Use integrated-gradients or occlusion.",
            param="method",
        )
    return method or DEFAULTS[predictor.task]


def _check_text(text: str, name: str, hint: str) -> None:
    if not split_words(text):
        raise BadArgument("The text is empty.", hint, param=name)
    if len(text) > LONGEST:
        raise BadArgument(
            f"The text has {len(text):,} characters; {LONGEST:,} at most.", "Cut it.", param=name
        )


def _explain(
    predictor: Predictor, text: str, method: str, target: str | None, other: str | None
) -> dict[str, Any]:
    return EXPLAINED[predictor.task](predictor.model, text, method, target, other)


def _text(model: Any, text: str, method: str, target: str | None, _: str | None) -> dict[str, Any]:
    from tools.explain.classify import explain_texts

    return explain_texts(model, [text], method, [target])[0]


def _entity(model: Any, text: str, method: str, target: str | None, _: str | None) -> dict[str, Any]:
    from tools.explain.tagging import explain_entity

    return explain_entity(model, text, method, target)


def _picture(model: Any, text: str, method: str, target: str | None, _: str | None) -> dict[str, Any]:
    from tools.explain.vision import explain_picture

    return explain_picture(model, text, method, target)


def _likeness(model: Any, text: str, method: str, _: str | None, other: str | None) -> dict[str, Any]:
    from tools.explain.likeness import explain_likeness

    return explain_likeness(model, text, other or "", method)


EXPLAINED = {
    "text-classification": _text,
    "token-classification": _entity,
    "image-classification": _picture,
    "embedding": _likeness,
}
