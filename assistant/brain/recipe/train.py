"""Training of the encoder, with the product's own fine-tuning code: LoRA on MiniLM, heads and new words whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from assistant.brain.encoding import SPECIAL, Eyes, make_tokenizer
from assistant.brain.recipe.network import IGNORED, Heads, Network, Words, base_encoder, pad
from tools.finetune import methods
from tools.finetune.fit import Material, fit
from tools.finetune.machine import PAD_TO
from tools.finetune.progress import Reporter
from tools.finetune.spec import FinetuneSpec
from tools.finetune.task import Run
from tools.models.embedded import minilm_folder

METHOD = "lora"
MASK_MEANINGS = {
    "[FILE]": "file",
    "[DOC]": "document",
    "[MODEL]": "model",
    "[JOB]": "job",
    "[URL]": "website",
    "[BASE]": "network",
    "[TEXT]": "sentence",
    "[USER]": "user",
    "[ASSISTANT]": "assistant",
    "[FILES]": "attached files",
}
LABELS = ("tool", "act", "asks", "tags", "pointers")
GLOSSES = Path(__file__).parent / "banks" / "zh" / "glosses.txt"


def glosses() -> dict[str, str]:
    """English words for each Chinese character; new characters start from their meaning."""
    rows = (line.split(maxsplit=1) for line in GLOSSES.read_text("utf-8").splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


def build(characters: Sequence[str], meanings: Sequence[str]) -> tuple[Network, Eyes]:
    """An untrained network, and the eyes that go with it.

    Args:
        characters: Chinese characters that become words of their own.
        meanings: English words for each of them.
    """
    folder = minilm_folder()
    tokenizer = make_tokenizer(folder / "tokenizer.json", characters)
    encoder = base_encoder(folder)
    table = encoder.embeddings.word_embeddings.weight.detach()
    starts = [*meanings, *(MASK_MEANINGS[token] for token in SPECIAL)]
    more = torch.stack([_mean(table, tokenizer, start) for start in starts])
    encoder.embeddings.word_embeddings = Words(table.clone(), more)
    return Network(encoder, Heads(encoder.config.hidden_size)), Eyes(tokenizer)


def _mean(table: torch.Tensor, tokenizer: Any, words: str) -> torch.Tensor:
    """The mean vector of English words; of unknown signs, that of the unknown word."""
    ids = [each for each in tokenizer.encode(words, add_special_tokens=False).ids if each < len(table)]
    return table[ids or [100]].mean(0)


def adapt(network: Network, steps: int) -> None:
    """Put the adapter around the encoder; new words are trained whole."""
    network.encoder = methods.wrap(network.encoder, METHOD, "FEATURE_EXTRACTION", steps)
    for name, parameter in network.encoder.named_parameters():
        if name.endswith("word_embeddings.more"):
            parameter.requires_grad = True


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Rows as a batch of tensors."""
    ids = [row["input_ids"] for row in rows]
    batch = {
        "input_ids": pad(ids, 0, PAD_TO),
        "attention_mask": pad([[1] * len(row) for row in ids], 0, PAD_TO),
        "token_type_ids": pad([row["token_type_ids"] for row in rows], 0, PAD_TO),
        "tags": pad([row["tags"] for row in rows], IGNORED),
        "pointers": pad([row["pointers"] for row in rows], IGNORED),
    }
    longest = batch["input_ids"].shape[1]
    for name in ("tags", "pointers"):  # labels end with the message
        short = longest - batch[name].shape[1]
        batch[name] = torch.nn.functional.pad(batch[name], (0, short), value=IGNORED)
    return batch | {name: torch.tensor([row[name] for row in rows]) for name in ("tool", "act", "asks")}


def train(
    network: Network, rows: Sequence[dict[str, Any]], run: Run, steady: bool = False
) -> list[dict[str, float]]:
    """Train a network that was put through :func:`adapt`.

    Args:
        network: changed in place.
        rows: to learn from, of :func:`assistant.brain.recipe.features.feature`.
        run: settings and folders.
        steady: the learning rate does not fall towards the end, as others go on from there.

    Returns:
        The curve, as :func:`tools.finetune.fit.fit` gives it.
    """
    material = Material(
        model=network,
        train=rows,
        validation=[],
        collate=collate,
        after_step=methods.after_step(network.encoder, METHOD),
        arguments={"label_names": list(LABELS)}
        | ({"lr_scheduler_type": "constant_with_warmup"} if steady else {}),
    )
    return fit(run, material)


def make_run(workdir: Path, report: Reporter, rate: float, batch: int, seed: int) -> Run:
    """The settings of one training: each example is seen once, as the generator always has further ones."""
    plan = {"epochs": 1.0, "learning_rate": rate, "batch_size": batch, "method": METHOD}
    spec = FinetuneSpec(data=GLOSSES, name="brain", seed=seed)
    return Run(spec, plan, minilm_folder(), workdir, workdir / "staging", report)
