"""``/v1/explain``: which words drove a prediction, beside another model's, and what drives a model as a whole."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from assistant.access.quotas import tokens_of
from assistant.api.auth import App, Caller
from assistant.api.fields import Body, Name, Text
from assistant.api.lanes import in_turn
from assistant.api.shapes import Explanation, Explanations, ModelOverview, described
from assistant.api.spending import note

router = APIRouter(prefix="/v1", tags=["models"], dependencies=[Depends(in_turn("explain"))])
MOST = 256  # texts in one request
Method = Literal["combined", "integrated-gradients", "occlusion"]


class ExplainRequest(Body):
    """A text (or several) and the model whose prediction on it is asked about.

    ``text`` names an upload where the model reads pictures. ``target`` is the label to explain in place of the
    predicted one, or an entity's words or kind. ``other`` is the text that an embedding model compares with. ``versus``
    is a second model, explained on the same text. ``counterfactual`` also looks for a small change that turns the
    label. ``html`` adds the whole page.
    """

    model: Name
    text: Text | Annotated[list[Text], Field(min_length=1, max_length=MOST)]
    method: Method | None = None
    target: Text | None = None
    other: Text | None = None
    versus: Name | None = None
    counterfactual: bool = False
    html: bool = False


class OverviewRequest(Body):
    """A model, and an upload with labels that it is explained over."""

    model: Name
    data: Name
    method: Method | None = None
    html: bool = False


@router.post("/explain", **described(Explanation | Explanations))
def explain(body: ExplainRequest, request: Request, app: App, who: Caller) -> dict[str, Any]:
    """Attribute a fine-tuned model's prediction to the words of the text, as ``assistant explain`` does."""
    from tools.explain.explain import explain, fits_together, page_html, subject, without_picture
    from tools.explain.versus import versus

    texts = (
        max(2, len(body.text)) if isinstance(body.text, list) else 1
    )  # a list of one is answered by a list, too
    fits_together(texts, body.versus, body.other, body.counterfactual)
    note(
        request, app, tokens_of(*([body.text] if isinstance(body.text, str) else body.text), body.other or "")
    )
    workspace = app.workspace(who)
    predictor = workspace.predictor(body.model)
    if isinstance(body.text, list):
        return _many(body, body.text, predictor, workspace)
    text = subject(workspace, predictor, body.text)
    if body.versus:
        found = versus(
            predictor,
            workspace.predictor(body.versus),
            text,
            body.method,
            body.target,
            (body.model, body.versus),
        )
    else:
        found = explain(predictor, text, body.method, body.target, body.other, body.counterfactual)
    page = {"html": page_html(found)} if body.html else {}
    return {**without_picture(found), "model": body.model, **page}


def _many(body: ExplainRequest, texts: list[str], predictor: Any, workspace: Any) -> dict[str, Any]:
    from tools.explain.explain import explain_many, subject, without_picture
    from tools.explain.page import pages_html

    found = explain_many(
        predictor, [subject(workspace, predictor, text) for text in texts], body.method, body.target
    )
    explained = [{"text": text, **without_picture(each)} for text, each in zip(texts, found, strict=True)]
    page = {"html": pages_html(list(zip(texts, found, strict=True)))} if body.html else {}
    return {"model": body.model, "explanations": explained, **page}


@router.post("/explain/model", **described(ModelOverview))
def explain_model(body: OverviewRequest, request: Request, app: App, who: Caller) -> dict[str, Any]:
    """Explain a classifier over data with labels, as ``assistant explain --data`` does."""
    from tools.explain.overview import overview
    from tools.explain.overview_page import overview_html

    workspace = app.workspace(who)
    entry, data = workspace.model(body.model), workspace.dataset(body.data)
    note(request, app, data.stat().st_size // 4)  # about as many tokens as texts of so many bytes have
    found = overview(workspace.predictor(body.model), entry.info, data, body.method)
    return {**found, **({"html": overview_html(found)} if body.html else {})}
