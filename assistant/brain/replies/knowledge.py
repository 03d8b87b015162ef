"""Replies about the knowledge base. Answers pass through as they are, with their [1] marks."""

# ruff: noqa: E501 - patterns and wordings read best in one line

import re
from typing import Any

from assistant.brain.language import language_of, pick
from assistant.brain.replies.reply import Reply, count

# Every question without an answer is noted, a visitor's as well as a colleague's; see KnowledgeBase.ask.
UNKNOWN = (
    "I don't know: I could not find that in the knowledge base. Please ask the team directly; the question is noted for them.",
    "我不知道：在知识库里没有找到相关内容。请直接询问团队，这个问题已经记录下来。",
)
UNKNOWN_TO_TEAM = (
    "I don't know: I could not find that in the knowledge base. Please ask the colleague who looks after this, or add a document that covers it; the question is kept under “Unanswered” on the Knowledge page.",
    "我不知道：在知识库里没有找到相关内容。请询问负责这方面的同事，或添加包含相关内容的文档；这个问题已记录在“知识库”页面的“未回答”中。",
)


def answered(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """An answer from the documents, or that they do not hold one and whom to ask; fit for visitors too."""
    if why := result.get("why"):
        return Reply(_why(why, language))
    if result.get("answered") and result.get("answer"):
        return Reply(str(result["answer"]))
    return Reply(pick(language, *UNKNOWN))


def answered_to_team(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """The same for a reader of the team, who can also fill the gap and is offered a next step."""
    if why := result.get("why"):
        return Reply(_why(why, language))
    if result.get("answered") and result.get("answer"):
        return Reply(str(result["answer"]), _more_about(result, language))
    step = pick(language, "Add a document to the knowledge base", "把一个文档加入知识库")
    return Reply(pick(language, *UNKNOWN_TO_TEAM), [step])


def _why(why: dict[str, Any], language: str) -> str:
    """On which passages an answer rests."""
    lines = []
    for each in [each for each in why["passages"] if each["changes_answer"]][:2]:
        name = each["title"] or each["source"]
        if each["without"]:
            then = re.sub(r"\s*\[\d+\]", "", str(each["without"]).split("\n")[0])
            english, chinese = f"the answer would be “{then}”", f"答案会变成“{then}”"
        else:
            english, chinese = "there would be no answer", "就没有答案"
        lines.append(
            pick(
                language,
                f"The answer rests on **{name}**: without this passage {english}.",
                f"这个答案的依据是 **{name}**：没有这一段，{chinese}。",
            )
        )
    return "\n".join([*lines, *map(str, why["notes"][:1])])


# Titles are the documents' own words: a short one without words of other actions is sure to be read as a question.
_PLAIN_TITLE = re.compile(
    r"(?!.*(?:model|train|deploy|job|data|predict|explain|redact|模型|训练|部署|任务|数据|预测|解释|脱敏))[^\W_]+(?: [^\W_]+){0,4}",
    re.IGNORECASE,
)


def _more_about(result: dict[str, Any], language: str) -> list[str]:
    """To read on about the document that the answer comes from first."""
    citations = result.get("citations") or [{}]
    title = str(citations[0].get("title") or "").strip()
    # A title in the other language would turn the talk into that language.
    if len(title) > 40 or language_of(title) != language or not _PLAIN_TITLE.fullmatch(title):
        return []
    return [
        pick(language, f"What else do our documents say about {title}?", f"关于{title}，文档里还写了什么？")
    ]


def added(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """Documents were added, or a job adds them."""
    if job := result.get("job"):
        return _adding(str(job), result, language)
    told = "\n".join(report(result, language)) or pick(language, "Nothing new was added.", "没有新增内容。")
    source = str(args.get("source") or "") if result.get("documents") else ""
    return Reply(told, _named(source, language, "Remove {} from the knowledge base", "从知识库删除 {}"))


def _adding(job: str, result: dict[str, Any], language: str) -> Reply:
    found = count(result.get("found"))
    return Reply(
        pick(
            language,
            f"**{job}** adds {found} documents to the knowledge base. You can go on meanwhile, and stop it: what was added by then stays.",
            f"**{job}** 正在把 {found} 份文档加入知识库。您可以继续对话，也可以随时停止：已加入的会保留。",
        ),
        [pick(language, f"Show {job}", f"查看 {job}"), pick(language, f"Cancel {job}", f"取消 {job}")],
    )


def report(result: dict[str, Any], language: str) -> list[str]:
    """What was added, and what was left out."""
    zh, skipped = language == "zh", result.get("skipped") or []
    documents, chunks = result.get("documents") or 0, result.get("chunks") or 0
    lines = []
    if documents:
        lines.append(
            f"已加入知识库：{count(documents)} 份文档，{count(chunks)} 个段落。现在可以就其内容提问了。"
            if zh
            else f"Added to the knowledge base: {count(documents)} document{'s' * (documents != 1)} in {count(chunks)} passage{'s' * (chunks != 1)}. You can ask about it now."
        )
    for skip in skipped[:5]:
        lines.append(
            f"⚠ 跳过 {skip.get('source')}：{skip.get('reason')}"
            if zh
            else f"⚠ Left out {skip.get('source')}: {skip.get('reason')}"
        )
    if len(skipped) > 5:
        more = count(len(skipped) - 5)
        lines.append(f"……另外跳过 {more} 个。" if zh else f"… and {more} more.")
    return lines


def _named(source: str, language: str, english: str, chinese: str) -> list[str]:
    """A step with a source; none where its name has a blank, as it would be read in pieces."""
    return [pick(language, english, chinese).format(source)] if re.fullmatch(r"[^\s{}]+", source) else []


def removed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A source was removed."""
    source = args.get("source")
    return Reply(
        pick(language, f"**{source}** is removed from the knowledge base.", f"已从知识库删除 **{source}**。"),
        _named(str(source or ""), language, "Add {} to the knowledge base again", "重新把 {} 加入知识库"),
    )
