"""What the routes themselves do not say for the API's description: an example of each body, and a header of many."""

from typing import Any

from fastapi import FastAPI

from assistant.api import retries

SAID = [{"role": "user", "content": "Where is my parcel?"}]
EXAMPLES: dict[str, Any] = {
    "/v1/registry/models/{model}/promote": {"alias": "production"},
    "/v1/registry/models/{model}/split": {"to": "router@3", "share": 10, "shadow": True},
    "/v1/chat/completions": {"model": "assistant", "messages": SAID, "stream": False},
    "/v1/conversations/{conversation_id}": {"title": "Parcels"},
    "/v1/conversations/{conversation_id}/retry": {"stream": True},
    "/v1/conversations/{conversation_id}/edit": {"content": "Where are my parcels?"},
    "/v1/embeddings": {"model": "minilm", "input": ["Where is my parcel?", "Please refund me."]},
    "/v1/classify": {"model": "router", "input": ["Where is my parcel?", "Please refund me."]},
    "/v1/explain": {"model": "router", "text": "I want my money back", "method": "integrated-gradients"},
    "/v1/explain/model": {"model": "router", "data": "tickets.csv"},
    "/v1/redact": {"text": "Write to jane.roe@example.org", "operator": "replace"},
    "/v1/files/{file_id}/scrub": {"out": "tickets-clean.csv", "operator": "surrogate"},
    "/v1/fine_tuning/jobs": {
        "model": "minilm",
        "training_file": "file-abc123",
        "suffix": "router",
        "method": "head",
        "label": "category",
    },
    "/v1/knowledge/learn": {"epochs": 2, "internal": False},
    "/v1/knowledge/search": {"query": "opening hours of support", "k": 3},
    "/v1/knowledge/ask": {"question": "How long does a refund take?"},
    "/v1/knowledge/explain": {"question": "How long does a refund take?"},
    "/v1/knowledge/sources": {
        "sources": ["file-abc123", "https://example.org/help"],
        "visibility": "published",
    },
    "/v1/knowledge/jobs": {"sources": ["file-abc123", "https://example.org/sitemap.xml"]},
    "/v1/knowledge/sources/{source}": {"visibility": "internal"},
    "/v1/widget/messages": {"message": "When does support answer?"},
    "/v1/widget/identify": {"id": "customer-17", "time": 1_767_225_600, "hash": "9f86d081884c7d65"},
    "/v1/widget/feedback": {"thread": "thr-abc123", "answer": 0, "good": True},
    "/v1/widget/handoff": {"email": "jane.roe@example.org", "message": "Please call me."},
}


def install(api: FastAPI) -> None:
    """Put the examples into the description that the API gives of itself."""
    plain = api.openapi

    def described() -> dict[str, Any]:
        shown = plain()
        retries.describe(shown["paths"])
        for path, example in EXAMPLES.items():
            verbs = shown["paths"].get(path, {})
            if taken := verbs.get("post") or verbs.get("patch"):
                taken["requestBody"]["content"]["application/json"]["example"] = example
        return shown

    api.openapi = described  # type: ignore[method-assign]
