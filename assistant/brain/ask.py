"""The short question the assistant asks when something is missing or when it is unsure what is meant."""

# ruff: noqa: E501 - patterns and wordings read best in one line

from typing import TYPE_CHECKING

from assistant.brain.language import pick
from assistant.brain.situation import Situation

if TYPE_CHECKING:
    from assistant.brain.decide import Decision

MISSING = {
    "dataset": ("Which file should I use?", "要用哪个文件？"),
    "model": ("Which model do you mean?", "您指的是哪个模型？"),
    "models": ("Which models should I compare?", "要比较哪几个模型？"),
    "text": ("Which text should I use? Send it to me as it is.", "要用哪段文本？请直接发给我。"),
    "source": ("Which document or web address do you mean?", "您指的是哪个文档或网址？"),
    "query": ("What would you like to know?", "您想了解什么？"),
}
NOTHING_THERE = {
    "dataset": (
        "I don't see a file yet. Upload one (CSV, Excel, JSON lines or Parquet), or tell me its name. Which file should I use?",
        "我还没有看到文件。请上传一个（CSV、Excel、JSON Lines 或 Parquet），或告诉我文件名。要用哪个文件？",
    ),
    "model": (
        "There is no fine-tuned model yet. Upload a file and say “fine-tune a classifier on it” to make one.",
        "还没有微调好的模型。上传一个文件，然后说“用它微调一个分类器”就可以了。",
    ),
    "models": (
        "Comparing takes at least two fine-tuned models, and there are not that many yet.",
        "比较至少需要两个微调好的模型，现在还不够。",
    ),
    "source": (
        "Which document should I take? Upload a file or send me a web address.",
        "要用哪个文档？请上传文件或发一个网址。",
    ),
}
OFFERS = {
    "inspect_dataset": ("look into a file", "查看文件", "What is in this file?", "这个文件里有什么？"),
    "recommend_model": ("recommend a model", "推荐模型", "Which model do you recommend?", "推荐一个模型"),
    "finetune_model": ("fine-tune a model", "微调模型", "Fine-tune a model on it", "用它微调一个模型"),
    "list_jobs": ("list the jobs", "列出任务", "List my jobs", "列出所有任务"),
    "show_job": ("show how the training stands", "查看训练进度", "How is the training going?", "训练进度怎么样了？"),
    "cancel_job": ("stop the training", "停止训练", "Stop the training", "停止训练"),
    "resume_job": ("let the training go on", "继续训练", "Resume the training", "恢复训练"),
    "list_models": ("list your models", "列出模型", "List my models", "列出所有模型"),
    "evaluate_model": ("measure a model's quality", "评估模型", "Evaluate the model", "评估这个模型"),
    "compare_models": ("compare models", "比较模型", "Compare my models", "比较我的模型"),
    "deploy_model": ("deploy a model", "部署模型", "Deploy the model", "部署这个模型"),
    "undeploy_model": ("take a model out of service", "下线模型", "Undeploy the model", "下线这个模型"),
    "benchmark_model": ("measure a model's speed", "测试模型速度", "Benchmark the model", "测一下模型的速度"),
    "predict": ("try a model on a text", "用模型预测一段文本", "Try the model on a text", "用模型预测一下"),
    "explain_prediction": ("explain a prediction", "解释预测结果", "Explain the prediction", "解释一下预测结果"),
    "search_knowledge": ("look it up in your documents", "在文档中查找", "Search the docs for it", "在文档里查一下"),
    "add_knowledge": ("add a document to the knowledge base", "把文档加入知识库", "Add it to the knowledge base", "把它加入知识库"),
    "remove_knowledge": ("remove a document from the knowledge base", "从知识库删除文档", "Remove it from the knowledge base", "把它从知识库删除"),
    "redact_text": ("hide personal data in a text", "隐去文本中的个人信息", "Redact a text", "给一段文字脱敏"),
}  # fmt: skip


_MEANT = {wording: name for name, (_, _, *wordings) in OFFERS.items() for wording in wordings}


def button(message: str) -> str | None:
    """The tool whose button says a message word for word; None where none does."""
    return _MEANT.get(message.strip())


def question_for(decision: "Decision", situation: Situation) -> tuple[str, list[str]]:
    """The question for a decision that cannot be acted on, with answers as buttons; empty where it can.

    Args:
        decision: with ``options`` or ``missing`` filled.
        situation: whose names become buttons.
    """
    language = decision.language
    if decision.options:
        return _which_tool(decision.options, language)
    if not decision.missing:
        return "", []
    key = decision.missing[0]
    names = _names(key, situation)
    wording = NOTHING_THERE[key] if key in NOTHING_THERE and not names else MISSING[key]
    return pick(language, *wording), names[:4]


def offered(reply: str) -> list[str]:
    """The tools that a reply of :func:`question_for` offers, in its order; empty for any other reply."""
    at = {
        name: reply.find(wording)
        for name, (*wordings, _, _) in OFFERS.items()
        for wording in wordings
        if wording in reply
    }
    named = sorted(at, key=lambda name: at[name])
    return named if len(named) > 1 and reply.rstrip().endswith(("?", "？")) else []


def _names(key: str, situation: Situation) -> list[str]:
    if key == "dataset":
        return situation.file_names
    if key in ("model", "models"):
        return situation.model_names if key == "model" or len(situation.model_names) > 1 else []
    return situation.file_names if key == "source" else []


def _which_tool(options: list[str], language: str) -> tuple[str, list[str]]:
    at = 1 if language == "zh" else 0
    offers = [OFFERS[name][at] for name in options]
    if language == "zh":
        return f"您是想让我{'，还是'.join(offers)}？", [OFFERS[name][3] for name in options]
    joined = " or ".join([", ".join(offers[:-1]), offers[-1]]) if len(offers) > 1 else offers[0]
    return f"I am not sure what you mean. Should it be: {joined}?", [OFFERS[name][2] for name in options]
