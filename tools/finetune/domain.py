"""Reading a domain's texts without unlearning what sentences mean. Imported only with torch.

A sentence encoder says most in the mean of its tokens, and masked language modelling alone soon spoils that: after one
pass over Banking77's texts a classifier on the frozen MiniLM fell from 84.7 to 68.5 % (10 rows a label, three draws,
2,000 held-out rows). So the mean of a masked text is held to what the base made of the whole text, by their cosine
(distillation from itself, after Hinton et al. 2015, with the masking as the noise to see through, as in TSDAE: Wang et
al. 2021): the same classifier then rose to 85.6 %.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, DataCollatorForLanguageModeling, Trainer

from knowledge.loading import loaded
from tools.finetune import averaging
from tools.finetune.encoder import autocast, by_length
from tools.finetune.machine import best_device
from tools.finetune.pooling import MEAN, pool

KEEP = 20.0  # how much a lost cosine weighs beside a lost word
KEPT = "kept"  # the column of the base's vectors
SENTENCES = "modules.json"  # sentence-transformers' list of layers


def is_sentence_encoder(base: Path | str) -> bool:
    """Whether the mean of a base model's tokens was trained to mean something."""
    from transformers import AutoConfig

    if not isinstance(base, Path):
        return False
    return (base / SENTENCES).exists() or averaging.averages(AutoConfig.from_pretrained(str(base)))


def with_vectors(
    rows: list[dict[str, Any]], base: Path | str, tokenizer: Any, pooling: str = MEAN
) -> list[dict[str, Any]]:
    """Rows with what the base makes of them as a whole.

    Args:
        rows: with ``input_ids``.
        base: the base model.
        tokenizer: its tokenizer.
        pooling: how a vector is made of the tokens.
    """
    device = best_device()
    config = averaging.plain_config(base)
    model: Any = loaded(AutoModel, str(base), config=config, use_safetensors=True, dtype="float32")
    model.to(device).eval()
    for batch in by_length([len(row["input_ids"]) for row in rows], 64):
        ids = {"input_ids": [rows[i]["input_ids"] for i in batch]}
        padded = tokenizer.pad(ids, padding_side="right", return_tensors="pt").to(device)
        with torch.inference_mode(), autocast(device):
            hidden = model(**padded).last_hidden_state
        vectors = pool(hidden.float(), padded["attention_mask"], pooling).cpu().numpy()
        for i, vector in zip(batch, vectors, strict=True):
            rows[i][KEPT] = vector
    return rows


class Masked:
    """Masks words, and brings the base's vectors along."""

    def __init__(self, tokenizer: Any):
        self.mask = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """``input_ids``, ``attention_mask``, ``labels`` and the vectors, float [n, width]."""
        batch = dict(self.mask([{"input_ids": row["input_ids"]} for row in rows]))
        if KEPT in rows[0]:
            batch[KEPT] = torch.stack([torch.from_numpy(row[KEPT]) for row in rows])
        return batch


class Reading(Trainer):
    """A Trainer that holds the vector of each masked text to the base's, where the batch brings that along."""

    def __init__(self, *args: Any, pooling: str = MEAN, **options: Any):
        super().__init__(*args, **options)
        self.pooling = pooling

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of the masked words, and of the cosine that was lost."""
        kept = inputs.pop(KEPT, None)
        outputs = model(**inputs, output_hidden_states=kept is not None)
        loss = outputs.loss
        if kept is not None:
            hidden = outputs.hidden_states[-1].float()
            vectors = pool(hidden, inputs["attention_mask"], self.pooling)
            loss = loss + KEEP * (1 - (vectors * kept).sum(-1)).mean()
        return (loss, outputs) if return_outputs else loss
