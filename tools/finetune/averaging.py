"""Mean pooling inside a plain BERT classifier: one more layer whose attention gives every token the same weight.

A sentence encoder such as MiniLM says most in the mean of its tokens, but transformers' classifier for BERT reads the
first token. A layer with queries and keys of zero attends to all tokens alike; its values pass through unchanged and
drown the residual, so its output is the layer norm of the mean. The pooler then only scales it to about unit length.
The folder stays one that ``transformers.pipeline`` loads. Imported only with torch.
"""

from typing import Any

import numpy
import torch

LOUD = 1000.0  # how much louder than the residual the mean is
KIND = "bert"
MARK = "averages_tokens"  # in the folder's config.json


def takes(config: Any) -> bool:
    """Whether a base model can have the layer.

    Args:
        config: a transformers configuration.
    """
    return bool(config.model_type == KIND)


def averages(config: Any) -> bool:
    """Whether a model has the layer already."""
    return bool(getattr(config, MARK, False))


def plain_config(base: Any) -> Any:
    """A base's configuration without the layer, for tasks that need the single tokens.

    Args:
        base: folder or hub id; of a classifier made here, or any other.
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(str(base), trust_remote_code=False)
    if averages(config):
        config.num_hidden_layers -= 1
        setattr(config, MARK, False)
    return config


def warm_start(model: Any, weight: numpy.ndarray, bias: numpy.ndarray) -> None:
    """Let a ``BertForSequenceClassification`` read the mean of the tokens, through a fitted linear classifier.

    Training then begins where the frozen encoder's classifier ends, and does not tear the encoder apart to suit a
    random layer (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features"). The added layer stays as it is.

    Args:
        model: changed in place, its configuration too.
        weight: float [classes, width], fitted on :func:`pooled` vectors.
        bias: float [classes].
    """
    if not averages(model.config):
        add_averaging(model)
    _freeze(model)
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(weight))
        model.classifier.bias.copy_(torch.from_numpy(bias))


def add_averaging(model: Any) -> None:
    """Give a ``BertForSequenceClassification`` the layer, and a pooler that scales to about unit length.

    An adapter that was trained on such a model fits its base only with this layer.

    Args:
        model: changed in place, its configuration too.
    """
    from transformers.models.bert.modeling_bert import BertLayer

    config, bert = model.config, model.bert
    width = config.hidden_size
    layer = BertLayer(config, layer_idx=config.num_hidden_layers)
    wanted = layer_weights(width)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.copy_(wanted.get(name, torch.zeros(())))
        bert.pooler.dense.weight.copy_(wanted["pooler.dense.weight"])
        bert.pooler.dense.bias.zero_()
    bert.encoder.layer.append(layer)
    config.num_hidden_layers += 1
    setattr(config, MARK, True)


def layer_weights(width: int) -> dict[str, torch.Tensor]:
    """The weights of the layer, and of the pooler behind it; those that are not named are zero."""
    eye = torch.eye(width)
    return {
        "attention.self.value.weight": eye,
        "attention.output.dense.weight": eye * LOUD,
        "attention.output.LayerNorm.weight": torch.ones(width),
        "output.LayerNorm.weight": torch.ones(width),
        "pooler.dense.weight": eye / width**0.5,
    }


def _freeze(model: Any) -> None:
    for part in (model.bert.encoder.layer[-1], model.bert.pooler):
        part.requires_grad_(False)


def pooled(vectors: numpy.ndarray) -> numpy.ndarray:
    """What the pooler gives for a text of which the mean of the tokens is known.

    Args:
        vectors: float [n, width], means of the last ordinary layer's tokens, of any length.

    Returns:
        float32 [n, width], of about unit length.
    """
    centred = vectors - vectors.mean(-1, keepdims=True)
    unit = centred / numpy.linalg.norm(centred, axis=-1, keepdims=True).clip(1e-12)
    return numpy.tanh(unit).astype(numpy.float32)
