"""A real little classifier for tests: a head on the embedded encoder, trained in a second."""

from pathlib import Path

ROWS = {
    "shipping": (
        "Where is my parcel?",
        "My package has not arrived yet",
        "The delivery is late by three days",
        "When will you ship my order?",
        "The courier lost my parcel",
        "Tracking says delivered but nothing came",
    ),
    "refund": (
        "I want my money back",
        "Please refund the second payment",
        "You charged me twice, give the money back",
        "How long does a refund take?",
        "The refund is not on my account",
        "I returned it and want a reimbursement",
    ),
    "password": (
        "I cannot log in",
        "My password does not work",
        "Reset my password please",
        "The sign-in page rejects my password",
        "I am locked out of my account",
        "The login code never comes",
    ),
}


def train_head(
    folder: Path, name: str = "router", max_length: int = 64, base: Path | None = None, rows: dict = ROWS
) -> Path:
    """Write a model folder as a fine-tuning run does; a tiny ``base`` in place of the embedded encoder is quicker."""
    from tools.finetune.encoder import FrozenEncoder
    from tools.finetune.head import regression, save, weights_of
    from tools.models.card import write_info
    from tools.models.embedded import minilm_folder

    texts = [text for group in rows.values() for text in group]
    labels = [label for label, group in rows.items() for _ in group]
    encoder = FrozenEncoder(base or minilm_folder(), "cpu")
    fitted = regression(encoder.embed(texts), labels, strength=100.0)
    folder.mkdir(parents=True)
    save(folder, encoder, *weights_of(fitted, list(rows)))
    info = {"name": name, "task": "text-classification", "base": "minilm", "method": "head"}
    write_info(
        folder,
        info
        | {"labels": list(rows), "max_length": max_length, "text_column": "text", "label_column": "label"},
    )
    return folder


def adapted(folder: Path, base: Path, seed: int, method: str = "lora", labels: int = 3) -> Path:
    """Write a classifier with an adapter as a fine-tuning run does, but with random numbers as if they were learned."""
    import numpy
    import torch

    from tools.finetune import averaging, methods
    from tools.finetune.classification import build
    from tools.finetune.encoder import load_tokenizer
    from tools.models.card import write_info

    torch.manual_seed(seed)
    tokenizer, names = load_tokenizer(base), [f"label-{number}" for number in range(labels)]
    model = build(base, names, tokenizer)
    dice = numpy.random.default_rng(seed)
    rows = dice.normal(0, 3, (labels, model.config.hidden_size)), dice.normal(0, 0.1, labels)
    averaging.warm_start(model, *(each.astype("float32") for each in rows))
    model = methods.wrap(model, method, "SEQ_CLS", 10, ("pooler", "classifier"))
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.05)
    folder.mkdir(parents=True, exist_ok=True)
    methods.merge(model, method, folder).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    info = {"name": folder.name, "task": "text-classification", "base": "tiny", "method": method}
    write_info(folder, info | {"labels": names, "max_length": 32})
    return folder
