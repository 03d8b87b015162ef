"""Learning vectors by contrast: what belongs together comes close, the rest of the batch is pushed away.

Used by the embedding task and by few-shot classification. Imported only with torch.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, Trainer

from knowledge.loading import loaded
from tools.finetune import averaging, methods, ranks
from tools.finetune.encoder import FrozenEncoder, load_tokenizer, max_length
from tools.finetune.fit import Material, fit, steps_of
from tools.finetune.machine import PAD_TO
from tools.finetune.pooling import MEAN, pool
from tools.finetune.recipe import rounds
from tools.finetune.retrieval import Triple
from tools.finetune.task import Run

SCALE = 20.0


def partners(
    rows: list[tuple[str, str]], seed: int, each: int = 1, more: Sequence[tuple[str, str]] = ()
) -> list[Triple]:
    """Each text with another one of its label, ``each`` times: linear in the rows, not quadratic.

    Args:
        rows: texts with labels.
        seed: of the choice.
        each: partners for each text.
        more: others with labels, taken where a label has no second text among the rows.
    """
    dice = random.Random(seed)
    groups, spare = _groups(rows), _groups(more)
    found = []
    for text, label in rows * each:
        other = _other(text, groups[label], dice)
        other = _other(text, spare[label], dice) if other is None else other
        if other is not None:
            found.append((text, other, label))
    return found


Group = tuple[list[str], dict[str, int]]  # different texts, and the place of each


def _groups(rows: Sequence[tuple[str, str]]) -> defaultdict[str, Group]:
    """The texts of each label."""
    groups: defaultdict[str, Group] = defaultdict(lambda: ([], {}))
    for text, label in rows:
        texts, places = groups[label]
        if text not in places:
            places[text] = len(texts)
            texts.append(text)
    return groups


def _other(text: str, group: Group, dice: random.Random) -> str | None:
    """Another text of a group, each as likely; None where there is none."""
    texts, places = group
    own = places.get(text, len(texts))
    others = len(texts) - (own < len(texts))
    if not others:
        return None
    drawn = dice.randrange(others)
    return texts[drawn + (drawn >= own)]


class Contrast(Trainer):
    """A Trainer whose loss is the multiple-negatives ranking loss (Henderson et al. 2017) over the batch.

    In a group each process computes the loss of the whole batch, so that there are as many negatives as in one process.
    """

    def __init__(self, *args: Any, pooling: str = MEAN, **options: Any):
        super().__init__(*args, **options)
        self.pooling = pooling

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Cross-entropy of finding each text's partner in the batch; others of its group do not count as wrong.

        Texts that are known to be wrong (triplets) stand beside the batch's.
        """
        first, second = (self._vectors(model, inputs[side]) for side in ("first", "second"))
        groups, several = inputs["groups"], ranks.world() if model.training else 1
        if several > 1:
            first, second, groups = ranks.gathered(first), ranks.gathered(second), ranks.gathered(groups)
        same = groups[:, None] == groups[None, :]
        same.fill_diagonal_(False)
        scores = (first @ second.T * SCALE).masked_fill(same, -1e4)
        if "wrong" in inputs:
            wrong = self._vectors(model, inputs["wrong"])
            wrong = ranks.gathered(wrong) if several > 1 else wrong
            scores = torch.cat([scores, first @ wrong.T * SCALE], dim=1)
        targets = torch.arange(len(scores), device=scores.device)
        loss = torch.nn.functional.cross_entropy(scores, targets)
        # Gradients are averaged over the processes, where those of their own rows have to be added up.
        loss = loss * several - loss.detach() * (several - 1)
        return (loss, {"scores": scores}) if return_outputs else loss

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """All rows in each process: parted among them, batches would be filled up with rows they hold already."""
        rows: Any = self.eval_dataset if eval_dataset is None else eval_dataset
        return torch.utils.data.DataLoader(rows, self.args.eval_batch_size, collate_fn=self.data_collator)

    def prediction_step(
        self, model: Any, inputs: Any, prediction_loss_only: bool, ignore_keys: Any = None
    ) -> Any:
        """The loss alone."""
        with torch.no_grad():
            loss = self.compute_loss(model, self._prepare_inputs(inputs))
        return loss.detach(), None, None

    def _vectors(self, model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return pool(model(**batch).last_hidden_state.float(), batch["attention_mask"], self.pooling)


class _Collate:
    """Pads both sides of the pairs."""

    def __init__(self, tokenizer: Any):
        self.tokenizer = tokenizer

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """``first``, ``second`` (token ids and masks) and ``groups``; ``wrong`` where the rows have it."""

        def side(name: str) -> dict[str, torch.Tensor]:
            ids = {"input_ids": [row[name] for row in rows]}
            # Where pooling looks for the first and the last token; those that write pad on the left.
            return dict(
                self.tokenizer.pad(ids, pad_to_multiple_of=PAD_TO, padding_side="right", return_tensors="pt")
            )

        groups = torch.tensor([row["group"] for row in rows])
        wrong = {"wrong": side("wrong")} if "wrong" in rows[0] else {}
        return {"first": side("input_ids"), "second": side("partner"), "groups": groups} | wrong


def train_encoder(
    run: Run,
    train: list[Triple],
    validation: list[Triple],
    method: str,
    folder: Path,
    wrong: Mapping[tuple[str, str], list[str]] | None = None,
    pooling: str = MEAN,
) -> tuple[int, int, list[dict[str, float]]]:
    """Train an encoder by contrast and write it to ``folder``.

    Args:
        run: the run.
        train: to learn from.
        validation: to choose by.
        method: ``full`` or an adapter.
        folder: where to.
        wrong: by text and partner, texts that look like the partner but are none (triplets); of all or of none.
        pooling: how a vector is made of the tokens.

    Returns:
        Trained parameters, tokens read, and the curve.
    """
    tokenizer = load_tokenizer(run.base)
    config = averaging.plain_config(run.base)  # the mean is taken here, over trained tokens
    model: Any = loaded(AutoModel, str(run.base), config=config, use_safetensors=True, dtype="float32")
    length = max_length(tokenizer, model.config)
    model = methods.wrap(model, method, "FEATURE_EXTRACTION", steps_of(run.plan, len(train)))
    trained = methods.trainable(model)
    numbers = {group: n for n, group in enumerate(dict.fromkeys(row[2] for row in train + validation))}
    material = Material(
        model=model,
        train=_features(train, tokenizer, length, numbers, wrong),
        validation=_features(validation, tokenizer, length, numbers, wrong),
        collate=_Collate(tokenizer),
        after_step=methods.after_step(model, method),
        trainer=partial(Contrast, pooling=pooling),
        group_by_length=False,  # batches of like lengths would make the negatives too easy to tell
        # A group would change the buffers between the two sides of a step.
        arguments={"ddp_broadcast_buffers": False},
    )
    curve = fit(run, material)
    methods.merge(model, method, folder).save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return trained, length, curve


def _features(
    rows: list[Triple],
    tokenizer: Any,
    length: int,
    numbers: dict[str, int],
    wrong: Mapping[tuple[str, str], list[str]] | None,
) -> list[dict[str, Any]]:
    if not rows:
        return []

    def ids(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, truncation=True, max_length=length)["input_ids"]

    sides = {"input_ids": ids([row[0] for row in rows]), "partner": ids([row[1] for row in rows])}
    if wrong:
        turn: Counter[tuple[str, str]] = Counter()
        chosen = []
        for first, second, _ in rows:  # a pair that comes again brings its next one along
            known = wrong[first, second]
            chosen.append(known[turn[first, second] % len(known)])
            turn[first, second] += 1
        sides["wrong"] = ids(chosen)
    return [
        {name: side[at] for name, side in sides.items()} | {"group": numbers[row[2]]}
        for at, row in enumerate(rows)
    ]


def tuned_encoder(run: Run, train: list[tuple[str, str]], validation: list[tuple[str, str]]) -> FrozenEncoder:
    """The encoder of few-shot classification: pulled towards the labels, then frozen.

    Args:
        run: the run.
        train: texts with labels.
        validation: the same.
    """
    folder = run.workdir / "encoder"
    if ranks.agree(lambda: not (folder / "tokenizer_config.json").exists()):
        folder.mkdir(exist_ok=True)
        pairs = partners(train, run.spec.seed, rounds(len(train)))
        train_encoder(run, pairs, partners(validation, run.spec.seed), "full", folder)
    ranks.release()
    return FrozenEncoder(folder)
