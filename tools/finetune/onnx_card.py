"""What a model's card says about running its ONNX file: a few lines of Python that need no torch."""

import json
from string import Template
from typing import Any


def running(info: dict[str, Any], loaded: Any) -> str:
    """Markdown that tells how to run ``model.onnx``.

    Args:
        info: the model's facts, as ``tools.models.card.read_info`` gives them.
        loaded: the model, as its task loads it.
    """
    task = info["task"]
    if task == "image-classification":
        pixels = loaded.pixels
        values = {
            "size": pixels.size,
            "channels": pixels.channels,
            "mean": pixels.mean,
            "deviation": pixels.deviation,
        }
        values["mode"] = "L" if pixels.channels == 1 else "RGB"
        code = Template(_IMPORTS + "from PIL import Image\n" + _PICTURE + _LABELS + _LABEL)
        return _TEXT.format(packages="numpy onnxruntime pillow", code=code.substitute(values))
    reader = loaded.encoder if task == "embedding" else loaded
    several = info.get("threshold")
    parts = {
        "embedding": _ROWS + _EMBEDDING,
        "token-classification": _WORDS + _LABELS + _TAGS,
        "text-classification": _ROWS + (_LABELS + _LABEL if several is None else _SEVERAL),
    }
    code = Template(_IMPORTS + "from tokenizers import Tokenizer\n" + _TOKENIZER + parts[task])
    values = {**_padding(reader.tokenizer), "length": reader.max_length, "threshold": several}
    return _TEXT.format(packages="numpy onnxruntime tokenizers", code=code.substitute(values))


def _padding(tokenizer: Any) -> dict[str, Any]:
    return {
        "side": tokenizer.padding_side,
        "pad": tokenizer.pad_token_id,
        "token": json.dumps(tokenizer.pad_token),
    }


_TEXT = """
`model.onnx` takes batches of any size. `pip install {packages}`, and in this folder:

```python
{code}```
"""

_IMPORTS = """import json

import numpy
import onnxruntime
"""

_TOKENIZER = """
tokenizer = Tokenizer.from_file("tokenizer.json")
tokenizer.enable_truncation($length)
tokenizer.enable_padding(direction="$side", pad_id=$pad, pad_token=$token)
session = onnxruntime.InferenceSession("model.onnx")

"""

_INPUTS = """inputs = {
    "input_ids": numpy.array([row.ids for row in rows], dtype="int64"),
    "attention_mask": numpy.array([row.attention_mask for row in rows], dtype="int64"),
}
"""

_ROWS = (
    """texts = ["where is my parcel?", "I want my money back, please"]
rows = tokenizer.encode_batch(texts)
"""
    + _INPUTS
)

_WORDS = (
    """words = ["Anna", "lost", "my", "card", "today", "."]
rows = [tokenizer.encode(words, is_pretokenized=True)]
"""
    + _INPUTS
)

_PICTURE = """
session = onnxruntime.InferenceSession("model.onnx")
texts = ["picture.png"]
images = [Image.open(file).convert("$mode").resize(($size, $size)) for file in texts]
pixels = numpy.stack([numpy.asarray(image, dtype="float32").reshape($size, $size, $channels) for image in images]) / 255
pixels = (pixels - numpy.array($mean)) / numpy.array($deviation)
inputs = {"pixel_values": pixels.transpose(0, 3, 1, 2).astype("float32")}
"""

_LABELS = """logits = session.run(["logits"], inputs)[0]
shares = numpy.exp(logits - logits.max(-1, keepdims=True))
shares /= shares.sum(-1, keepdims=True)
labels = json.load(open("labels.json", encoding="utf-8"))
"""

_LABEL = """for text, row in zip(texts, shares):
    print(text, labels[row.argmax()], round(float(row.max()), 4), sep="\\t")
"""

_SEVERAL = """logits = session.run(["logits"], inputs)[0]
shares = 1 / (1 + numpy.exp(-logits))
labels = json.load(open("labels.json", encoding="utf-8"))
for text, row in zip(texts, shares):
    print(text, [label for label, share in zip(labels, row) if share >= $threshold], sep="\\t")
"""

_TAGS = """firsts = {}
for place, word in enumerate(rows[0].word_ids):
    if word is not None:
        firsts.setdefault(word, place)  # a word's first piece bears its tag
for word, place in firsts.items():
    print(words[word], labels[shares[0, place].argmax()], sep="\\t")
"""

_EMBEDDING = """vectors = session.run(["sentence_embedding"], inputs)[0]  # of length 1
print(vectors @ vectors.T)  # how alike the texts are
"""
