"""The page of an explained answer."""

from collections.abc import Mapping
from html import escape
from typing import Any

from tools.explain.coloured import signed, words_html
from tools.explain.page import whole_page


def passages_html(found: Mapping[str, Any]) -> str:
    """A page that stands alone.

    Args:
        found: what ``tools.explain.passages.explain_answer`` returned.
    """
    said = escape(found["answer"] or "No answer was given.").replace("\n", "<br>")
    notes = "".join(f"<p>{escape(note)}</p>" for note in found["notes"])
    sure = f"Confidence {found['confidence']:.3f}; from {found['threshold']:.2f} on there is an answer."
    check = checked_answer(found["faithfulness"])
    passages = "".join(_passage(each, number) for number, each in enumerate(found["passages"], 1))
    return whole_page(
        f"On what rests the answer to “{found['question']}”?",
        f"<blockquote>{said}</blockquote><p>{sure}</p><p>{check}</p>{notes}"
        f"<h2>Passages, the most important first</h2>{passages}",
    )


def checked_answer(figures: Mapping[str, float]) -> str:
    """A sentence on how true it is that an answer rests on its passages.

    Args:
        figures: its faithfulness.
    """
    return (
        f"Check: without the passages it rests on the confidence falls by {figures['comprehensiveness']:z.3f} (without "
        f"as many random ones by {figures['random_comprehensiveness']:z.3f}), with them alone by "
        f"{figures['sufficiency']:z.3f} (with random ones alone by {figures['random_sufficiency']:z.3f})."
    )


SIDES = ("query", "passage")


def checked(side: str, figures: Mapping[str, float]) -> str:
    """A sentence on how true the words of one side are.

    Args:
        side: one of :data:`SIDES`.
        figures: its faithfulness.
    """
    return (
        f"Check: without the top words of the {'question' if side == 'query' else side} the likeness falls by "
        f"{figures['comprehensiveness']:z.3f} on average (without random ones by "
        f"{figures['random_comprehensiveness']:z.3f}), with them alone by {figures['sufficiency']:z.3f} (with random "
        f"ones alone by {figures['random_sufficiency']:z.3f})."
    )


def _passage(each: Mapping[str, Any], number: int) -> str:
    told = [f"score {each['score']:.3f}", f"gives {signed(each['influence'])} of confidence"]
    told += ["is cited"] if each["cited"] else []
    after = "the answer stays as it is"
    if each["changes_answer"]:
        after = f"the answer would be: {each['without']}" if each["without"] else "there would be no answer"
    words = each.get("words")
    body = words_html(words["passage"]) if words else escape(each["text"])
    asked = f"<p>Question: {words_html(words['query'])}</p>" if words else ""
    check = "".join(f"<p>{checked(name, words['faithfulness'][name])}</p>" for name in SIDES) if words else ""
    return (
        f"<h3>{number}. {escape(each['title'] or each['source'])}</h3><p>{escape(each['source'])}: {', '.join(told)}. "
        f'Without it {escape(after)}.</p>{asked}<blockquote style="line-height:2">{body}</blockquote>{check}'
    )
