"""Replies about fine-tuned models."""

from typing import Any

from assistant.brain.language import pick
from assistant.brain.replies.reply import Reply, baselines_of, count, percent, scores_of
from tools.serving.engines.kept import offered, told
from tools.serving.routes import route_of

ENGINES = {"openvino": "OpenVINO", "int8": "OpenVINO (int8)", "onnx": "ONNX Runtime (int8)"}


def listed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """All models."""
    zh, entries = language == "zh", result.get("models") or []
    if not entries:
        return Reply(
            "还没有微调好的模型。上传一个文件，我就可以训练一个。"
            if zh
            else "There are no fine-tuned models yet. Upload a file and I can train one."
        )
    number = len(entries)
    lines = [
        f"共有 {number} 个模型："
        if zh
        else f"There {'is 1 model' if number == 1 else f'are {number} models'}:"
    ]
    lines += [f"- {_entry(entry, language)}" for entry in entries[:20]]
    return Reply("\n".join(lines), _offer_for_listed(entries, zh))


def _entry(entry: dict[str, Any], language: str) -> str:
    line = f"**{entry.get('name')}** ({entry.get('task')}, {entry.get('base')}, {entry.get('method')})"
    if scores := scores_of(entry.get("metrics") or {}, language):
        line += f": {scores}"
    if entry.get("status") == "deployed":
        line += pick(language, ", deployed", "，已部署")
    return line


def _offer_for_listed(entries: list[dict[str, Any]], zh: bool) -> list[str]:
    """To compare the newest two models; to measure, and to deploy, the only one."""
    if len(entries) < 2:
        name = entries[0].get("name")
        if entries[0].get("status") == "deployed":
            return (
                [f"评估 {name}", f"{name} 有多快？"] if zh else [f"Evaluate {name}", f"How fast is {name}?"]
            )
        return [f"评估 {name}", f"部署 {name}"] if zh else [f"Evaluate {name}", f"Deploy {name}"]
    first, second = entries[0].get("name"), entries[1].get("name")
    return [f"比较 {first} 和 {second}" if zh else f"Compare {first} and {second}"]


def evaluated(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """How good a model is."""
    zh = language == "zh"
    model, data = result.get("model") or args.get("model"), result.get("dataset")
    where = (
        (f"在 {data} 上" if data else "在训练时留出的数据上")
        if zh
        else (f"on {data}" if data else "on the held-out rows of its training")
    )
    scores = scores_of(result.get("metrics") or {}, language) or (
        "没有可用的指标" if zh else "no metrics were recorded"
    )
    lines = [f"**{model}** {where}：{scores}。" if zh else f"**{model}** {where}: {scores}."]
    lines += baselines_of(result.get("baseline") or {}, language) if data else []
    lines += _weakest(result.get("per_class") or {}, zh)
    lines += _confused(result.get("confusion") or {}, zh)
    lines += [str(warning) for warning in result.get("warnings") or []] if data else []
    return Reply("\n".join(lines), [f"部署 {model}" if zh else f"Deploy {model}"])


def _weakest(per_class: dict[str, Any], zh: bool) -> list[str]:
    scored = [
        (v["f1"], label)
        for label, v in per_class.items()
        if isinstance(v, dict) and isinstance(v.get("f1"), int | float)
    ]
    if len(scored) < 3:
        return []
    low = ", ".join(f"{label} ({percent(score)})" for score, label in sorted(scored)[:3] if score < 0.995)
    if not low:
        return []
    return [f"F1 最低的标签：{low}。" if zh else f"Lowest F1 by label: {low}."]


def _confused(confusion: dict[str, Any], zh: bool) -> list[str]:
    labels, matrix = confusion.get("labels") or [], confusion.get("matrix") or []
    pairs = [
        (n, labels[i], labels[j]) for i, row in enumerate(matrix) for j, n in enumerate(row) if i != j and n
    ]
    if not pairs:
        return []
    n, true, seen = max(pairs)
    return [
        f"最常见的混淆：把“{true}”判成“{seen}”（{count(n)} 次）。"
        if zh
        else f"Most frequent mix-up: “{true}” taken for “{seen}” ({count(n)} time{'s' * (n != 1)})."
    ]


def compared(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """Models side by side."""
    zh, entries, best = language == "zh", result.get("models") or [], result.get("best")
    lines = []
    if best:
        lines.append(
            f"**{best}** 更好。"
            if zh
            else f"**{best}** is the better one."
            if len(entries) == 2
            else f"**{best}** is the best one."
        )
    if result.get("why"):
        lines.append(str(result["why"]))
    lines += [f"- {_entry(entry, language)}" for entry in entries]
    if not lines:
        lines.append("没有可以比较的模型。" if zh else "There is nothing to compare.")
    return Reply("\n".join(lines), [f"部署 {best}" if zh else f"Deploy {best}"] if best else [])


def deployed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A model is in service."""
    name = result.get("name") or args.get("model")
    route = f"POST {route_of(result.get('task') or '')}"
    said = pick(
        language,
        f'**{name}** is deployed. It answers at `{route}` with `"model": "{name}"`.',
        f'**{name}** 已部署，可以通过 `{route}`（`"model": "{name}"`）调用。',
    )
    words = [said, *_engine(result.get("engine"), language)]
    fast = pick(language, f"How fast is {name}?", f"{name} 有多快？")
    offer = offered(result.get("engine"))
    if not offer:
        return Reply(" ".join(words), [fast])
    take = pick(language, f"Deploy {name} with {offer['engine']}", f"用 {offer['engine']} 部署 {name}")
    return Reply(" ".join([*words, _offer(offer, language)]), [take, fast])


def _offer(offer: dict[str, Any], language: str) -> str:
    """What another engine would bring and cost, as a question."""
    engine, alone, together = offer["engine"], offer["alone"], offer["together"]
    cost = _cost(offer, language)
    return pick(
        language,
        f"With **{engine}** it would be {alone:.1f} × as fast for one text and {together:.1f} × in batches, {cost}. "
        "Shall it be that?",
        f"用 **{engine}** 的话，单条文本是现在的 {alone:.1f} 倍，批量是 {together:.1f} 倍，{cost}。要换吗？",
    )


def _cost(found: dict[str, Any], language: str) -> str:
    """What becomes of the answers on another engine."""
    if found["accuracy"]:
        before, after = (f"{100 * share:.1f}" for share in found["accuracy"])
        return pick(language, f"accuracy {before} → {after}", f"准确率 {before} → {after}")
    same = f"{found['same']:.1%}"
    return pick(language, f"the same answers for {same} of the texts tried", f"试用文本中 {same} 的结果相同")


def _engine(choice: dict[str, Any] | None, language: str) -> list[str]:
    """What computes it, where that was measured."""
    found = told(choice)
    if not found:
        return [_torch(language)] if choice and not choice.get("wished") else []
    name, alone, together = ENGINES.get(found["engine"], found["engine"]), found["alone"], found["together"]
    cost = _cost(found, language)
    return [
        pick(
            language,
            f"{name} computes it on this machine: {alone:.1f} × as fast as torch for one text, {together:.1f} × in "
            f"batches, {cost}.",
            f"在这台机器上由 {name} 计算：单条文本是 torch 的 {alone:.1f} 倍，批量是 {together:.1f} 倍，{cost}。",
        )
    ]


def _torch(language: str) -> str:
    return pick(
        language,
        "PyTorch computes it: of the engines that say the same it is the quickest on this machine.",
        "由 PyTorch 计算：在这台机器上，结果相同的引擎中它最快。",
    )


def undeployed(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """A model is out of service."""
    name = result.get("name") or args.get("model")
    return Reply(
        pick(
            language,
            f"**{name}** is out of service; it can be deployed again any time.",
            f"**{name}** 已下线，随时可以重新部署。",
        ),
        [
            pick(language, f"Deploy {name} again", f"重新部署 {name}"),
            pick(language, "List my models", "列出所有模型"),
        ],
    )


def benchmarked(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """How fast a model is."""
    zh, latency = language == "zh", result.get("latency_ms") or {}
    name, rate = result.get("model") or args.get("model"), result.get("requests_per_second")
    parts = [
        f"{key} {latency[key]:.1f} ms"
        for key in ("p50", "p95", "p99")
        if isinstance(latency.get(key), int | float)
    ]
    text = (
        f"**{name}** 每秒处理 {_figure(rate)} 个请求"
        if zh
        else f"**{name}** handles {_figure(rate)} requests per second"
    )
    if parts:
        text += f"，延迟 {'、'.join(parts)}" if zh else f"; latency {', '.join(parts)}"
    if isinstance(result.get("tokens_per_second"), int | float):
        tokens = _figure(result["tokens_per_second"])
        text += f"，每秒 {tokens} 个词元" if zh else f"; {tokens} tokens per second"
    if refused := result.get("refused"):
        turned = "1 request was" if refused == 1 else f"{count(refused)} requests were"
        text += (
            f"，其中 {count(refused)} 次请求被拒绝后重试" if zh else f"; {turned} turned away and made again"
        )
    steps = [f"评估 {name}", "比较我的模型"] if zh else [f"Evaluate {name}", "Compare my models"]
    return Reply(text + ("。" if zh else "."), steps)


def _figure(value: Any) -> str:
    if not isinstance(value, int | float):
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def predicted(args: dict[str, Any], result: dict[str, Any], language: str) -> Reply:
    """What a model says to a text."""
    zh = language == "zh"
    first: dict[str, Any] = next(iter(result.get("predictions") or []), {})
    name, text = result.get("model") or args.get("model"), result.get("text") or args.get("text")
    shown = _prediction(first, zh)
    why = [] if first.get("label") is None else ["为什么？" if zh else "Why?"]
    return Reply(f"**{name}** 对“{text}”的判断：{shown}" if zh else f"**{name}** on “{text}”: {shown}", why)


def _prediction(first: dict[str, Any], zh: bool) -> str:
    if first.get("entities") is not None:
        found = ", ".join(f"“{e.get('text')}” ({e.get('entity')})" for e in first["entities"])
        return found or ("没有找到实体。" if zh else "no entities found.")
    if first.get("labels") is not None:
        return _labels(first, zh)
    if first.get("label") is not None:
        return _label(first, zh)
    if first.get("text") is not None:
        return str(first["text"])
    if first.get("embedding") is not None:
        size = len(first["embedding"])
        return f"一个 {size} 维的向量。" if zh else f"a vector of {size} numbers."
    return "没有结果。" if zh else "no result."


def _labels(first: dict[str, Any], zh: bool) -> str:
    """What a model says that may give several labels."""
    given = [f"**{label}** ({percent(first['scores'].get(label))})" for label in first["labels"]]
    if not given:
        nearest = f"{first['label']} {percent(first.get('score'))}"
        return f"没有合适的标签（最接近：{nearest}）。" if zh else f"no label fits (the nearest: {nearest})."
    return "、".join(given) + "。" if zh else ", ".join(given) + "."


def _label(first: dict[str, Any], zh: bool) -> str:
    others = sorted((first.get("scores") or {}).items(), key=lambda pair: -pair[1])
    rest = [f"{label} {percent(p)}" for label, p in others if label != first["label"]][:2]
    text = f"**{first['label']}** ({percent(first.get('score'))})"
    if not rest:
        return text + ("。" if zh else ".")
    return text + (f"，其次是 {'、'.join(rest)}。" if zh else f", then {', '.join(rest)}.")
