"""Training of the quick network on invented sections. The encoder stays as it is: its token vectors are made once."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch.nn import functional as F

from knowledge.atomic import write_atomically
from knowledge.embed import Encoder, Tokens
from knowledge.joint import Joint
from knowledge.recipe.pairs import Section
from knowledge.verifier import Network, side

SENTENCES = 8  # of a case, at most: those that answer, others of the section, and one of another section
CASES = 14_000  # of an epoch
BATCH = 12  # cases
RATE, DECAY, WARMUP = 1e-3, 0.02, 0.1
ANSWERS_COUNT = 2.0  # an answer counts as much as two other sentences
RANKING = 0.5  # the weight of being ahead of the others, beside that of being an answer

Case = tuple[
    str, list[tuple[str, float]]
]  # a question, and sentences with 1 for those that answer it and else 0
Known = dict[str, Tokens]


def cases(sections: Sequence[Section], dice: random.Random) -> list[Case]:
    """Each question with sentences that answer it and others, mostly of its own section."""
    every = [text for section in sections for text in section.texts]
    found = []
    for section in sections:
        for question, places in section.questions:
            others = [text for place, text in enumerate(section.texts) if place not in places]
            others = [*dice.sample(others, min(SENTENCES - 2, len(others))), dice.choice(every)]
            answers = [(section.texts[place], 1.0) for place in places]
            found.append((question, answers + [(text, 0.0) for text in others]))
    return found


def tokens(sections: Sequence[Section], encoder: Encoder) -> Known:
    """The encoder's token vectors of all sentences and questions."""
    texts = [text for section in sections for text in section.texts]
    texts += [question for section in sections for question, _ in section.questions]
    texts = list(dict.fromkeys(texts))
    return dict(zip(texts, encoder.tokens(texts), strict=True))


def train(
    sections: Sequence[Section],
    known: Known,
    epochs: int,
    seed: int,
    told: Callable[[int, int, float], None] = lambda step, steps, loss: None,
) -> Network:
    """A network trained on the sections.

    Args:
        sections: see :func:`knowledge.recipe.pairs.sections`.
        known: of :func:`tokens`.
        epochs: each with other cases of the same sections.
        seed: of the network's beginning.
        told: called now and then with the step, how many there are, and the loss.
    """
    torch.manual_seed(seed)
    network = Network()
    plan = [_shuffled(sections, random.Random(epoch)) for epoch in range(epochs)]
    batches = [part[at : at + BATCH] for part in plan for at in range(0, len(part) - BATCH + 1, BATCH)]

    def logits(batch: list[Case]) -> torch.Tensor:
        questions = side([known[question] for question, texts in batch for _ in texts])
        return network(questions, side([known[text] for _, texts in batch for text, _ in texts]))

    descend(torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY), batches, logits, told)
    return network.eval()


def descend(
    optimizer: torch.optim.Optimizer,
    batches: Sequence[list[Case]],
    logits: Callable[[list[Case]], torch.Tensor],
    told: Callable[[int, int, float], None],
) -> None:
    """Go down the loss, a step a batch: first ever faster, then ever slower.

    Args:
        optimizer: holds the weights.
        batches: what each step learns from.
        logits: of each sentence of a batch.
        told: called now and then with the step, how many there are, and the loss.
    """
    steps, mean = len(batches), 0.0
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (WARMUP * steps), max(0.02, 1 - step / steps))
    )
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    for step, batch in enumerate(batches):
        loss = _loss(logits(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        mean = 0.98 * mean + 0.02 * loss.item() if step else loss.item()
        if step % 100 == 99:
            told(step + 1, steps, mean)


def _shuffled(sections: Sequence[Section], dice: random.Random) -> list[Case]:
    found = cases(sections, dice)
    found = dice.sample(found, min(CASES, len(found)))
    dice.shuffle(found)
    return found


def _loss(logits: torch.Tensor, batch: list[Case]) -> torch.Tensor:
    """Whether each sentence is an answer, and whether a question's answer is ahead of the others."""
    wanted = torch.tensor([label for _, texts in batch for _, label in texts])
    loss = F.binary_cross_entropy_with_logits(
        logits, wanted * 0.96 + 0.02, pos_weight=torch.tensor(ANSWERS_COUNT)
    )
    sizes = [len(texts) for _, texts in batch]
    ahead = [
        torch.logsumexp(found, 0) - torch.logsumexp(found[labels > 0], 0)
        for found, labels in zip(logits.split(sizes), wanted.split(sizes), strict=True)
        if labels.any()
    ]
    return loss + RANKING * torch.stack(ahead).mean() if ahead else loss


def save_both(network: Network, joint: Joint, encoder: Encoder, file: Path) -> None:
    """Write the weights of both networks in half precision, with the name of the encoder that they go with."""
    from safetensors.torch import save

    file.parent.mkdir(parents=True, exist_ok=True)
    both = torch.nn.ModuleDict({"apart": network, "joint": joint})
    halves = {name: value.half().contiguous() for name, value in both.state_dict().items()}
    write_atomically(file, save(halves, metadata={"base": encoder.name}))
