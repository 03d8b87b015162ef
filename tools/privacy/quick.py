"""The embedded NER model, read several times as fast as spaCy reads it, with the same result.

spaCy spends most of a short text's time on bookkeeping, on small multiplications that numpy's BLAS does quicker, on
words that it has met before, and on asking word by word what begins there. Here what depends on one word alone (its
embedding, and its share in the first convolution) is remembered, the other convolutions are plain numpy, and one
multiplication tells for all words whether a name begins there. ``tests/tools/test_privacy_models.py`` compares both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.attrs import IDS
from threadpoolctl import ThreadpoolController

from tools.privacy.ner import TOGETHER, Found

Floats = NDArray[np.float32]
REMEMBERED = 4_096  # words, with 3,840 bytes each
TINY = 1e-8  # added to the variance, as thinc's layer norm does


class QuickReader:
    """What a spaCy pipeline of a NER component alone names; not for several threads at once.

    Args:
        pipeline: its component has the layers of ``spacy.TransitionBasedParser.v2`` over ``Tok2Vec.v2``
            (``MultiHashEmbed``, ``MaxoutWindowEncoder`` of window 1), as in ``en_core_web_sm``. It is changed: other
            attributes of words than those read here are no longer computed.
    """

    def __init__(self, pipeline: Any):
        ner, getters = pipeline.get_pipe("ner"), pipeline.vocab.lex_attr_getters
        layers, lower, upper = ner.model.layers
        self._vectors = Vectors(layers.layers[0])
        columns = [*self._vectors.columns, "IS_SPACE"]
        for attribute in set(getters) - {IDS[name] for name in columns}:
            del getters[attribute]  # of each new word some twenty are computed, of which five are needed
        self._blas: Any = ThreadpoolController().select(internal_api="openblas")
        self._columns, self._tokens = columns, pipeline.make_doc
        names = [ner.moves.get_class_name(number) for number in range(ner.moves.n_moves)]
        self._moves = _Moves(layers.layers[2], lower, upper, names)

    def __call__(self, text: str) -> Found:
        """What is named in one text."""
        return next(self._read([text]))

    def many(self, texts: Sequence[str]) -> Iterator[Found]:
        """What is named in each of some texts, which are read together."""
        for at in range(0, len(texts), TOGETHER):
            yield from self._read(texts[at : at + TOGETHER])

    def _read(self, texts: Sequence[str]) -> Iterator[Found]:
        documents = [self._tokens(text) for text in texts]
        features = [document.to_array(self._columns) for document in documents]
        # On a busy machine a short text would wait long for numpy's second thread.
        with self._blas.limit(limits=1 if len(texts) < TOGETHER else None):
            inputs = self._moves.inputs(self._vectors([each[:, :-1] for each in features]))
        ends = np.cumsum([len(each) for each in features])
        for document, each, part in zip(documents, features, np.split(inputs, ends[:-1]), strict=True):
            found = self._moves.walk(part, each[:, -1]) if len(document) else ()
            yield [
                (label, document[first].idx, document[last].idx + len(document[last]))
                for label, first, last in found
            ]


class Vectors:
    """Vectors of the words of documents.

    Args:
        tok2vec: spaCy's layers, whose parameters are used.
    """

    def __init__(self, tok2vec: Any):
        embed, encode = tok2vec.layers
        self.columns: list[str] = embed.layers[0].attrs["columns"]
        self._hashed = [part.layers[-1] for part in embed.layers[2].layers[0].layers]
        self._mixed = _Block(embed.layers[3].layers[0])
        self._first, *self._others = [_Block(each.layers[0].layers[1]) for each in encode.layers[0].layers]
        self._pad: int = encode.attrs["pad"]
        self._size: int = tok2vec.get_dim("nO")
        # Of the first convolution's products: a word's share as the left neighbour, as itself, as the right one.
        self._shares = np.concatenate(np.split(self._first.weights, 3), axis=1)
        self._forget()

    def _forget(self) -> None:
        self._rows: dict[bytes, int] = {}
        self._table = np.zeros((256, self._size + self._shares.shape[1]), dtype=np.float32)
        self._used = 1  # the first row stays zero

    def __call__(self, features: Sequence[NDArray[np.uint64]]) -> Floats:
        """One row for each word of all documents, in order.

        Args:
            features: of each document, the attributes :attr:`columns` of each word.
        """
        # As in spaCy, some rows of zeros stand around each document; each convolution reaches one row further.
        rows = [0] * self._pad
        kept: list[int] = []
        for places in self._places(features):
            kept += range(len(rows) - self._pad, len(rows) - self._pad + len(places))
            rows += [*places, *[0] * self._pad]
        values = self._convolved(self._table[rows])
        return values if len(kept) == len(values) else values[kept]

    def _convolved(self, words: Floats) -> Floats:
        size, wide = self._size, self._first.weights.shape[1]
        left, middle, right = (words[:, size + part * wide : size + (part + 1) * wide] for part in range(3))
        values = words[1:-1, :size] + self._first.activated(left[:-2] + middle[1:-1] + right[2:])
        for block in self._others:
            windows = np.concatenate((values[:-2], values[1:-1], values[2:]), axis=1)
            values = values[1:-1] + block.activated(windows @ block.weights)
        return values

    def _places(self, features: Sequence[NDArray[np.uint64]]) -> list[list[int]]:
        """The rows of the table for each document's words; those that are new are added."""
        if len(self._rows) > REMEMBERED:
            self._forget()
        found, new = [], []
        for document in features:
            places = []
            for row in document:
                key = row.tobytes()
                place = self._rows.get(key)
                if place is None:
                    place = self._rows[key] = len(self._rows) + 1
                    new.append(row)
                places.append(place)
            found.append(places)
        if new:
            self._add(np.stack(new))
        return found

    def _add(self, features: NDArray[np.uint64]) -> None:
        embedded = []
        for column, layer in enumerate(self._hashed):
            vectors, ids = layer.get_param("E"), np.ascontiguousarray(features[:, column])
            keys = layer.ops.hash(ids, layer.attrs["seed"]) % len(vectors)
            embedded.append(vectors[keys].sum(axis=1))
        own = self._mixed.activated(np.concatenate(embedded, axis=1) @ self._mixed.weights)
        begin, end = self._used, self._used + len(own)
        if end > len(self._table):
            larger = np.zeros((2 * end, self._table.shape[1]), dtype=np.float32)
            larger[:begin] = self._table[:begin]
            self._table = larger
        self._table[begin:end, : self._size] = own
        self._table[begin:end, self._size :] = own @ self._shares
        self._used = end


class _Block:
    """A layer of maxout and layer norm: its parameters, and what follows the multiplication."""

    def __init__(self, layer: Any):
        maxout, norm = layer.layers[0].layers
        weights = maxout.get_param("W")  # outputs × pieces × inputs
        self._size, self._pieces, inputs = weights.shape
        # Pieces first, so that the outputs are the largest of some parts of a row.
        self.weights: Floats = np.ascontiguousarray(weights.transpose(1, 0, 2).reshape(-1, inputs).T)
        self._bias = maxout.get_param("b").T.reshape(-1)
        self._gain, self._shift = norm.get_param("G"), norm.get_param("b")

    def activated(self, sums: Floats) -> Floats:
        """Maxout and layer norm of the products."""
        sums += self._bias
        values = _largest(sums, self._size, self._pieces)
        values -= np.add.reduce(values, axis=1, keepdims=True) / self._size
        variance = np.einsum("ij,ij->i", values, values) / self._size + TINY
        values *= (1 / np.sqrt(variance))[:, None]
        values *= self._gain
        values += self._shift
        return values


class _Moves:
    """What spaCy's transition system does with words of which nothing is known before: begin, in, last, unit, out."""

    def __init__(self, linear: Any, lower: Any, upper: Any, names: Sequence[str]):
        weights, bias = lower.get_param("W"), lower.get_param("b")  # features × hidden × pieces × inputs
        count, self._hidden, self._pieces, inputs = weights.shape
        flat = weights.transpose(0, 2, 1, 3).reshape(-1, inputs).T
        self._weights: Floats = np.ascontiguousarray(linear.get_param("W").T @ flat)
        self._bias: Floats = linear.get_param("b") @ flat
        self._wide = self._hidden * self._pieces
        pad = lower.get_param("pad")[0].transpose(0, 2, 1).reshape(count, -1)
        self._inner = bias.T.reshape(-1)
        self._outer = self._inner + pad[1] + pad[2]  # no name is open
        self._upper, self._upper_bias = np.ascontiguousarray(upper.get_param("W").T), upper.get_param("b")
        self._names = [name.partition("-")[::2] for name in names]
        self._begins = np.array([kind == "B" for kind, _ in self._names])
        self._single = np.array([kind == "U" and label != "" for kind, label in self._names])
        self._out = names.index("O")

    def inputs(self, vectors: Floats) -> Floats:
        """What each word adds as the next one, as the first of an open name, as the last one read."""
        return vectors @ self._weights + self._bias

    def walk(self, words: Floats, spaces: NDArray[np.uint64]) -> Iterator[tuple[str, int, int]]:
        """Names as label, first and last word.

        Args:
            words: one row of :meth:`inputs` for each word of a document.
            spaces: not 0 where the word is white space, with which no name begins.
        """
        scores = _largest(words[:, : self._wide] + self._outer, self._hidden, self._pieces) @ self._upper
        scores += self._upper_bias
        allowed = self._begins | self._single
        allowed[self._out] = True
        scores[:, ~allowed] = -np.inf
        scores[-1, self._begins] = -np.inf
        scores[spaces != 0] = -np.inf
        scores[spaces != 0, self._out] = 0
        best = scores.argmax(axis=1)
        free = 0
        for first in np.flatnonzero(best != self._out).tolist():
            if first < free:
                continue
            kind, label = self._names[best[first]]
            last = first if kind == "U" else self._last(words, first, label)
            yield label, first, last
            free = last + 1

    def _last(self, words: Floats, first: int, label: str) -> int:
        wide = self._wide
        inside, ended = self._names.index(("I", label)), self._names.index(("L", label))
        ways, bias = self._upper[:, [inside, ended]], self._upper_bias[[inside, ended]]
        since = self._inner + words[first, wide : 2 * wide]
        for at in range(first + 1, len(words) - 1):
            sums = words[at : at + 1, :wide] + since + words[at - 1, 2 * wide :]
            goes_on, ends = (_largest(sums, self._hidden, self._pieces) @ ways + bias)[0]
            if ends > goes_on:
                return at
        return len(words) - 1


def _largest(sums: Floats, size: int, pieces: int) -> Floats:
    values = sums[:, :size]
    for piece in range(1, pieces):
        values = np.maximum(values, sums[:, piece * size : (piece + 1) * size])
    return values
