"""The embedded encoder as a service: vectors for many callers together."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.serving.batching import Batcher
from tools.serving.engines.kept import available

if TYPE_CHECKING:
    import numpy

log = logging.getLogger(__name__)
Give = Callable[[list[str]], "numpy.ndarray"]  # texts to unit vectors


class Embedder:
    """Loads an encoder when it is first asked, on OpenVINO where that is there and wanted. Safe to share.

    It is the one that the knowledge base has in memory, unless the processor is quicker in bf16: that one is exact.

    Args:
        folder: the encoder's Hugging Face folder.
        kept: a folder of ours, where the compiled graph is kept.
        quick: whether another engine than torch may compute it.
    """

    def __init__(self, folder: Path, kept: Path, quick: bool = True):
        self._folder, self._kept, self._quick = folder, kept, quick
        self._give: Give | None = None
        self._loading = threading.Lock()
        self.batcher = Batcher(lambda texts: list(self._loaded()(texts)))

    def embed(self, texts: Sequence[str], caller: str = "") -> "numpy.ndarray":
        """Unit vectors, float32 [n, dimensions].

        Raises:
            Busy: as :meth:`ask`.
        """
        import numpy

        return numpy.stack(self.ask(texts, caller).result())

    def ask(self, texts: Sequence[str], caller: str = "") -> "Future[list[Any]]":
        """Have texts embedded, together with those of other callers; see :class:`tools.serving.batching.Batcher`.

        Args:
            texts: n texts, at least one; longer ones than the encoder reads are cut.
            caller: whose they are; callers take turns.

        Returns:
            n unit vectors, float32; cancel it where nobody waits any more.

        Raises:
            Busy: too many texts wait already.
        """
        return self.batcher.submit(texts, caller)

    def _loaded(self) -> "Give":
        with self._loading:
            if self._give is None:
                self._give = self._load()
            return self._give

    def _load(self) -> "Give":
        from knowledge import bert
        from knowledge.embed import encoder
        from tools.finetune.machine import best_device, bf16
        from tools.finetune.tasks.embedding import LoadedEmbedding

        late = self._quick and available()
        if late and best_device() == "cpu" and not bf16() and bert.fits(self._folder):
            return encoder(self._folder).encode
        model = LoadedEmbedding(self._folder, None, late)
        if late and model.device == "cpu":
            from tools.serving.engines.mount import mount

            try:
                mount(model, self._kept)
            except Exception:
                log.warning("The encoder does not run on OpenVINO; torch computes it", exc_info=True)
        give: Give = model.embed
        return give
