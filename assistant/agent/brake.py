"""Ends a graph's run once its turn is to stop: at the model's next word, or before and after any step."""

from typing import Any

from langchain_core.callbacks import BaseCallbackHandler

from assistant.agent.running import Stop


class TurnStopped(BaseException):
    """Goes through everything that mends or reports errors, as a cancellation must."""


class Brake(BaseCallbackHandler):
    """Listens to a run and breaks it off; so nothing of a stopped step reaches the conversation afterwards.

    Args:
        stop: the wish that the turn ends.
    """

    raise_error = True
    run_inline = True

    def __init__(self, stop: Stop):
        self._stop = stop

    def _check(self, *_args: Any, **_more: Any) -> None:
        if self._stop.is_set():
            raise TurnStopped

    on_chain_start = _check
    on_chain_end = _check
    on_chat_model_start = _check
    on_llm_new_token = _check
    on_llm_end = _check
