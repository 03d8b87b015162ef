"""Labels that are likely wrong are found, and clean data is left alone."""

import numpy

from tools.finetune.label_errors import label_errors, told


def _clusters(rows: int) -> tuple[numpy.ndarray, list[str]]:
    dice = numpy.random.default_rng(0)
    labels = [str(at % 4) for at in range(rows)]
    vectors = numpy.array([numpy.eye(8)[int(label)] for label in labels]) + dice.normal(0, 0.15, (rows, 8))
    return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True), labels


def test_swapped_labels_are_found_with_the_right_one_suggested():
    vectors, labels = _clusters(400)
    swapped = {at: str((int(labels[at]) + 1) % 4) for at in range(0, 400, 19)}
    given = [swapped.get(at, label) for at, label in enumerate(labels)]
    count, listed = label_errors(vectors, given, [str(at) for at in range(400)])
    found = {int(row["text"]) for row in listed}
    assert len(found & set(swapped)) >= 0.5 * len(swapped)
    assert len(found - set(swapped)) <= 2
    assert count == len(listed)
    assert all(row["suggested"] == labels[int(row["text"])] for row in listed if int(row["text"]) in swapped)


def test_clean_labels_are_left_alone():
    vectors, labels = _clusters(400)
    count, _ = label_errors(vectors, labels, labels)
    assert count <= 4
    assert told(count, 400) == told(2, 400) == []
    assert "40 of 400 labels" in told(40, 400)[0]


def test_too_few_rows_say_nothing():
    assert label_errors(numpy.eye(4), ["a", "a", "b", "b"], list("abcd")) == (0, [])
