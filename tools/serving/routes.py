"""Where the API answers for a deployed model, by its task."""

CLASSIFY, EMBED, CHAT = "/v1/classify", "/v1/embeddings", "/v1/chat/completions"
ROUTES = {
    "text-classification": CLASSIFY,
    "token-classification": CLASSIFY,
    "image-classification": CLASSIFY,
    "masked-lm": CLASSIFY,
    "embedding": EMBED,
    "text-generation": CHAT,
}


def route_of(task: str) -> str:
    """The path."""
    return ROUTES.get(task, CLASSIFY)
