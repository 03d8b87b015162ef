"""Every command and option of the public contract is there, takes --json, and fails in one line."""

from pathlib import Path
from typing import Any

import pytest
import typer

from tests.ui.commands import here
from ui.cli.commands import build

COMMANDS = {
    "serve": "--host --port --workers --engine",
    "chat": "--file --thread --yes",
    "plan": "--expect",
    "data inspect": "",
    "data scrub": "--out --operator --column",
    "data next": "--model --rows --text --out",
    "recommend": "--task --data",
    "finetune": "--name --task --base --method --text --label --test-data --epochs --learning-rate --batch-size --seed "
    "--unlabeled --search --minutes --one-label --detach",
    "approvals list": "",
    "approvals grant": "",
    "approvals decline": "",
    "jobs list": "",
    "jobs show": "",
    "jobs cancel": "",
    "jobs logs": "",
    "jobs resume": "",
    "models list": "",
    "models show": "",
    "models delete": "",
    "models promote": "--alias",
    "models rollback": "",
    "models split": "--to --share --shadow --off",
    "models pull": "",
    "models export": "--format",
    "predict": "",
    "evaluate": "--data",
    "explain": "--method --target --with --versus --counterfactual --data --html",
    "deploy": "--engine",
    "undeploy": "",
    "bench": "--concurrency --requests",
    "knowledge add": "--internal --tag",
    "knowledge list": "",
    "knowledge remove": "",
    "knowledge publish": "",
    "knowledge withdraw": "",
    "knowledge reindex": "",
    "knowledge search": "-k --source --tag --since --until --language --visibility",
    "knowledge ask": "--after --source --tag --since --until --language --visibility",
    "knowledge unanswered": "--settle",
    "knowledge explain": "--words --html --after --source --tag --since --until --language --visibility",
    "knowledge pairs": "--out --internal --seed",
    "knowledge learn": "--epochs --internal --seed --force --detach",
    "knowledge rollback": "",
    "redact": "--language --operator",
    "users link": "",
    "users password": "",
    "users role": "",
    "users remove": "",
    "users rename": "",
    "users export": "",
    "users erase": "",
    "users expire": "--days",
    "visitors export": "--key",
    "visitors erase": "--key",
    "audit list": "--most --before --user --action",
    "audit verify": "--log",
    "audit export": "",
    "users add": "--role",
    "users list": "",
    "keys create": "--role --widget --origin --user --scope --days",
    "keys list": "",
    "keys revoke": "",
    "sample load": "",
}


def all_commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(command: Any, path: str) -> None:
        for name, each in getattr(command, "commands", {}).items():
            walk(each, f"{path} {name}".strip())
        if not hasattr(command, "commands"):
            found[path] = command

    walk(typer.main.get_command(build()), "")
    return found


def test_the_commands_are_those_of_the_contract() -> None:
    assert set(all_commands()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_its_options_and_json(name: str) -> None:
    command = all_commands()[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {*COMMANDS[name].split(), "--json"} <= options
    assert command.help


WRONG = {
    "nonsense": "No such command 'nonsense'",
    "jobs": "Missing command",
    "jobs show job-9 --jsom": "No such option: --jsom",
    "finetune data.csv": "Missing option '--name'",
    "redact text --operator shred": "'shred' is not one of",
    "knowledge search refunds -k none": "'-k'",
    "serve --port 99999": "65535",
    "jobs show job-9 --json": "There is no job job-9",
    "approvals grant apr-0": "No approval apr-0 waits",
    "jobs cancel what": "There is no job what",
    "models show nope --json": "There is no model named nope",
    "models promote nope@2": "There is no model named nope",
    "models rollback nope --json": "There is no model named nope",
    "models split nope --shadow": "There is no model named nope",
    "models export nope out --format zip": "'zip' is not one of",
    "predict nope text": "There is no model named nope",
    "data inspect nope.csv": "There is no file nope.csv",
    "finetune nope.csv --name a": "There is no file nope.csv",
    "recommend": "What shall be trained?",
    "users add Ann --role king": "There is no role king",
    "keys create --widget": "A widget key needs an origin",
    "keys create --widget --origin nonsense": "is not an origin",
    "keys revoke key-0": "There is no key key-0",
    "chat": "There is no message",
    "chat hello --file nope.csv": "There is no file nope.csv",
    "knowledge remove nope": "nope",
    "knowledge pairs": "The documents give 0 pairs",
    "knowledge pairs --out pairs.csv": "Name it with .jsonl",
    "knowledge rollback": "There is nothing to go back from",
    "knowledge search _": "There is no question",
    "knowledge ask _": "There is no question",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_call_is_told_in_one_line(line: str, home: Path, capfd) -> None:
    ran = here(capfd, *(" " if word == "_" else word for word in line.split()))
    assert ran.code == 2
    assert WRONG[line] in ran.error


def test_a_home_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file" / "home"))
    ran = here(capfd, "jobs", "list")
    assert ran.code == 2 and "Set ASSISTANT_HOME" in ran.error


def test_a_fault_of_the_program_is_one_line_and_a_log(home: Path, capfd) -> None:
    here(capfd, "jobs", "list")
    (home / "assistant.db").write_bytes(b"this is no database" * 100)
    for leftover in ("assistant.db-wal", "assistant.db-shm"):
        (home / leftover).unlink(missing_ok=True)
    ran = here(capfd, "jobs", "list", "--json")
    assert ran.code == 1
    assert "Traceback" not in ran.error
    assert "exception" in (home / "logs" / "assistant.jsonl").read_text() or "database" in ran.error


def test_without_a_command_there_is_help(capfd) -> None:
    ran = here(capfd)
    assert ran.code == 0 and "finetune" in ran.out
