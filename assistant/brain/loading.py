"""A local chat model: its tokenizer and weights."""

from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable
from knowledge.loading import loaded
from tools.errors import Unsupported
from tools.models.placement import placement


def load(folder: Path) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, on the GPU where there is one (in 4 bits where that needs and can be).

    Raises:
        ModelUnavailable: it does not fit, has no chat template, or cannot be read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        where = placement(folder)
    except Unsupported as error:
        raise ModelUnavailable(error.message, error.hint) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = loaded(
            AutoModelForCausalLM, folder, use_safetensors=True, trust_remote_code=False, **where
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelUnavailable(
            f"The model in {folder.name} cannot be loaded: {reason}",
            "It has to be a causal language model with safetensors weights.",
        ) from error
    if not tokenizer.chat_template:
        raise ModelUnavailable(
            f"{folder.name} has no chat template.", "Choose an instruction-tuned (chat) model."
        )
    return tokenizer, model
