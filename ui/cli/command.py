"""How a plain function becomes a command: with ``--json``, a clean stdout, and its result printed."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from ui.cli.output import Out, only_results

Function = TypeVar("Function", bound=Callable[..., Any])
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def group(about: str) -> typer.Typer:
    """A set of commands.

    Args:
        about: one line for its help.
    """
    return typer.Typer(
        help=about,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )


def command(
    app: typer.Typer, name: str | None = None, show: Callable[[Any], str] = str
) -> Callable[[Function], Function]:
    """Enter a function into a set of commands and return it unchanged.

    Its parameters are the command's; one named ``out`` is given an :class:`~ui.cli.output.Out` instead, for commands
    that speak while they work. What it returns is printed: as JSON, or through ``show``. None prints nothing.

    Args:
        app: the set.
        name: the command's name; the function's where left out.
        show: makes text for people of the result.
    """

    def enter(function: Function) -> Function:
        signature = inspect.signature(function)
        speaks = "out" in signature.parameters

        @functools.wraps(function)
        def run(**given: Any) -> int:
            as_json = given.pop("json")
            with only_results() as stream:
                out = Out(stream, as_json)
                result = function(**given, **({"out": out} if speaks else {}))
                if result is not None:
                    out.document(result) if as_json else out.line(show(result))
            return 0

        _take_over(run, signature)
        app.command(name, context_settings=SETTINGS)(run)
        return function

    return enter


def _take_over(run: Any, signature: inspect.Signature) -> None:
    """Give the wrapper the function's parameters without ``out`` and with ``--json``."""
    kept = [each for each in signature.parameters.values() if each.name != "out"]
    flag = inspect.Parameter("json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)
    run.__signature__ = inspect.Signature([*kept, flag])
    run.__annotations__ = {each.name: each.annotation for each in [*kept, flag]}
