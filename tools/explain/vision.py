"""Why an image classifier gave its label: a heat map over the picture.

Occlusion (Zeiler and Fergus 2014) greys out one patch after the other; integrated gradients over the pixels are summed
by patch. Both see the model from outside alone, so they fit vision transformers and convolutional networks alike.
"""

import base64
import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tools.errors import BadData, NotFound, did_you_mean
from tools.explain.attribution import Values
from tools.explain.classify import integral, prediction, reservations
from tools.explain.faithful import faithfulness, perturbations
from tools.explain.gradients import STEPS
from tools.explain.passes import others_turn

PATCHES = 8  # a side: finer ones are weaker each and take longer
PIXELS_AT_ONCE = 32 * 224 * 224
LARGEST_SHOWN = 512  # pixels a side of the picture in the page


def explain_picture(model: Any, path: str, method: str, target: str | None) -> dict[str, Any]:
    """Explain what an image classifier says of a picture.

    Args:
        model: a ``tools.finetune.vision.ImageClassifier``; nobody else may use it meanwhile.
        path: the picture's file.
        method: ``occlusion`` or ``integrated-gradients``.
        target: the label to explain; the predicted one where left out.

    Returns:
        ``patches`` in the place of ``tokens``: ``{"row", "column", "box": [left, top, right, bottom], "attribution"}``
        with boxes in the picture's own pixels; ``image`` is its size, ``picture`` the heat map as a data address.

    Raises:
        BadData: there is no such picture, or it cannot be read.
        NotFound: the model knows no such label.
    """
    file = Path(path)
    if not file.is_file():
        raise BadData(f"There is no image {file.name}.", "Give the path of an image file.")
    data = file.read_bytes()
    pixels = model.pixels(data, file.name).to(model.device)
    row = _probabilities(model, [pixels])[0]
    if target is not None and target not in model.labels:
        raise NotFound(
            f"The model knows no label {target}.", did_you_mean(target, model.labels), param="target"
        )
    column = int(row.argmax()) if target is None else model.labels.index(target)
    whole, masks = float(row[column]), _masks(pixels)
    if method == "occlusion":
        shares = _shares(model, pixels, [{i} for i in range(len(masks))], column)
        found = Values([whole - left for left in shares])
    else:
        found = _gradients(model, pixels, masks, column)
    left = _shares(model, pixels, perturbations(found.values, zlib.crc32(data)), column)
    side = round(len(masks) ** 0.5)
    return {
        "prediction": prediction(model, row.numpy()),
        "target": model.labels[column],
        "method": method,
        **_shown(data, found.values, side),
        "faithfulness": faithfulness(whole, left),
        **integral(found),
        "notes": reservations(found),
    }


def _masks(pixels: torch.Tensor) -> list[tuple[slice, slice]]:
    """The patches: rows and columns of pixels."""
    size = pixels.shape[-1]
    edges = [round(i * size / min(PATCHES, size)) for i in range(min(PATCHES, size) + 1)]
    cuts = [slice(a, b) for a, b in zip(edges, edges[1:], strict=False)]
    return [(rows, columns) for rows in cuts for columns in cuts]


def _logits(model: Any, batch: torch.Tensor) -> torch.Tensor:
    return model.model(pixel_values=batch).logits.float()


def _probabilities(model: Any, pictures: Sequence[torch.Tensor]) -> torch.Tensor:
    size = max(1, PIXELS_AT_ONCE // pictures[0].shape[-1] ** 2)
    found = []
    for start in range(0, len(pictures), size):
        others_turn()
        with torch.inference_mode():
            batch = torch.stack(list(pictures[start : start + size]))
            found.append(_logits(model, batch).softmax(-1).cpu())
    return torch.cat(found)


def _shares(model: Any, pixels: torch.Tensor, removed: Sequence[set[int]], column: int) -> list[float]:
    """The label's probability where some patches are grey: the picture's own mean colour."""
    masks, grey = _masks(pixels), pixels.mean(dim=(1, 2), keepdim=True)
    changed = []
    for part in removed:
        picture = pixels.clone()
        for i in part:
            rows, columns = masks[i]
            picture[:, rows, columns] = grey
        changed.append(picture)
    return _probabilities(model, changed)[:, column].tolist()


def _gradients(model: Any, pixels: torch.Tensor, masks: Sequence[tuple[slice, slice]], column: int) -> Values:
    """Captum's integrated gradients of the log-probability, from a grey picture to this one."""
    from captum.attr import IntegratedGradients

    model.model.requires_grad_(False)
    grey = pixels.mean(dim=(1, 2), keepdim=True).expand_as(pixels)
    with torch.enable_grad():
        found, delta = IntegratedGradients(
            lambda batch: _logits(model, batch).log_softmax(-1)[:, column]
        ).attribute(
            pixels.unsqueeze(0),
            baselines=grey.unsqueeze(0),
            n_steps=STEPS,
            internal_batch_size=4,
            return_convergence_delta=True,
        )
    heat = found.detach()[0].sum(0)
    values = [float(heat[rows, columns].sum()) for rows, columns in masks]
    return Values(values, float(delta.abs().sum()), STEPS)


def _shown(data: bytes, values: Sequence[float], side: int) -> dict[str, Any]:
    """The patches in the picture's own pixels, and the picture with its heat map."""
    from PIL import Image

    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    patches = [
        {
            "row": i // side + 1,
            "column": i % side + 1,
            "box": [
                round(i % side * width / side),
                round(i // side * height / side),
                round((i % side + 1) * width / side),
                round((i // side + 1) * height / side),
            ],
            "attribution": round(value, 6),
        }
        for i, value in enumerate(values)
    ]
    return {
        "image": {"width": width, "height": height},
        "patches": patches,
        "picture": _heat_map(image, values, side),
    }


def _heat_map(image: Any, values: Sequence[float], side: int) -> str:
    """The picture in grey; patches that speak for the label in blue with a frame, against it in orange and hatched."""
    from PIL import Image, ImageDraw

    scale = min(LARGEST_SHOWN / max(image.size), 40.0)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    shown = image.resize(size).convert("L").convert("RGB").convert("RGBA")
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    most = max(map(abs, values), default=0.0) or 1.0
    for i, value in enumerate(values):
        share = value / most
        if abs(share) < 0.05:
            continue
        left, top = i % side * size[0] / side, i // side * size[1] / side
        right = max(left, left + size[0] / side - 1)  # patches of narrow pictures are no pixel wide
        bottom = max(top, top + size[1] / side - 1)
        colour = (0, 114, 178) if share > 0 else (230, 120, 0)
        draw.rectangle((left, top, right, bottom), fill=(*colour, round(40 + 130 * abs(share))))
        if share >= 0.5:
            draw.rectangle((left, top, right, bottom), outline=(0, 60, 120, 255), width=2)
        elif share < 0:
            draw.line((left, bottom, right, top), fill=(*colour, 255), width=2)
    raw = io.BytesIO()
    Image.alpha_composite(shown, layer).convert("RGB").save(raw, "PNG")
    return "data:image/png;base64," + base64.b64encode(raw.getvalue()).decode()
