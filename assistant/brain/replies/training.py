"""Replies about recommending, training and jobs."""

# ruff: noqa: E501 - patterns and wordings read best in one line

from typing import Any

from assistant.brain.language import pick
from assistant.brain.replies.knowledge import report
from assistant.brain.replies.reply import (
    Reply,
    baselines_of,
    count,
    duration,
    percent,
    scores_of,
)

STATUS = {
    "queued": ("waiting", "排队中"),
    "running": ("running", "运行中"),
    "succeeded": ("done", "已完成"),
    "failed": ("failed", "失败"),
    "cancelled": ("stopped", "已停止"),
}


def recommended(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """Base models and methods, best first."""
    zh = language == "zh"
    candidates = result.get("candidates") or []
    task = result.get("task") or ""
    if not candidates:
        return Reply(pick(language, f"I have no candidate for {task}.", f"没有适合 {task} 的候选模型。"))
    name = result.get("dataset") or args.get("dataset")
    about = f"{task}" + (f" ({name})" if name else "")
    lines = [f"对于 **{about}**，我的推荐如下：" if zh else f"For **{about}** I recommend:"]
    for at, candidate in enumerate(candidates[:4], start=1):
        lines.append(_candidate(at, candidate, language))
    return Reply("\n".join(lines), _offer_training(name, candidates[0].get("model"), zh))


WHY = {
    "full": "训练全部权重，数据够多时效果最好",
    "lora": "只训练少量适配器参数：效果接近，占内存少",
    "dora": "只训练少量适配器参数，比 LoRA 更细",
    "adalora": "只训练少量适配器参数，并把它们分配到最有用的层",
    "qlora": "在 4 位权重上训练适配器：显存占用最少",
    "head": "只在冻结的模型上训练分类器：最快得到不错的结果",
    "few-shot": "每个标签只有几行时，通过相互比较来学习",
}  # in English each candidate brings its own


def _candidate(at: int, candidate: dict[str, Any], language: str) -> str:
    zh = language == "zh"
    time = duration(candidate.get("estimated_seconds"), language)
    parts = [f"（约 {time}）" if zh else f" (about {time})"] if time else []
    if candidate.get("fits") is False:
        parts.append("，这台机器放不下" if zh else ", does not fit this machine")
    why = WHY.get(str(candidate.get("method")), "") if zh else candidate.get("why") or ""
    separator = "：" if zh else ": "
    method = f"用 {candidate.get('method')}" if zh else f"with {candidate.get('method')}"
    return f"{at}. **{candidate.get('model')}** {method}{''.join(parts)}{separator if why else ''}{why}"


def _offer_training(name: str | None, base: str | None, zh: bool) -> list[str]:
    """To train on the dataset; where none was named, the best base model, and the file is asked for."""
    if not name:
        return [f"微调 {base}" if zh else f"Fine-tune {base}"] if base else []
    return [f"用 {name} 微调一个模型"] if zh else [f"Fine-tune a model on {name}"]


def started(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A training job was queued."""
    time = duration(result.get("estimated_seconds"), language)
    model, job, rows = result.get("model"), result.get("job"), count(result.get("rows"))
    base, method, data = (
        result.get("base"),
        result.get("method"),
        result.get("dataset") or args.get("dataset"),
    )
    if language == "zh":
        text = (
            f"已开始训练：**{job}** 正在用 {data}（{rows} 行）微调 {base}（{method}），新模型叫 **{model}**。"
        )
        text += f"大约需要 {time}。" if time else ""
        return Reply(text + "训练期间可以继续聊天。", _watching(job, language))
    text = f"Training has started: **{job}** fine-tunes {base} ({method}) on {data} ({rows} rows); the model will be called **{model}**."
    text += f" It takes about {time}." if time else ""
    return Reply(text + " We can go on talking meanwhile.", _watching(job, language))


def jobs_listed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """All jobs in a table."""
    jobs = result.get("jobs") or []
    zh = language == "zh"
    if not jobs:
        return Reply("还没有任何任务。" if zh else "There are no jobs yet.")
    lines = [
        f"共有 {len(jobs)} 个任务："
        if zh
        else f"There {'is 1 job' if len(jobs) == 1 else f'are {len(jobs)} jobs'}:"
    ]
    lines += [f"- {_job_line(job, language)}" for job in jobs[:10]]
    if len(jobs) > 10:
        lines.append(f"- 另有 {len(jobs) - 10} 个" if zh else f"- and {len(jobs) - 10} older ones")
    return Reply("\n".join(lines), _offer_for_jobs(jobs, language))


def _offer_for_jobs(jobs: list[dict[str, Any]], language: str) -> list[str]:
    """To look at the job that matters most: the one that runs, else the newest."""
    job = next((job for job in jobs if job.get("status") == "running"), jobs[0])
    name, status = job.get("id"), job.get("status")
    if status in ("running", "queued"):
        return _watching(name, language)
    if status == "failed":
        return [pick(language, f"Why did {name} fail?", f"{name} 为什么失败了？")]
    return [pick(language, f"Show {name}", f"查看 {name}")]


def _job_line(job: dict[str, Any], language: str) -> str:
    status = _status(job.get("status"), language)
    line = f"**{job.get('id')}** ({job.get('kind')}): {status}"
    if job.get("status") == "running":
        line += f", {_progress(job)}"
    if scores := scores_of(job.get("metrics") or {}, language):
        line += f", {scores}"
    return line + (f": {job['error']}" if job.get("error") else "")


def _status(status: Any, language: str) -> str:
    return pick(language, *STATUS.get(str(status), (str(status), str(status))))


def _progress(job: dict[str, Any]) -> str:
    return f"{round(float(job.get('progress') or 0) * 100)} %"


def job_shown(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """How one job stands."""
    status = result.get("status")
    if status == "running":
        return _running(result, language)
    if status == "succeeded" and "chunks" in (result.get("result") or {}):
        return _documents_done(result, language)
    if status == "succeeded":
        return _succeeded(result, language)
    job = result.get("id")
    if status == "failed":
        reason = result.get("error") or pick(language, "no reason was recorded.", "没有记录原因。")
        return Reply(
            pick(language, f"**{job}** failed: {reason}", f"**{job}** 失败了：{reason}"),
            _after_no_result(result, language),
        )
    if status == "queued":
        return Reply(
            pick(language, f"**{job}** is waiting for its turn.", f"**{job}** 正在排队。"),
            _watching(job, language),
        )
    told = pick(language, f"**{job}** was stopped.", f"**{job}** 已经停止。")
    if result.get("kind") == "add_documents":
        done, of = count(result.get("step") or 0), count(result.get("steps") or 0)
        told += pick(
            language,
            f" {done} of {of} documents were read until then; what was added stays.",
            f"到那时读了 {of} 份文档中的 {done} 份；已加入的会保留。",
        )
    return Reply(told, _after_no_result(result, language))


def _documents_done(result: dict[str, Any], language: str) -> Reply:
    """A job on the documents is through."""
    job = result.get("id")
    lines = report(result["result"], language)
    return Reply("\n".join([pick(language, f"**{job}** is done.", f"**{job}** 已完成。"), *lines]))


def _after_no_result(result: dict[str, Any], language: str) -> list[str]:
    """Steps after a job that failed or was stopped: to go on, to train anew (the file is the talk's, or asked for), the list."""
    job, stopped = result.get("id"), result.get("status") == "cancelled"
    resume = [pick(language, f"Resume {job}", f"恢复 {job}")] if stopped else []
    again = [pick(language, "Fine-tune a model", "微调一个模型")]
    return [
        *resume,
        *(again if result.get("kind") in (None, "finetune") else []),
        pick(language, "List my jobs", "列出所有任务"),
    ]


def _watching(job: Any, language: str) -> list[str]:
    """Steps while a job is on its way. They name it: others may run beside it."""
    return [
        pick(language, f"How is {job} going?", f"{job} 进度怎么样了？"),
        pick(language, f"Stop {job}", f"停止 {job}"),
    ]


def _running(result: dict[str, Any], language: str) -> Reply:
    zh, left = language == "zh", duration(result.get("time_left"), language)
    text = (
        f"**{result.get('id')}** 已完成 {_progress(result)}"
        if zh
        else f"**{result.get('id')}** is {_progress(result)} done"
    )
    if result.get("steps"):
        step, steps = count(result.get("step") or 0), count(result["steps"])
        text += f"（第 {step} / {steps} 步）" if zh else f" (step {step} of {steps})"
    text += "。" if zh else "."
    if left:
        text += f"还需大约 {left}。" if zh else f" About {left} left."
    curve = result.get("curve") or []
    if curve and isinstance(curve[-1][1], int | float):
        text += (
            f"最近的训练损失：{curve[-1][1]:.3f}。" if zh else f" The training loss is at {curve[-1][1]:.3f}."
        )
    return Reply(text, _watching(result.get("id"), language))


def _succeeded(result: dict[str, Any], language: str) -> Reply:
    zh, done = language == "zh", result.get("result") or {}
    model = done.get("model")
    lines = [
        (f"训练完成了：**{model}** 可以用了。" if zh else f"The training is done: **{model}** is ready.")
        if model
        else (f"**{result.get('id')}** 已完成。" if zh else f"**{result.get('id')}** is done.")
    ]
    if scores := scores_of(done.get("metrics") or result.get("metrics") or {}, language):
        lines.append(f"在没有训练过的数据上：{scores}。" if zh else f"On held-out rows: {scores}.")
    lines += baselines_of(done.get("baseline") or {}, language)
    lines += _forgetting(done.get("forgetting") or {}, zh)
    lines += [str(warning) for warning in done.get("warnings") or []]
    if took := duration(done.get("seconds"), language):
        lines.append(f"用时 {took}。" if zh else f"It took {took}.")
    return Reply("\n".join(lines), _after_training(model, zh))


def _forgetting(lost: dict[str, Any], zh: bool) -> list[str]:
    """What learning on did to the earlier task."""
    if not lost:
        return []
    now, before, mixed = percent(lost["after"]), percent(lost["before"]), count(lost["replayed"])
    if zh:
        return [f"在之前的数据上：现在准确率 {now}，之前 {before}（混入了 {mixed} 行旧数据，以免遗忘）。"]
    return [
        f"On the earlier data {now} are right, {before} were before ({mixed} earlier rows were mixed in)."
    ]


def _after_training(model: str | None, zh: bool) -> list[str]:
    if not model:
        return []
    return [f"评估 {model}", f"部署 {model}"] if zh else [f"Evaluate {model}", f"Deploy {model}"]


def job_resumed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A job that had ended is in the queue again."""
    job = result.get("id")
    told = pick(
        language,
        f"**{job}** goes on from its last checkpoint as soon as its turn comes.",
        f"**{job}** 轮到时会从上次的检查点继续。",
    )
    return Reply(told, _watching(job, language))


def job_cancelled(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A job was asked to stop."""
    job, status = result.get("id"), result.get("status")
    if status == "cancelled":
        return Reply(
            pick(language, f"**{job}** is stopped.", f"**{job}** 已停止。"),
            _after_no_result(result, language),
        )
    if status in ("succeeded", "failed"):
        return Reply(
            pick(
                language,
                f"**{job}** had already ended ({_status(status, language)}).",
                f"**{job}** 已经结束（{_status(status, language)}）。",
            ),
            [pick(language, f"Show {job}", f"查看 {job}")],
        )
    return Reply(
        pick(
            language,
            f"I asked **{job}** to stop; it ends in a moment.",
            f"已通知 **{job}** 停止，马上就会结束。",
        ),
        [pick(language, f"Show {job}", f"查看 {job}")],
    )
