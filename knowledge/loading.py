"""Loading transformers models, one at a time.

While it loads a model, transformers puts other functions in the place of some of its classes' own (in
``transformers.initialization``: ``PreTrainedModel.tie_weights`` among them) and puts them back at the end. Two threads
that load at once put back each other's, and from then on no model of the process ties its weights any more.
"""

import threading
from typing import Any

_LOADING = threading.RLock()


def loaded(kind: Any, *args: Any, **options: Any) -> Any:
    """What ``kind.from_pretrained`` returns for these arguments, while no other thread loads a model; without a bar.

    Args:
        kind: one of transformers' model classes.
        args: of its ``from_pretrained``.
        options: of its ``from_pretrained``.
    """
    from transformers.utils import logging

    with _LOADING:
        logging.disable_progress_bar()  # of a second or less; commands tell their progress themselves
        return kind.from_pretrained(*args, **options)
