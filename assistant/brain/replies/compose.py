"""Compose the reply to a tool's result: one small function a tool, kept in the modules beside this one."""

from collections.abc import Callable, Mapping
from typing import Any

from assistant.brain.language import pick
from assistant.brain.replies import data, explained, knowledge, models, training
from assistant.brain.replies.chinese import in_chinese, joined
from assistant.brain.replies.reply import Reply

Composer = Callable[[dict[str, Any], dict[str, Any], str], Reply]

COMPOSERS: dict[str, Composer] = {
    "inspect_dataset": data.inspected,
    "redact_text": data.redacted,
    "recommend_model": training.recommended,
    "finetune_model": training.started,
    "list_jobs": training.jobs_listed,
    "show_job": training.job_shown,
    "cancel_job": training.job_cancelled,
    "resume_job": training.job_resumed,
    "list_models": models.listed,
    "evaluate_model": models.evaluated,
    "compare_models": models.compared,
    "deploy_model": models.deployed,
    "undeploy_model": models.undeployed,
    "benchmark_model": models.benchmarked,
    "predict": models.predicted,
    "explain_prediction": explained.explained,
    "search_knowledge": knowledge.answered,
    "add_knowledge": knowledge.added,
    "remove_knowledge": knowledge.removed,
}
# What only the team is told; a visitor of a site reads the wording above.
TO_TEAM: dict[str, Composer] = {"search_knowledge": knowledge.answered_to_team}


def compose(
    tool_name: str, args: Mapping[str, Any], result: Mapping[str, Any], language: str, team: bool = False
) -> Reply:
    """What to tell the user about a tool's result. Every figure and name in it is taken from the result.

    Args:
        tool_name: the tool that ran.
        args: its arguments.
        result: its dictionary; ``{"error", "hint", "code"}`` where it failed, ``{"declined": true}`` where the user
            said no.
        language: ``en`` or ``zh``.
        team: the reader is known to be of the team; visitors are offered no steps and not told how the team works.
    """
    if result.get("declined"):
        return Reply(pick(language, "All right, I left it as it is.", "好的，我没有执行，一切保持原样。"))
    if language == "zh":
        result = in_chinese(dict(result))
    if "error" in result and "status" not in result:
        return _failed(result, language)
    composer = (team and TO_TEAM.get(tool_name)) or COMPOSERS.get(tool_name)
    if composer is None:
        return Reply(pick(language, f"{tool_name} is done.", f"{tool_name} 已完成。"))
    return composer(dict(args), dict(result), language)


def _failed(result: Mapping[str, Any], language: str) -> Reply:
    what = joined(*(" ".join(str(result[key]).split()) for key in ("error", "hint") if result.get(key)))
    return Reply(pick(language, f"That did not work: {what}", f"没有成功：{what}"))
