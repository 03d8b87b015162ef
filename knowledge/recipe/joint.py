"""Training of the joint network on the questions of whole companies, from the upper half of the encoder."""

import random
from collections.abc import Callable, Sequence

import torch

from knowledge import bert
from knowledge.embed import Encoder
from knowledge.joint import Joint, begin
from knowledge.recipe.pairs import Section
from knowledge.recipe.train import Case, Known, descend

RATE, HEAD_RATE, DECAY = 1e-4, 1e-3, 0.01  # of the encoder's layers, and of what is new
NEAR, NEAREST, FAR = 3, 8, 1  # sentences that do not answer: so many of the nearest, and of the others
BATCH, POOL = 16, 256  # cases of a step, and of those among which cases of like length are put together


def train_joint(
    sections: Sequence[Section],
    known: Known,
    encoder: Encoder,
    epochs: int,
    seed: int,
    bf16: bool = False,
    told: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Joint:
    """A joint network trained on the sections.

    Args:
        sections: each with one question, the sentences that do not answer it in order of likeness.
        known: of :func:`knowledge.recipe.train.tokens`.
        encoder: all-MiniLM-L6-v2, whose upper layers the network starts from.
        epochs: each with other sentences.
        seed: of the network's beginning and of the draws.
        bf16: multiply in bfloat16, for processors that have instructions for it.
        told: called now and then with the step, how many there are, and the loss.
    """
    torch.manual_seed(seed)
    dice, joint = random.Random(seed), begin(bert.read(encoder.folder)[0]).train()
    batches = [batch for _ in range(epochs) for batch in _batches(sections, dice)]
    layers = list(joint.layers.parameters())
    new = [value for name, value in joint.named_parameters() if not name.startswith("layers.")]

    def logits(batch: list[Case]) -> torch.Tensor:
        asked = [known[question].half.float() for question, texts in batch for _ in texts]
        said = [known[text].half.float() for _, texts in batch for text, _ in texts]
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            found: torch.Tensor = joint(asked, said)
        return found.float()

    groups = [{"params": layers, "lr": RATE}, {"params": new, "lr": HEAD_RATE}]
    descend(torch.optim.AdamW(groups, weight_decay=DECAY), batches, logits, told)
    return joint.eval()


def _batches(sections: Sequence[Section], dice: random.Random) -> list[list[Case]]:
    cases = [_case(section, dice) for section in sections if len(section.texts) > NEAR]
    dice.shuffle(cases)
    found = []
    for at in range(0, len(cases), POOL):
        pool = sorted(cases[at : at + POOL], key=lambda case: max(len(text) for text, _ in case[1]))
        some = [pool[start : start + BATCH] for start in range(0, len(pool), BATCH)]
        dice.shuffle(some)
        found += some
    return found


def _case(section: Section, dice: random.Random) -> Case:
    """A question with a sentence that answers it, if one does, and others."""
    (question, places), *_ = section.questions
    others = [text for place, text in enumerate(section.texts) if place not in places]
    near, far = others[:NEAREST], others[NEAREST:] or others
    wrong = dice.sample(near, min(NEAR + (not places), len(near))) + dice.sample(far, FAR)
    answers = [(section.texts[dice.choice(places)], 1.0)] if places else []
    return question, answers + [(text, 0.0) for text in wrong]
