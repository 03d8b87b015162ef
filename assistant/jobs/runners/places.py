"""Where models run, by the settings: here, in vLLM, or on the Ray cluster."""

from assistant.settings import Settings
from tools.serving.remote.places import Place, Places
from tools.serving.sharing.bodies import Bodies


def open_places(settings: Settings, serves: bool = True) -> Places:
    """The places that the settings name.

    Args:
        settings: see :mod:`assistant.settings`.
        serves: this process serves; others start nothing, and have models run here.

    Raises:
        BadSettings: Ray is not installed, or no cluster answers.
    """
    return Places(
        engine="torch" if settings.engine == "torch" else None,
        writer=_vllm(settings, serves),
        fleet=_fleet(settings) if settings.engine == "ray" and serves else None,
        bodies=Bodies(settings.where.folder("engines")),
    )


def _vllm(settings: Settings, serves: bool) -> Place | None:
    if settings.vllm is None or (settings.vllm == "managed" and not serves):
        return None
    from tools.serving.remote.vllm import Vllm

    key = settings.vllm_api_key.get_secret_value() if settings.vllm_api_key else None
    state = settings.where.folder("cache/vllm")
    return Vllm(settings.vllm, state, key, settings.vllm_command, settings.vllm_options)


def _fleet(settings: Settings) -> Place:
    raise NotImplementedError
