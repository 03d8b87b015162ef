"""Tiny models made on the fly, with real tokenizers, and tiny data for each task."""

import csv
import json
import random
import zipfile
from pathlib import Path

WORDS = ["the", "a", "my", "i", "card", "bank", "loan", "refund", "order", "late", "lost", "money", "please"]
WORDS += ["help", "where", "is", "you", "can", "not", "today"]
TOPICS = {
    "cards": "card pin stolen blocked",
    "orders": "parcel late tracking delivery",
    "money": "refund price fee bill",
}


def sentences(rows: int = 60, seed: int = 0) -> list[tuple[str, str]]:
    """Different short texts with a label that its words tell."""
    dice = random.Random(seed)
    made = {}
    while len(made) < rows:
        label = list(TOPICS)[len(made) % 3]
        words = [dice.choice(TOPICS[label].split()) for _ in range(2)] + [
            dice.choice(WORDS) for _ in range(4)
        ]
        dice.shuffle(words)
        made[" ".join(words)] = label
    return list(made.items())


def write_csv(path: Path, rows: list, head: tuple[str, ...] = ("text", "label")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def tokenizer():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    known = special + sorted(
        {*WORDS, *" ".join(TOPICS.values()).split(), "user", "assistant", ":", "Anna", "Bob"}
    )
    made = Tokenizer(models.WordLevel({word: i for i, word in enumerate(known)}, unk_token="[UNK]"))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", eos_token="[SEP]", model_max_length=64,
    )  # fmt: skip


def tiny_bert(folder: Path) -> Path:
    from transformers import BertConfig, BertModel, set_seed

    set_seed(0)
    words = tokenizer()
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def tiny_gpt(folder: Path) -> Path:
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(0)
    words = tokenizer()
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=64, bos_token_id=2, eos_token_id=3, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def tiny_vit(folder: Path) -> Path:
    from transformers import ViTConfig, ViTModel, set_seed

    set_seed(0)
    config = ViTConfig(
        image_size=8, patch_size=4, num_channels=1, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64,
    )  # fmt: skip
    ViTModel(config).save_pretrained(folder)
    return folder


def digits(path: Path, each: int = 12) -> Path:
    """scikit-learn's digits 0 and 1 as a zip of images."""
    import io

    from PIL import Image
    from sklearn.datasets import load_digits

    data = load_digits()
    with zipfile.ZipFile(path, "w") as archive:
        for digit in (0, 1):
            for number, pixels in enumerate(data.images[data.target == digit][:each]):
                raw = io.BytesIO()
                Image.fromarray((pixels * 15).astype("uint8")).save(raw, "PNG")
                archive.writestr(f"{['zero', 'one'][digit]}/{number}.png", raw.getvalue())
    return path


def task_data(task: str, folder: Path) -> tuple[Path, Path]:
    """A base model and a data file for a task."""
    rows = sentences()
    if task == "text-classification":
        return tiny_bert(folder / "base"), write_csv(folder / "data.csv", rows)
    if task == "embedding":
        return tiny_bert(folder / "base"), write_csv(folder / "data.csv", rows)
    if task == "masked-lm":
        return tiny_bert(folder / "base"), write_csv(
            folder / "data.csv", [row[:1] for row in rows], ("text",)
        )
    if task == "image-classification":
        return tiny_vit(folder / "base"), digits(folder / "data.zip")
    path = folder / "data.jsonl"
    if task == "token-classification":
        lines = [_tagged(text, number) for number, (text, _) in enumerate(rows)]
        path.write_text("\n".join(map(json.dumps, lines)))
        return tiny_bert(folder / "base"), path
    chats = [
        {
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": f"{label} help {label}"},
            ]
        }
        for text, label in rows
    ]
    path.write_text("\n".join(map(json.dumps, chats)))
    return tiny_gpt(folder / "base"), path


def _tagged(text: str, number: int) -> dict:
    words = text.split()
    words[number % len(words)] = "Anna" if number % 2 else "Bob"
    return {"tokens": words, "tags": ["B-PER" if word in ("Anna", "Bob") else "O" for word in words]}
