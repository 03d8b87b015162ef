"""Pictures of a run: the confusion matrix and the curves."""

from pathlib import Path
from typing import Any

BLUE, ORANGE = "#1f6fb2", "#e07b00"


def confusion_picture(confusion: dict[str, Any], path: Path) -> None:
    """Draw a confusion matrix, each row as shares of its true label. Beyond 30 labels the names are left out.

    Args:
        confusion: ``{"labels": […], "matrix": [[…]]}``.
        path: the PNG to write.
    """
    import numpy
    from matplotlib.figure import Figure

    labels = confusion["labels"]
    counts = numpy.array(confusion["matrix"], dtype=float)
    shares = counts / numpy.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = min(12.0, 3.2 + 0.38 * len(labels))
    figure = Figure(figsize=(size + 1, size), dpi=110, layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true label", shrink=0.8)
    axes.set(xlabel="predicted label", ylabel="true label", title="Confusion matrix")
    if len(labels) <= 30:
        short = [label if len(label) <= 24 else label[:23] + "…" for label in labels]
        axes.set_xticks(range(len(labels)), short, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), short)
    if len(labels) <= 15:
        for row, column in numpy.ndindex(*counts.shape):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(
                column, row, str(int(counts[row, column])), ha="center", va="center", color=color, fontsize=8
            )
    figure.savefig(path)


def calibration_picture(calibration: dict[str, Any], path: Path) -> None:
    """Draw how often a classifier is right against how sure it is; on the diagonal it says the truth about itself.

    Args:
        calibration: ``{"error", "bins": [{"confidence", "accuracy", "rows"}]}``.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure

    bins = calibration["bins"]
    figure = Figure(figsize=(4.6, 4.2), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--", label="perfect")
    sizes = [12 + 160 * (each["rows"] / max(other["rows"] for other in bins)) ** 0.5 for each in bins]
    sure, right = [each["confidence"] for each in bins], [each["accuracy"] for each in bins]
    axes.plot(sure, right, color=BLUE, linewidth=1)
    axes.scatter(sure, right, s=sizes, color=BLUE, label="this model (larger: more rows)")
    axes.set(xlabel="how sure", ylabel="how often right", xlim=(0, 1.03), ylim=(0, 1.03))
    axes.set_title(f"Calibration: off by {calibration['error']:.1%} on average")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)
    figure.savefig(path)


def curve_picture(curve: list[dict[str, float]], path: Path) -> None:
    """Draw training and validation loss over the steps.

    Args:
        curve: as ``tools.finetune.fit.fit`` returns it.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    training = [(point["step"], point["loss"]) for point in curve if "loss" in point]
    validation = [(p["step"], p["validation_loss"]) for p in curve if "validation_loss" in p]
    axes.plot(*zip(*training, strict=True), color=BLUE, alpha=0.8, linewidth=1, label="training loss")
    if validation:
        axes.plot(*zip(*validation, strict=True), color=ORANGE, marker="o", label="validation loss")
    axes.set(xlabel="step", ylabel="loss", title="Loss")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)
