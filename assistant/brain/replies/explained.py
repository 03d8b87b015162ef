"""Replies about explanations."""

# ruff: noqa: E501 - patterns and wordings read best in one line

from typing import Any

from assistant.brain.replies.reply import Reply, percent
from assistant.brain.replies.whole import whole
from tools.explain.coloured import signed

SHOWN_WORDS = 5


def explained(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """Which words drove a prediction, or what drives a model as a whole."""
    if "words" in result:
        return whole(args, result, language)
    zh, prediction = language == "zh", result.get("prediction") or {}
    label = prediction.get("label") if isinstance(prediction, dict) else prediction
    score = prediction.get("score") if isinstance(prediction, dict) else None
    tokens = [t for t in result.get("tokens") or [] if isinstance(t.get("attribution"), int | float)]
    toward = [t for t in sorted(tokens, key=lambda t: -t["attribution"]) if t["attribution"] > 0][
        :SHOWN_WORDS
    ]
    against = [t for t in sorted(tokens, key=lambda t: t["attribution"]) if t["attribution"] < 0][:2]
    certain = f" ({percent(score)})" if score is not None else ""
    lines = [f"预测是 **{label}**{certain}。" if zh else f"It said **{label}**{certain}."]
    if isinstance(prediction, dict) and prediction.get("labels") == []:
        nearest = f"没有合适的标签，最接近的是 **{label}**{certain}。"
        lines = [nearest if zh else f"No label fits; the nearest is **{label}**{certain}."]
    lines = _other_task(result, zh) or lines
    target = result.get("target")
    other = isinstance(target, str) and "other" not in result and target != label
    it = f"**{target}**" if other else "这个结果" if zh else "it"
    if toward:
        words = _words(toward)
        lines.append(f"最支持{it}的词：{words}。" if zh else f"These words spoke most for {it}: {words}.")
    if against:
        words = _words(against)
        lines.append(f"反对{it}的词：{words}。" if zh else f"Against it: {words}.")
    lines += _places(result, zh) + _turned(result.get("counterfactual") or {}, zh) + _faithful(result, zh)
    lines += _second(result, zh)
    lines += [str(note) for note in result.get("notes") or [] if toward or against]
    model = result.get("model") or args.get("model")
    steps = [f"评估 {model}" if zh else f"Evaluate {model}"] if model else []
    return Reply("\n".join(lines), steps)


def _other_task(result: dict[str, Any], zh: bool) -> list[str]:
    """What is explained where it is no label of a text: an entity, or how alike two texts are."""
    target = result.get("target")
    if isinstance(target, dict):
        said, kind = target.get("text"), target.get("entity")
        return [f"模型把“{said}”识别为 **{kind}**。" if zh else f"It took “{said}” for **{kind}**."]
    if "entities" in (result.get("prediction") or {}):
        return ["这段文字里没有找到实体。" if zh else "It found no entity in this text."]
    if "other" not in result:
        return []
    alike = result["prediction"]["score"]
    best = sorted(result["other"]["tokens"], key=lambda t: -t["attribution"])[:SHOWN_WORDS]
    words = _words([t for t in best if t["attribution"] > 0])
    if zh:
        return [f"两段文字的相似度是 {alike:.2f}。第二段里最匹配的词：{words}。"]
    return [f"The two texts are alike by {alike:.2f}. In the second one matched most: {words}."]


def _places(result: dict[str, Any], zh: bool) -> list[str]:
    """Where in a picture the label was found."""
    ranked = sorted(result.get("patches") or [], key=lambda patch: -patch["attribution"])[:3]
    strong = [(patch["row"], patch["column"]) for patch in ranked if patch["attribution"] > 0]
    if not strong:
        return []
    if zh:
        places = "、".join(f"第 {row} 行第 {column} 列" for row, column in strong)
        return [f"最支持这个结果的区域（从左上角数起）：{places}。"]
    places = ", ".join(f"row {row} column {column}" for row, column in strong)
    return [f"These places of the picture spoke most for it (counted from the top left): {places}."]


def _second(result: dict[str, Any], zh: bool) -> list[str]:
    """What the second of two models says of the same text."""
    other = result.get("versus")
    if not other:
        return []
    name, prediction = other.get("model"), other["prediction"]
    best = sorted(other.get("tokens") or [], key=lambda t: -t["attribution"])[:SHOWN_WORDS]
    words = _words([t for t in best if t["attribution"] > 0])
    label, score = prediction["label"], percent(prediction["score"])
    if zh:
        return [f"{name} 的预测是 **{label}** ({score}){f'，最支持的词：{words}' if words else ''}。"]
    return [f"{name} says **{label}** ({score}){f'; there it was most {words}' if words else ''}."]


def _turned(found: dict[str, Any], zh: bool) -> list[str]:
    """The small change that would turn the label, tried on the model."""
    if not found.get("changes"):
        return []
    gone = ", ".join(f"“{change['from']}”" for change in found["changes"])
    put = ", ".join(f"“{change['to']}”" for change in found["changes"] if change["to"])
    label = found.get("label") or ("没有标签" if zh else "no label")
    if zh:
        return [f"把{gone}{f'换成{put}' if put else '去掉'}，结果就会变成 **{label}**。"]
    return [
        f"With {put} in place of {gone} it would be **{label}**."
        if put
        else f"Without {gone} it would be **{label}**."
    ]


def _words(tokens: list[dict[str, Any]]) -> str:
    return ", ".join(f"“{t.get('text')}” ({signed(t['attribution'], 2)})" for t in tokens)


def _faithful(result: dict[str, Any], zh: bool) -> list[str]:
    """What deleting shows; one word, or nothing that is explained, can be held against no other."""
    parts = result.get("patches") or result.get("tokens") or []
    found = result.get("faithfulness") or {}
    drop, chance = found.get("comprehensiveness"), found.get("random_comprehensiveness")
    if len(parts) < 2 or not any(part["attribution"] for part in parts):
        return []
    if not isinstance(drop, int | float) or not isinstance(chance, int | float):
        return []
    what, falls = _measured(result, zh)
    if drop <= chance:
        return [
            f"忠实度检验：去掉这些{what}的影响不比随机去掉的更大，请谨慎看待这张图。"
            if zh
            else f"Check: without these {what} the answer changes no more than without random ones, so read this with care."
        ]
    if zh:
        return [f"忠实度检验：去掉这些{what}，{falls}下降 {drop:.2f}（随机去掉：{chance:.2f}）。"]
    return [
        f"Check: without the {what} it points to, {falls} falls by {drop:.2f} (random {what}: {chance:.2f})."
    ]


def _measured(result: dict[str, Any], zh: bool) -> tuple[str, str]:
    """What is taken away, and what falls then."""
    if "patches" in result:
        return ("区域", "该标签的概率") if zh else ("places", "the label's probability")
    if "other" in result:
        return ("词", "相似度") if zh else ("words", "the likeness")
    if isinstance(result.get("target"), dict):
        return ("词", "该实体的概率") if zh else ("words", "the entity's probability")
    return ("词", "该标签的概率") if zh else ("words", "the label's probability")
