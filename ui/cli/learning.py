"""``assistant knowledge pairs``, ``learn`` and ``rollback``: the retriever learns from use."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.command import command
from ui.cli.opened import opened, workspace
from ui.cli.output import facts, note, table

if TYPE_CHECKING:
    from assistant.application import Application
    from assistant.workspace.learning import Material

Internal = Annotated[
    bool,
    typer.Option(
        "--internal",
        help="Learn from internal documents too; visitors' questions are then searched without what was learned.",
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed, the same pairs.", metavar="N")]


def enter(app: typer.Typer) -> None:
    """Enter the commands among those of the knowledge base."""
    command(app, show=_pairs)(pairs)
    command(app, show=_learned)(learn)
    command(app, show=_rolled_back)(rollback)


def _pairs(result: dict[str, Any]) -> str:
    names = {"pairs": "to learn from", "held_out": "held out", "unused": "judgements not used"}
    shown = {
        names.get(name, name.replace("_", " ")): value for name, value in result.items() if name != "files"
    }
    data, test = result["files"]
    return f"{facts(shown)}\n\nTrain on them: assistant finetune {data} --task embedding --test-data {test} --name NAME"


def pairs(
    file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Where to; beside it a file with those held out. An upload where left out.",
            metavar="FILE",
        ),
    ] = None,
    internal: Internal = False,
    seed: Seed = 42,
) -> dict[str, Any]:
    """Write pairs of questions and passages, from thumbs, examples and the documents, for training a retriever."""
    target = _checked(file)
    with opened() as application:
        from assistant.workspace.learning import learning_material

        material = learning_material(application.knowledge, application.feedback.judged(), internal, seed)
        return {**material.told, "files": _written(application, material, target)}


def learn(
    epochs: Annotated[float | None, typer.Option(help="How often the pairs are passed.", metavar="N")] = None,
    internal: Internal = False,
    seed: Seed = 42,
    force: Annotated[
        bool, typer.Option("--force", help="Take what was learned also where it finds no more.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")] = False,
) -> dict[str, Any]:
    """Train the retriever on thumbs, examples and the documents; it is taken where passages are found better for it."""
    with opened() as application:
        from assistant.workspace import retriever
        from ui.cli.finetune import finished, watch

        job = retriever.learn(workspace(application), epochs, internal, seed, force)
        if detach:
            note(f"{job['id']} runs in the background. Follow it: assistant jobs show {job['id']}.")
            return {"job": job["id"], **job}
        return finished(watch(application, job["id"]))


def _learned(result: dict[str, Any]) -> str:
    if "status" in result:  # detached
        return f"{result['job']} is {result['status']}."
    rows = [
        {"ranked by": how, "encoder": when, **result[when][way]}
        for way, how in (("search", "words and vectors"), ("vectors", "vectors alone"))
        for when in ("before", "after")
    ]
    columns = ("ranked by", "encoder", "recall@1", "recall@5", "mrr")
    said = f"{result['model']} finds passages now. Go back: assistant knowledge rollback."
    if not result["switched"]:
        said = f"{result['model']} does not find more on the held-out questions; all stays as it was."
    about = f"{result['before']['rows']:,} held-out questions, {result['pairs']['people_held_out']} of them people's."
    return f"{said}\n\n{table(rows, dict(zip(columns, columns, strict=True)), '')}\n\n{about}"


def rollback() -> dict[str, Any]:
    """Let the encoder find passages that did so before the last one was learned."""
    with opened() as application:
        from assistant.workspace import retriever

        return retriever.undo(workspace(application), application.home.knowledge)


def _rolled_back(result: dict[str, Any]) -> str:
    return f"{result['retriever']} finds passages now, and {result['before']} no more."


def _written(application: "Application", material: "Material", target: Path | None) -> list[str]:
    """Write both files. Returns how they are named to ``assistant finetune``."""
    import io

    from assistant.access.principal import Principal
    from assistant.workspace.learning import lines
    from knowledge.atomic import write_atomically

    both = (material.train, material.held_out)
    if target is None:
        names, owner = ("pairs.jsonl", "pairs-held-out.jsonl"), Principal.owner().user_id
        for name, rows in zip(names, both, strict=True):
            application.files.save(name, io.BytesIO(lines(rows).encode()), owner, "fine-tune")
        return [*names]
    files = (target, target.with_name(f"{target.stem}-held-out{target.suffix}"))
    for file, rows in zip(files, both, strict=True):
        write_atomically(file, lines(rows))
    return [str(each) for each in files]


def _checked(file: Path | None) -> Path | None:
    """Where the pairs go, checked."""
    from tools.errors import BadArgument
    from ui.cli.explain import writable

    if file and file.suffix != ".jsonl":
        raise BadArgument(
            f"{file.name} would hold JSON lines.", "Name it with .jsonl at its end.", param="out"
        )
    return writable(file)
