"""``assistant explain``: why a model said what it said, of a text, of many, beside another model, or as a whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.explain.coloured import signed
from tools.workspace import HELD_OUT
from ui.cli.opened import dataset, lines, opened, workspace
from ui.cli.output import facts, note, table

if TYPE_CHECKING:
    from tools.workspace import Workspace

MOST_ROWS = 12


def explain(
    model: Annotated[
        str, typer.Argument(help="The model's name; one version as NAME@2 or NAME@ALIAS.", metavar="MODEL")
    ],
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="The text whose prediction is asked about (for pictures its file); several, or - for lines from "
            "stdin, are explained together.",
            metavar="[TEXT]...",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="combined (the default for labels of texts), integrated-gradients or occlusion."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="The label to explain in place of the predicted one; an entity's words or kind."),
    ] = None,
    other: Annotated[
        str | None,
        typer.Option("--with", help="For an embedding model: the text to compare with.", metavar="TEXT"),
    ] = None,
    versus: Annotated[
        str | None, typer.Option(help="Explain the same text by this model too.", metavar="MODEL")
    ] = None,
    counterfactual: Annotated[
        bool, typer.Option("--counterfactual", help="Also look for a small change that turns the label.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            help="Explain the model as a whole over this file with labels; held-out for the held-out rows of its "
            "training (a file of that name: ./held-out).",
            metavar="FILE",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with a heat map here.", metavar="OUT")
    ] = None,
) -> dict[str, Any]:
    """Which words drove a model's prediction."""
    from tools.explain.explain import fits_together

    with opened() as application:
        target_file, known = writable(html), workspace(application)
        given = _texts(texts, data)
        fits_together(_count(given, texts), versus, other, counterfactual, target)
        result: dict[str, Any]
        if data is not None:
            rows = None if data == HELD_OUT else known.dataset(dataset(application, data))
            result, page = _whole(known, model, rows, method)
        elif len(given) != 1 or given[0][0] == "-":
            result, page = _many(known, model, [text for _, text in given], method, target)
        elif versus:
            result, page = _side_by_side(known, [model, versus], given[0][1], method, target)
        else:
            result, page = _one(known, model, given[0][1], method, target, other, counterfactual)
        if target_file:
            target_file.write_text(page, encoding="utf-8")
            note(f"Written: {target_file}")
        return result


def _texts(texts: list[str] | None, data: str | None) -> list[tuple[str, str]]:
    """Each text with where it came from.

    Raises:
        BadArgument: there is neither a text nor a file, or both.
    """
    from tools.errors import BadArgument

    if bool(texts) == (data is not None):
        raise BadArgument(
            "Give either a text or --data." if texts else "There is no text.",
            'For example: assistant explain MODEL "Where is my parcel?", or assistant explain MODEL --data FILE.',
            param="text",
        )
    return [(text, line) for text in texts or [] for line in lines([text])]


def _count(given: list[tuple[str, str]], texts: list[str] | None) -> int:
    """How many texts are explained, none for a model as a whole; lines of stdin are several, be there but one."""
    return max(len(given), 2) if texts and texts[0] == "-" else len(given)


def _one(
    known: "Workspace",
    model: str,
    text: str,
    method: str | None,
    target: str | None,
    other: str | None,
    counterfactual: bool,
) -> tuple[dict[str, Any], str]:
    from tools.explain.explain import explain, page_html, subject, without_picture

    predictor = known.predictor(model)
    result = explain(predictor, subject(known, predictor, text), method, target, other, counterfactual)
    return without_picture(result), page_html(result)


def _side_by_side(
    known: "Workspace", models: list[str], text: str, method: str | None, target: str | None
) -> tuple[dict[str, Any], str]:
    from tools.explain.explain import page_html, subject, without_picture
    from tools.explain.versus import versus

    first, second = (known.predictor(name) for name in models)
    result = versus(first, second, subject(known, first, text), method, target, (models[0], models[1]))
    return without_picture(result), page_html(result)


def _many(
    known: "Workspace", model: str, texts: list[str], method: str | None, target: str | None
) -> tuple[dict[str, Any], str]:
    from tools.explain.explain import explain_many, subject, without_picture
    from tools.explain.page import pages_html

    predictor = known.predictor(model)
    found = explain_many(predictor, [subject(known, predictor, text) for text in texts], method, target)
    explained = [{"text": text, **without_picture(each)} for text, each in zip(texts, found, strict=True)]
    return {"explanations": explained}, pages_html(list(zip(texts, found, strict=True)))


def _whole(
    known: "Workspace", model: str, data: Path | None, method: str | None
) -> tuple[dict[str, Any], str]:
    from tools.explain.overview import overview
    from tools.explain.overview_page import overview_html

    result = overview(known.predictor(model), known.model(model).info, data, method)
    return result, overview_html(result)


def writable(html: Path | None) -> Path | None:
    """Where a page goes, checked before the work is done.

    Raises:
        BadArgument: there is no such folder, or it is a folder itself.
    """
    from tools.errors import BadArgument

    if html is None:
        return None
    target = html.expanduser().resolve()
    if target.is_dir() or not target.parent.is_dir():
        raise BadArgument(f"{html} cannot be written.", "Name a file in a folder that exists.", param="html")
    return target


def shown(result: dict[str, Any]) -> str:
    """What was explained, for people."""
    if "explanations" in result:
        return "\n\n".join(f"“{each['text']}”\n{shown(each)}" for each in result["explanations"])
    if "words" in result:
        return _shown_whole(result)
    parts = [_shown_one(result)]
    if "other" in result:
        other = result["other"]
        checked = f"{_checked(other)}{_windows(other)}{_noted(other)}"
        parts.append(f"The other text:\n\n{weighed(other['tokens'])}{checked}")
    if "versus" in result:
        parts = [
            f"{result['model']}: {parts[0]}",
            f"{result['versus']['model']}: {_shown_one(result['versus'])}",
        ]
        alike = result["agreement"]["rank_correlation"]
        if alike is not None:
            parts.append(f"Their orders of the words correlate by {alike:+.2f} (1 is the same).")
    return "\n\n".join(parts)


def _shown_one(result: dict[str, Any]) -> str:
    best, target = result["prediction"], result.get("target")
    about = ""
    if isinstance(target, dict):
        about = f"; explained is {target['text']} ({target['entity']})"
    elif target not in (None, best["label"], "similarity"):
        about = f"; explained is {target} ({best['scores'].get(target, 0):.3f})"
    body = _patches(result["patches"]) if "patches" in result else weighed(result["tokens"])
    said = f"{best['label']} ({best['score']:z.3f}){about}"
    return f"{said}\n\n{body}{_checked(result)}{_turned(result)}{_windows(result)}{_noted(result)}"


def _noted(explanation: dict[str, Any]) -> str:
    return "".join(f"\n! {each}" for each in explanation.get("notes") or [])


def _windows(explanation: dict[str, Any]) -> str:
    return "".join(_window(*each) for each in enumerate(explanation.get("windows") or [], 2))


def _window(number: int, window: dict[str, Any]) -> str:
    best = window["prediction"]
    about = f"Part {number}, on its own {best['label']} ({best['score']:.3f})"
    return f"\n\n{about}\n\n{weighed(window['tokens'])}{_checked(window)}"


def weighed(tokens: list[dict[str, Any]]) -> str:
    """Words with their attributions, as a table."""
    most = max((abs(each["attribution"]) for each in tokens), default=0.0) or 1.0
    rows = [
        {
            "text": each["text"],
            "value": signed(each["attribution"]),
            "bar": _bar(each["attribution"] / most),
        }
        for each in tokens
    ]
    return table(rows, {"text": "word", "value": "for (+) or against (-)", "bar": ""}, "No words.")


def _patches(patches: list[dict[str, Any]]) -> str:
    ranked = sorted(patches, key=lambda each: -abs(each["attribution"]))[:MOST_ROWS]
    rows = [{**each, "value": signed(each["attribution"])} for each in ranked]
    columns = {"row": "row", "column": "column", "value": "for (+) or against (-)", "box": "pixels"}
    return f"The strongest of {len(patches)} patches; --html shows them all.\n\n{table(rows, columns, '')}"


def _bar(share: float) -> str:
    return ("+" if share > 0 else "-") * round(abs(share) * 20)


def _checked(explanation: dict[str, Any]) -> str:
    """What deleting the strongest shows; nothing where there is nothing to tell apart."""
    from tools.explain.heatmap import compared

    if not compared(explanation):
        return ""
    found, parts = explanation["faithfulness"], "patches" if "patches" in explanation else "words"
    doubt = " That is no more than random ones do: read it with care."
    return (
        f"\n\nWithout the top {parts} it falls by {found['comprehensiveness']:z.3f} on average (without random ones by "
        f"{found['random_comprehensiveness']:z.3f}); with them alone by {found['sufficiency']:z.3f} (with random ones "
        f"alone by {found['random_sufficiency']:z.3f})."
        f"{doubt if found['comprehensiveness'] <= found['random_comprehensiveness'] else ''}"
    )


def _turned(result: dict[str, Any]) -> str:
    if "counterfactual" not in result:
        return ""
    found = result["counterfactual"]
    if not found:
        return "\n\nNo small change that was tried turns the label."
    return f"\n\nThis would be {found['label'] or 'no label'} ({found['score']:.3f}): “{found['text']}”"


def _shown_whole(result: dict[str, Any]) -> str:
    words = [
        {"label": label, "words": ", ".join(each["word"] for each in found)}
        for label, found in result["words"].items()
    ]
    pairs = [{**each, "example": each["examples"][0]} for each in result["confused"]]
    parts = [
        facts(result["metrics"]),
        table(words, {"label": "label", "words": "the words that drive it most"}, "No words."),
        "Confused most\n"
        + table(
            pairs,
            {"label": "label", "predicted": "taken for", "count": "rows", "example": "example"},
            "None.",
        ),
        "Where it is weak\n"
        + table(
            result["slices"],
            {"slice": "rows", "rows": "number", "accuracy": "accuracy"},
            "Nowhere in particular.",
        ),
        "Labels that look wrong\n"
        + table(
            result["label_errors"][:MOST_ROWS],
            {"text": "text", "label": "in the data", "suggested": "likelier"},
            "None.",
        ),
        f"Calibration: off by {result['calibration']['error']:.1%} on average.",
    ]
    return "\n\n".join(parts) + "".join(f"\n! {each}" for each in result["warnings"])
