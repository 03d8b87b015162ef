"""A classifier in the process against transformers.pipeline on the same folder. Both give every label's probability."""

from collections.abc import Iterable

from tests.benchmarks import tickets
from tests.benchmarks.measure import each, rates, shuffled, sized
from tests.benchmarks.row import Row

PEER = "transformers.pipeline"
BATCH = 32


def run() -> Iterable[Row]:
    from tests.benchmarks.plain_server import classifier
    from tools.serving.predictor import load

    folder = tickets.trained().folder
    predictor, pipe = load(folder), classifier(folder)
    yield _accuracy(predictor, pipe)
    texts = shuffled(tickets.texts() * 2)  # neither side remembers texts
    few = texts[: sized(480, 60)]
    one = rates(each(lambda text: predictor.predict([text])), each(lambda text: pipe(text)), few)
    yield Row("classify: texts one by one", *one, PEER)
    batches = [texts[i : i + BATCH] for i in range(0, sized(len(texts), 6 * BATCH), BATCH)]
    ours, theirs = rates(each(predictor.predict), each(lambda some: pipe(some, batch_size=BATCH)), batches)
    yield Row(f"classify: batches of {BATCH}", BATCH * ours, BATCH * theirs, PEER)


def _accuracy(predictor, pipe) -> Row:
    rows = tickets.parts()[1]
    ours = [found["label"] for found in predictor.predict([text for text, _ in rows])]
    theirs = [found[0]["label"] for found in pipe([text for text, _ in rows])]
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))

    def right(labels: list[str]) -> float:
        return sum(a == b for a, (_, b) in zip(labels, rows, strict=True)) / len(rows)

    name = f"classify: accuracy, same label in {same} of {len(rows)}"
    return Row(name, right(ours), right(theirs), PEER, unit="")
