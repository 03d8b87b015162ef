"""What is asked before an action, in Chinese; the tools' previews say it in English."""

from collections.abc import Callable, Mapping
from typing import Any


def _finetune(plan: Mapping[str, Any]) -> str:
    return (
        f"在 {plan['dataset']} 上用 {plan['method']} 方法微调 {plan['base']}({plan['task']}):"
        f"{plan['rows']:,} 行数据,大约需要{_duration(plan['estimated_seconds'])}。{_how(plan)}"
    )


HOW = {
    "text_column": "文本列 {}",
    "label_column": "标签列 {}",
    "epochs": "{:g} 轮",
    "batch_size": "每批 {} 行",
    "test_data": "在 {} 上测试",
    "unlabeled": "并用 {} 中未标注的文本",
    "search": "搜索最佳设置 {:g} 分钟",
    "seed": "随机种子 {}",
    "minutes": "在 {:g} 分钟内完成",
}


def _how(plan: Mapping[str, Any]) -> str:
    """The columns and numbers that were chosen or asked for; a frozen encoder has no epochs."""
    told = {key: words for key, words in HOW.items() if plan.get(key) is not None}
    if plan["method"] == "head":
        told = {key: words for key, words in told.items() if key not in ("epochs", "batch_size")}
    return f"{';'.join(words.format(plan[key]) for key, words in told.items())}。" if told else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f" {max(1, round(seconds))} 秒"
    return f" {round(seconds / 60)} 分钟" if seconds < 5400 else f" {seconds / 3600:.1f} 小时"


def _add(found: Mapping[str, Any]) -> str:
    who = "仅团队可读" if found["visibility"] == "internal" else "访客也能读到"
    return f"把 {found['source']} 加入知识库,{who}。"


SUMMARIES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "finetune_model": _finetune,
    "resume_job": lambda found: f"让 {found['id']} 从上次的检查点继续。",
    "deploy_model": lambda found: (
        f"部署 {found['model']}(它已在服务中)。"
        if found.get("status") == "deployed"
        else f"部署 {found['model']}:之后可以通过 POST /v1/classify 等接口调用它。"
    ),
    "undeploy_model": lambda found: f"停止提供 {found['model']};之后的调用会收到错误。",
    "add_knowledge": _add,
    "remove_knowledge": lambda found: f"从知识库删除 {found['source']}。",
}


def in_chinese(tool: str, details: Mapping[str, Any]) -> str:
    """The sentence that asks for a yes, in Chinese; the preview's own where there is none.

    Args:
        tool: the tool's name.
        details: what its preview returned.
    """
    return SUMMARIES[tool](details) if tool in SUMMARIES else str(details["summary"])
