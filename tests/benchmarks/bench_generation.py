"""LoRA on SmolLM2 with our defaults against peft and transformers' Trainer with its own; same chat rows and epochs.

Both go from a file of conversations to a saved model with its perplexity on held-out rows before and after.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks import tickets
from tests.benchmarks.measure import sized
from tests.benchmarks.row import Row

ROWS, EPOCHS, SEED = 500, 1, 0
LENGTH = 512
OPENINGS = ("Thank you for writing to us.", "Thanks for getting in touch.", "Sorry for the trouble.")
CLOSINGS = ("We answer within a day.", "You will hear from us by tomorrow.", "Please keep your order number.")


def run() -> Iterable[Row]:
    rows = conversations()[: sized(ROWS, 40)]
    held, train = rows[: len(rows) // 10], rows[len(rows) // 10 :]
    seconds, tokens, result = ours(train, held)
    peer_seconds, peer = plain_trainer(train, held)
    before, after = result["baseline"]["base_model"]["perplexity"], result["metrics"]["perplexity"]
    name = f"generation: SmolLM2 LoRA, {len(train)} rows (perplexity {before:.3g} → {after:.3g}, peer {peer:.3g})"
    yield Row(name, tokens / seconds, tokens / peer_seconds, "peft and Trainer's defaults", unit="tokens/s")


def conversations() -> list[list[dict[str, str]]]:
    """A ticket and an answer that says which department takes it."""
    made = []
    for number, (text, category) in enumerate(tickets.rows()):
        opening, closing = OPENINGS[number % 3], CLOSINGS[number // 3 % 3]
        answer = f"{opening} Your message goes to our {category.replace('_', ' ')} team. {closing}"
        made.append([{"role": "user", "content": text}, {"role": "assistant", "content": answer}])
    return made


def _write(name: str, rows: list[Any]) -> Path:
    path = tickets.folder() / name
    path.write_text("\n".join(json.dumps({"messages": row}) for row in rows), encoding="utf-8")
    return path


def ours(train: list[Any], held: list[Any]) -> tuple[float, int, dict[str, Any]]:
    """Seconds of a whole run, tokens trained on, and its result."""
    from tools.finetune.conversations import tokenize
    from tools.finetune.run import train as finetune
    from tools.finetune.spec import FinetuneSpec
    from tools.finetune.tasks.text_generation import chat_tokenizer
    from tools.models.embedded import smollm2_folder

    base = smollm2_folder(tickets.folder())
    tokenizer = chat_tokenizer(base)
    count = EPOCHS * sum(len(tokenize(tokenizer, row, LENGTH)["input_ids"]) for row in train)
    spec = FinetuneSpec(_write("chat.jsonl", train), "chat", "smollm2", base, method="lora", epochs=EPOCHS,
                        test_data=_write("held.jsonl", held), seed=SEED)  # fmt: skip
    began = time.perf_counter()
    result = finetune(spec, tickets.folder() / "chat", tickets.folder() / "chat-work", lambda _: None)
    return time.perf_counter() - began, count, result


def plain_trainer(train: list[Any], held: list[Any]) -> tuple[float, float]:
    """Seconds and held-out perplexity of the same by peft's and the Trainer's defaults."""
    import math

    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, PrinterCallback, Trainer, TrainingArguments, set_seed

    from tools.finetune.conversations import Collate, tokenize
    from tools.finetune.tasks.text_generation import chat_tokenizer
    from tools.models.embedded import smollm2_folder

    set_seed(SEED)
    base = smollm2_folder(tickets.folder())
    began = time.perf_counter()
    tokenizer = chat_tokenizer(base)
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    model = get_peft_model(
        model, LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear")
    )
    place = tickets.folder() / "chat-trainer"
    quiet = {"report_to": "none", "disable_tqdm": True, "remove_unused_columns": False}
    arguments = TrainingArguments(output_dir=str(place), num_train_epochs=EPOCHS, **quiet)
    features: list[Any] = [[tokenize(tokenizer, row, LENGTH) for row in rows] for rows in (train, held)]
    trainer = Trainer(
        model, arguments, train_dataset=features[0], data_collator=Collate(tokenizer.pad_token_id)
    )
    trainer.remove_callback(PrinterCallback)
    trainer.evaluate(features[1])
    trainer.train()
    loss = trainer.evaluate(features[1])["eval_loss"]
    model.merge_and_unload().save_pretrained(place)
    return time.perf_counter() - began, math.exp(loss)
