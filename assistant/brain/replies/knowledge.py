"""Replies about the knowledge base. Answers pass through as they are, with their [1] marks."""

# ruff: noqa: E501 - patterns and wordings read best in one line

from typing import Any

from assistant.brain.language import pick
from assistant.brain.replies.reply import Reply, count


def answered(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """An answer from the documents, or that they do not hold one and whom to ask."""
    if result.get("answered") and result.get("answer"):
        return Reply(str(result["answer"]))
    english = "I don't know: the knowledge base does not hold an answer to that. Please ask your team, or add a document that covers it."
    chinese = "我不知道：知识库里没有这个问题的答案。请询问团队的同事，或添加包含相关内容的文档。"
    return Reply(
        pick(language, str(result.get("answer") or english) if language == "en" else english, chinese)
    )


def added(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """Documents were added."""
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
    return Reply("\n".join(lines) or pick(language, "Nothing new was added.", "没有新增内容。"))


def removed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A source was removed."""
    source = args.get("source")
    return Reply(
        pick(language, f"**{source}** is removed from the knowledge base.", f"已从知识库删除 **{source}**。")
    )
