"""What the encoder tells apart: tools, acts, slots, and what a pointing phrase points at."""

NONE = "none"  # no tool: small talk, and what no tool does
TOOLS = (
    NONE,
    "add_knowledge",
    "benchmark_model",
    "cancel_job",
    "compare_models",
    "deploy_model",
    "evaluate_model",
    "explain_prediction",
    "finetune_model",
    "inspect_dataset",
    "list_jobs",
    "list_models",
    "predict",
    "recommend_model",
    "redact_text",
    "remove_knowledge",
    "search_knowledge",
    "show_job",
    "undeploy_model",
)
# new: a wish of its own. more: goes on with the last action (an answer to a question, another value).
# yes, no: to what the assistant proposed.
ACTS = ("new", "more", "yes", "no")
SLOTS = (
    "dataset",
    "model",
    "job",
    "base",
    "method",
    "task",
    "epochs",
    "rate",
    "name",
    "text_col",
    "label_col",
    "text",
    "source",
)
# What a span says: a value in so many words, or a thing to be found in the workspace or the conversation.
POINTERS = (
    "value",
    "it",
    "this",
    "new",
    "old",
    "best",
    "worst",
    "other",
    "1",
    "2",
    "3",
    "4",
    "last",
    "all",
    "both",
    "used",
)
# What the assistant asks for, read in its own messages.
ASKS = ("nothing", *SLOTS, "models")
TAGS = ("O", *(f"{place}-{slot}" for slot in SLOTS for place in "BI"))

# How a slot is called among the arguments of the tools.
ARGUMENTS = {
    "base": "base_model",
    "rate": "learning_rate",
    "text_col": "text_column",
    "label_col": "label_column",
}
