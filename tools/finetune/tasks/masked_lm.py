"""Masked language modelling: an encoder reads raw texts of a domain on, before it is fine-tuned for something."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.loading import loaded
from tools.errors import BadData
from tools.finetune.examples import mean_tokens, part, read, texts
from tools.finetune.machine import PAD_TO
from tools.finetune.pooling import pooling_in
from tools.finetune.task import Facts, Outcome, Run

if TYPE_CHECKING:
    import pandas

BLOCK = 128  # tokens a training row


class MaskedLM:
    """The task's object; see ``tools.finetune.task.Task``."""

    name = "masked-lm"
    default_base = "minilm"
    methods = ("full", "lora", "dora", "adalora", "qlora")
    needs_label = False

    def beside(self, columns: Sequence[str], text_column: str, label_column: str | None) -> tuple[str, ...]:
        """None."""
        return ()

    def check(self, table: "pandas.DataFrame", text_column: str, label_column: str | None) -> Facts:
        """A few different texts."""
        rows = texts(table, text_column)
        if len(set(rows)) < 4:
            raise BadData(
                f"Column {text_column} holds only {len(set(rows))} different texts.", "Give more texts."
            )
        return Facts(len(rows), {}, mean_tokens(rows))

    def rows(
        self, table: "pandas.DataFrame", text_column: str, label_column: str | None, facts: Facts
    ) -> list[tuple[str, tuple[str, ...]]]:
        """Texts."""
        return [(text, ()) for text in texts(table, text_column)]

    def train(self, run: Run) -> Outcome:
        """Train on random masks; measure on masks that are the same before and after."""
        from transformers import set_seed

        from tools.finetune import domain, language, methods
        from tools.finetune.encoder import load_tokenizer
        from tools.finetune.fit import Material, fit, steps_of
        from tools.finetune.metrics import resampled

        column = run.plan["text_column"]
        test = texts(read(run.spec.test_data, [column]), column) if run.spec.test_data else None
        parts = part(texts(read(run.spec.data, [column]), column), test, run.spec.seed, lambda row: row)
        set_seed(run.spec.seed)
        tokenizer = load_tokenizer(run.base)
        model, complete = plain_base(run.base)
        train, validation, held = (blocks(p, tokenizer) for p in (parts.train, parts.validation, parts.test))
        counts = language.counted((row["input_ids"] for row in train), len(tokenizer))
        guessed = language.by_frequency(
            counts, held, masks(tokenizer, run.spec.seed), 0, tokenizer.all_special_ids
        )
        baseline, beat = (
            {"word_frequencies": language.perplexity(guessed)},
            lambda done: run.report.beat("Measuring"),
        )
        if complete:
            untrained = language.losses(model, held, masks(tokenizer, run.spec.seed), beat, shift=0)
            baseline["base_model"] = language.perplexity(untrained)
        method = run.plan["method"]
        model = methods.wrap(model, method, None, steps_of(run.plan, len(train)), ("cls",))
        trained = methods.trainable(model)
        pooling = pooling_in(run.plan, run.base)
        if domain.is_sentence_encoder(run.base):
            run.report.tell("Reading the texts as the base does")
            train, validation = (
                domain.with_vectors(rows, run.base, tokenizer, pooling) for rows in (train, validation)
            )
        material = Material(
            model,
            train,
            validation,
            domain.Masked(tokenizer),
            after_step=methods.after_step(model, method),
            trainer=partial(domain.Reading, pooling=pooling),
        )
        curve = fit(run, material)
        model = methods.merge(model, method, run.staging)
        model.save_pretrained(run.staging, safe_serialization=True)
        tokenizer.save_pretrained(run.staging)
        _mark(run.base, run.staging)
        language.write_counts(run.staging, counts)
        found = language.losses(model, held, masks(tokenizer, run.spec.seed), beat, shift=0)
        evaluation = {"curve": curve, "intervals": resampled(found, language.perplexity)}
        return Outcome(language.perplexity(found), baseline, trained, {"max_length": BLOCK}, evaluation)

    def load(self, folder: Path, device: str | None = None) -> "LoadedMaskedLM":
        """Fills masks."""
        return LoadedMaskedLM(folder, device)


class LoadedMaskedLM:
    """Fills ``[MASK]`` in texts."""

    task = "masked-lm"

    def __init__(self, folder: Path, device: str | None):
        from transformers import AutoModelForMaskedLM

        from tools.finetune.encoder import load_tokenizer
        from tools.finetune.machine import best_device

        self.device = best_device(device)
        self.tokenizer = load_tokenizer(folder)
        model: Any = loaded(AutoModelForMaskedLM, folder, use_safetensors=True)
        self.model = model.to(self.device).eval()

    def predict(self, texts: list[str]) -> list[dict[str, Any]]:
        """The likeliest words for the first mask, and the text with it filled.

        Raises:
            BadData: a text without a mask.
        """
        return [self._fill(text) for text in texts]

    def _fill(self, text: str) -> dict[str, Any]:
        import torch

        mask = self.tokenizer.mask_token
        text = text.replace("[MASK]", mask)
        batch = self.tokenizer(text, return_tensors="pt", truncation=True, max_length=BLOCK).to(self.device)
        places = (batch["input_ids"][0] == self.tokenizer.mask_token_id).nonzero()
        if not len(places):
            raise BadData("The text has no [MASK] to fill.", "Write [MASK] where a word is wanted.")
        with torch.inference_mode():
            best = self.model(**batch).logits[0, places[0, 0]].float().softmax(-1).topk(5)
        words = [self.tokenizer.decode([i]).strip() for i in best.indices.tolist()]
        scores = {word: round(score, 6) for word, score in zip(words, best.values.tolist(), strict=True)}
        filled = text.replace(mask, words[0], 1)
        return {"label": words[0], "score": scores[words[0]], "scores": scores, "text": filled}


def plain_base(base: Path | str) -> tuple[Any, bool]:
    """A base as one that names words, and whether it has learned to: else its way from vectors to words is by chance.

    Args:
        base: folder or hub id.
    """
    from transformers import AutoModelForMaskedLM

    from tools.finetune import averaging

    model, told = loaded(
        AutoModelForMaskedLM,
        str(base),
        config=averaging.plain_config(base),
        output_loading_info=True,
        use_safetensors=True,
        dtype="float32",
    )
    return model, not told["missing_keys"]


def _mark(base: Path | str, folder: Path) -> None:
    """A sentence encoder stays one: the small files that say so come along."""
    import shutil

    for name in ("modules.json", "1_Pooling", "2_Normalize", "sentence_bert_config.json"):
        source = Path(base) / name
        if source.is_dir():
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, folder / name)


def blocks(rows: list[str], tokenizer: Any) -> list[dict[str, Any]]:
    """Texts as rows of at most :data:`BLOCK` tokens; long ones become several."""
    if not rows:
        return []
    cut = tokenizer(rows, truncation=True, max_length=BLOCK, return_overflowing_tokens=True)
    return [{"input_ids": ids} for ids in cut["input_ids"]]


def masks(tokenizer: Any, seed: int) -> Any:
    """Masks that depend on the seed alone, the same for each model that is measured."""
    from transformers import DataCollatorForLanguageModeling

    return DataCollatorForLanguageModeling(
        tokenizer, mlm_probability=0.15, seed=seed, pad_to_multiple_of=PAD_TO
    )


TASK = MaskedLM()
