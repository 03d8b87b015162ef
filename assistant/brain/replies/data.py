"""Replies about data."""

from typing import Any

from assistant.brain.language import pick
from assistant.brain.replies.reply import Reply, count, listing

SHOWN_COLUMNS = 12
SHOWN_LABELS = 10


def inspected(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """What is in a dataset."""
    name = result.get("dataset") or args.get("dataset") or ""
    zh = language == "zh"
    columns = result.get("columns") or []
    blocks = [
        " ".join([_size(name, result, columns, zh), _columns(columns, zh)]),
        " ".join([*_labels(result, zh), *_faults(result, language)]),
        "\n".join(f"- {warning}" for warning in _warnings(result)),
        _fit(result, zh),
    ]
    return Reply("\n\n".join(block for block in blocks if block), _next_steps(name, result, zh))


def _size(name: str, result: dict[str, Any], columns: list[Any], zh: bool) -> str:
    if zh:
        return f"**{name}** 共有 {count(result.get('rows'))} 行、{len(columns)} 列。"
    rows = result.get("rows")
    return f"**{name}** has {count(rows)} row{'s' * (rows != 1)} and {len(columns)} column{'s' * (len(columns) != 1)}."


def _columns(columns: list[dict[str, Any]], zh: bool) -> str:
    named = []
    for column in columns[:SHOWN_COLUMNS]:
        missing = column.get("missing") or 0
        gaps = (f"，缺 {count(missing)} 个" if zh else f", {count(missing)} missing") if missing else ""
        named.append(f"`{column.get('name')}` ({column.get('type')}{gaps})")
    rest = len(columns) - SHOWN_COLUMNS
    if rest > 0:
        named.append(f"另有 {rest} 列" if zh else f"and {rest} more")
    return f"列：{'，'.join(named)}。" if zh else f"Columns: {', '.join(named)}."


def _labels(result: dict[str, Any], zh: bool) -> list[str]:
    labels = result.get("labels") or {}
    if not labels:
        return []
    ranked = sorted(labels.items(), key=lambda pair: -pair[1])
    shown = (", " if not zh else "，").join(f"{label} {count(n)}" for label, n in ranked[:SHOWN_LABELS])
    rest = len(ranked) - SHOWN_LABELS
    if rest > 0:
        shown += f"，另有 {rest} 个" if zh else f", and {rest} more"
    if zh:
        return [f"`{result.get('label_column')}` 列有 {len(ranked)} 个标签：{shown}。"]
    return [f"The label column `{result.get('label_column')}` holds {len(ranked)} labels: {shown}."]


def _faults(result: dict[str, Any], language: str) -> list[str]:
    zh, lines = language == "zh", []
    if duplicates := result.get("duplicates"):
        lines.append(f"重复行：{count(duplicates)}。" if zh else f"Duplicate rows: {count(duplicates)}.")
    else:
        lines.append("没有重复行。" if zh else "There are no duplicate rows.")
    if pii := result.get("pii"):
        found = listing(
            [f"{count(n)} × {_spoken(kind)}" for kind, n in sorted(pii.items(), key=lambda p: -p[1])],
            language,
        )
        lines.append(f"发现个人信息：{found}。" if zh else f"Personal data found: {found}.")
    else:
        lines.append("没有发现个人信息。" if zh else "I found no personal data.")
    return lines


def _spoken(entity_type: str) -> str:
    return entity_type.replace("_", " ").lower()


def _warnings(result: dict[str, Any]) -> list[str]:
    """What else to know; the personal data is named above already."""
    named = ("Personal data was found", "发现个人")
    return [each for each in result.get("warnings") or [] if not each.startswith(named)][:5]


def _fit(result: dict[str, Any], zh: bool) -> str:
    task = result.get("task")
    if not task:
        return "我没看出它适合哪种任务。" if zh else "I cannot tell which task it fits."
    text, label = result.get("text_column"), result.get("label_column")
    if zh:
        reading = f"（文本列 `{text}`{f'，标签列 `{label}`' if label else ''}）" if text else ""
        return f"它适合做 **{task}**{reading}。要用它微调一个模型吗？"
    reading = f" (text in `{text}`{f', label in `{label}`' if label else ''})" if text else ""
    return f"It fits **{task}**{reading}. Shall I fine-tune a model on it?"


def _next_steps(name: str, result: dict[str, Any], zh: bool) -> list[str]:
    if not result.get("task"):
        return []
    if zh:
        return [f"用 {name} 微调一个模型", f"为 {name} 推荐一个模型"]
    return [f"Fine-tune a model on {name}", f"Which model do you recommend for {name}?"]


def redacted(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A text with its personal data hidden."""
    entities = result.get("entities") or []
    steps = [pick(language, "Redact another text", "再给一段文字脱敏")]
    text = str(result.get("text") or "")
    quoted = "\n".join(f"> {line}" for line in text.splitlines() or [""])
    if not entities:
        return Reply(
            pick(
                language,
                f"I found nothing else to hide:\n\n{quoted}",
                f"没有发现需要再隐去的内容：\n\n{quoted}",
            ),
            steps,
        )
    kinds: dict[str, int] = {}
    for entity in entities:
        kinds[entity["entity_type"]] = kinds.get(entity["entity_type"], 0) + 1
    found = listing([f"{kind} {n}" if n > 1 else kind for kind, n in kinds.items()], language)
    return Reply(
        pick(language, f"Here it is, with {found} hidden:\n\n{quoted}", f"已隐去 {found}：\n\n{quoted}"),
        steps,
    )
