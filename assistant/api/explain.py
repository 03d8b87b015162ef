"""``/v1/explain``: which words drove a prediction."""

from typing import Any, Literal

from fastapi import APIRouter

from assistant.api.auth import App, Caller
from assistant.api.fields import Body, Name, Text

router = APIRouter(prefix="/v1", tags=["models"])


class ExplainRequest(Body):
    """A text and the model whose prediction on it is asked about."""

    model: Name
    text: Text
    method: Literal["integrated-gradients", "occlusion"] = "integrated-gradients"


@router.post("/explain")
def explain(body: ExplainRequest, app: App, who: Caller) -> dict[str, Any]:
    """Attribute a fine-tuned model's prediction to the words of the text, as ``assistant explain`` does."""
    from tools.explain.explain import explain

    workspace = app.workspace(who)
    return {"model": body.model, **explain(workspace.predictor(body.model), body.text, method=body.method)}
