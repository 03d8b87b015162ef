"""The reply about a model explained as a whole."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.brain.replies.reply import Reply, count, listing, percent, scores_of
from tools.workspace import HELD_OUT

LABELS = 10  # whose words are told; the page has all of them
# How kinds of rows are called, in Chinese.
KINDS = (
    (r"label (.+)", r"标签 \1"),
    (r"contains “(.+)”", r"含有“\1”"),
    (r"up to (\d+) words", r"不超过 \1 个词"),
    (r"(\d+) to (\d+) words", r"\1 至 \2 个词"),
    (r"more than (\d+) words", r"超过 \1 个词"),
    ("language Chinese, Japanese or Korean", "中文、日文或韩文"),
    ("language in Latin letters", "拉丁字母文本"),
    ("language in other letters", "其他字母文本"),
)


def whole(args: Mapping[str, Any], result: Mapping[str, Any], language: str) -> Reply:
    """What drives a model, where it is weak, and what to look at next.

    Args:
        args: of the tool.
        result: as ``tools.explain.whole.explain_whole`` returned it.
        language: ``en`` or ``zh``.
    """
    zh, model = language == "zh", result.get("model") or args.get("model")
    parts = [_measured(model, result, zh), *_words(result["words"], int(result.get("labels") or 0), zh)]
    parts += _confused(result.get("confused") or [], zh)
    parts += _weak(result.get("slices") or [], zh)
    parts += _trust(result, zh)
    parts += [str(warning) for warning in result.get("warnings") or []]
    parts.append(_next(result, zh))
    return Reply("\n".join(parts), [f"评估 {model}" if zh else f"Evaluate {model}"])


def _measured(model: Any, result: Mapping[str, Any], zh: bool) -> str:
    data, rows = result.get("dataset"), count(result.get("rows"))
    scores = scores_of(result.get("metrics") or {}, "zh" if zh else "en")
    if zh:
        where = "训练时留出的数据" if data == HELD_OUT else f" {data} "
        return f"**{model}** 在{where}上（{rows} 行）：{scores}。"
    held_out = "the held-out rows of its training"
    return f"**{model}** on {held_out if data == HELD_OUT else data} ({rows} rows): {scores}."


def _words(words: Mapping[str, Sequence[str]], labels: int, zh: bool) -> list[str]:
    """The words of the first labels, one label a line."""
    told = [(label, named) for label, named in words.items() if named][:LABELS]
    if not told:
        return []
    lines = ["最能决定每个标签的词：" if zh else "The words that drive each label most:"]
    lines += [
        f"- **{label}**{'：' if zh else ': '}{listing(named, 'zh' if zh else 'en')}" for label, named in told
    ]
    if more := max(labels, len(words)) - len(told):
        lines.append(f"- 另有 {more} 个标签，见页面。" if zh else f"- {more} more on the page.")
    return lines


def _confused(pairs: Sequence[Mapping[str, Any]], zh: bool) -> list[str]:
    if not pairs:
        return ["没有混淆任何标签。" if zh else "It confused no labels."]
    told = [
        f"把“{p['label']}”当成“{p['predicted']}”（{count(p['count'])} 行）"
        if zh
        else f"“{p['label']}” taken for “{p['predicted']}” ({count(p['count'])} row{'s' * (p['count'] != 1)})"
        for p in pairs[:3]
    ]
    example = next(iter(pairs[0].get("examples") or []), "")
    if zh:
        return [f"最常见的混淆：{'；'.join(told)}。{f'例如：“{example}”' if example else ''}"]
    return [f"Confused most: {'; '.join(told)}.{f' For example: “{example}”' if example else ''}"]


def _weak(slices: Sequence[Mapping[str, Any]], zh: bool) -> list[str]:
    if not slices:
        return []
    told = [
        f"{_kind(each['slice'])}（{count(each['rows'])} 行，准确率 {percent(each['accuracy'])}）"
        if zh
        else f"{each['slice']} ({count(each['rows'])} rows, {percent(each['accuracy'])} right)"
        for each in slices[:3]
    ]
    return [f"薄弱之处：{'；'.join(told)}。" if zh else f"Weak kinds of rows: {'; '.join(told)}."]


def _kind(name: str) -> str:
    for english, chinese in KINDS:
        if found := re.fullmatch(english, name):
            return found.expand(chinese)
    return name


def _trust(result: Mapping[str, Any], zh: bool) -> list[str]:
    """Whether it is right as often as it says, and whether the data are."""
    lines = []
    off = (result.get("calibration") or {}).get("error")
    if isinstance(off, int | float):
        lines.append(
            f"校准：它说的把握与实际正确率平均相差 {percent(off)}。"
            if zh
            else f"Calibration: how sure it is and how often it is right differ by {percent(off)} on average."
        )
    if wrong := result.get("label_errors"):
        lines.append(
            f"有 {count(wrong)} 行的标签可能有误。"
            if zh
            else f"{count(wrong)} row{' has a label' if wrong == 1 else 's have labels'} that may be wrong."
        )
    return lines


def _next(result: Mapping[str, Any], zh: bool) -> str:
    """What would help most."""
    if result.get("label_errors"):
        return (
            "下一步：先检查页面上列出的可疑标签，改正后再训练一次。"
            if zh
            else "Next: look at the doubtful labels on the page, mend those that are wrong, and train again."
        )
    if pairs := result.get("confused"):
        pair = (pairs[0]["label"], pairs[0]["predicted"])
        return (
            f"下一步：为“{pair[0]}”和“{pair[1]}”补充样例，再训练一次。"
            if zh
            else f"Next: add rows of “{pair[0]}” and “{pair[1]}”, and train again."
        )
    return "下一步：用更难的新数据再看一次。" if zh else "Next: try it on new rows that are harder."
