"""What a client asks of a training, and the training's spec made of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from assistant.api.fields import Body, FreeName, Name, told_as
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.workspace.workspace import TeamWorkspace
    from tools.finetune.spec import FinetuneSpec

AUTO = ("", "auto")

Rate = Annotated[float, Field(gt=0, le=1)]
Multiplier = Annotated[float, Field(gt=0, le=100)]
Epochs = Annotated[float, Field(gt=0, le=10_000)]
Size = Annotated[int, Field(ge=1, le=4096)]
Wish = Annotated[Name | None, BeforeValidator(lambda given: None if given == "" else given)]


class Hyperparameters(Body):
    """OpenAI's place for the step sizes; the flat fields of the request come first."""

    n_epochs: Literal["auto"] | Epochs | None = None
    batch_size: Literal["auto"] | Size | None = None
    learning_rate_multiplier: Annotated[
        Literal["auto"] | Multiplier | None, Field(description="Times the plan's own learning rate.")
    ] = None


class Supervised(Body):
    """OpenAI's present place for the hyperparameters."""

    hyperparameters: Hyperparameters | None = None


class MethodObject(Body):
    """OpenAI's ``method``; supervised training alone is done here."""

    type: Literal["supervised"] = "supervised"
    supervised: Supervised | None = None


class JobRequest(Body):
    """A training to start: OpenAI's fields, and the options of ``assistant finetune`` under their names."""

    model: FreeName = Field("", description="The base model; empty or auto lets the plan choose.")
    training_file: Name
    validation_file: Wish = None
    suffix: Annotated[str, Field(max_length=64)] | None = None
    hyperparameters: Hyperparameters | None = None
    method: Wish | MethodObject = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    name: Wish = None
    task: Wish = None
    base: Wish = None
    text: Wish = Field(None, validation_alias=AliasChoices("text", "text_column"))
    label: Wish = Field(None, validation_alias=AliasChoices("label", "label_column"))
    test_data: Wish = Field(None, validation_alias=AliasChoices("test_data", "test-data"))
    unlabeled: Wish = None
    search: Annotated[float, Field(gt=0, le=1440)] | None = None
    minutes: Annotated[float, Field(gt=0, le=1440)] | None = None
    one_label: bool = False
    epochs: Epochs | None = None
    learning_rate: Rate | None = Field(None, validation_alias=AliasChoices("learning_rate", "learning-rate"))
    batch_size: Size | None = Field(None, validation_alias=AliasChoices("batch_size", "batch-size"))

    @property
    def steps(self) -> Hyperparameters:
        """The hyperparameters, wherever the client put them."""
        if isinstance(self.method, MethodObject) and self.method.supervised:
            return self.method.supervised.hyperparameters or Hyperparameters()
        return self.hyperparameters or Hyperparameters()

    @property
    def method_name(self) -> str:
        """``lora`` and so on; OpenAI's own ``supervised`` leaves the choice to the plan."""
        named = self.method if isinstance(self.method, str) else "auto"
        return "auto" if named.lower() in (*AUTO, "supervised") else named.lower()


def spec_of(body: JobRequest, workspace: "TeamWorkspace") -> "FinetuneSpec":
    """The training that was asked for, checked for everything that it would stumble over.

    Raises:
        TeachingError: it cannot be done; ``param`` is the request's own field.
    """
    from tools.finetune.plan import make_plan

    test = "test_data" if body.test_data else "validation_file"
    base = "base" if body.base else "model"
    with told_as(text_column="text", label_column="label", test_data=test, base=base):
        spec = _spec(body, workspace)
        plan = make_plan(spec)
    multiplier = _number(body.steps.learning_rate_multiplier)
    if multiplier is None or spec.learning_rate or not plan["learning_rate"]:  # a head has none
        return spec
    rate = plan["learning_rate"] * multiplier
    if rate >= 1:
        raise BadRequest(
            "The learning rate must lie between 0 and 1.", "Give a smaller multiplier.", "hyperparameters"
        )
    return replace(spec, learning_rate=rate)


def _spec(body: JobRequest, workspace: "TeamWorkspace") -> "FinetuneSpec":
    from tools.finetune.spec import FinetuneSpec

    base = next((each for each in (body.base, body.model) if each and each.lower() not in AUTO), "")
    with told_as(dataset="training_file"):
        data = workspace.dataset(body.training_file)
    test = _file(workspace, "test_data", body.test_data)
    spec = FinetuneSpec(
        data=data,
        name=_model_name(body, workspace),
        base=base,
        base_path=workspace.base_model(base) if base else None,
        task=body.task or "",
        method=body.method_name,
        text_column=body.text,
        label_column=body.label,
        test_data=test or _file(workspace, "validation_file", body.validation_file),
        unlabeled=_file(workspace, "unlabeled", body.unlabeled),
        search=body.search,
        minutes=body.minutes,
        one_label=body.one_label,
        epochs=body.epochs or _number(body.steps.n_epochs),
        learning_rate=body.learning_rate,
        batch_size=body.batch_size or _number(body.steps.batch_size),
    )
    return spec if body.seed is None else replace(spec, seed=body.seed)


def _file(workspace: "TeamWorkspace", field: str, name: str | None) -> "Path | None":
    with told_as(dataset=field):
        return workspace.dataset(name) if name else None


def _model_name(body: JobRequest, workspace: "TeamWorkspace") -> str:
    """A name is taken as it is; a suffix, as in the OpenAI API, is any words, and the same may come again."""
    if body.name:
        return workspace.shared.registry.check_name(body.name)
    wish = (body.suffix or "").strip() or workspace.upload_name(body.training_file) or body.training_file
    return workspace.model_name(wish)


def _number(value: Any) -> Any:
    return None if value == "auto" else value
