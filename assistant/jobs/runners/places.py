"""Where models run, by the settings: here, in vLLM, or on the Ray cluster."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from assistant.errors import BadSettings
from assistant.jobs.runners.local import importable
from assistant.settings import Settings
from tools.serving.remote.places import Place, Places
from tools.serving.sharing.bodies import Bodies

LOCAL = "local"  # Ray's word for a cluster that is started here
INSTALL = "pip install 'startup-assistant[ray]'."
FOUND = "RAY_ADDRESS"  # Ray's own variable, which tells the other processes of the server


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


@contextlib.contextmanager
def cluster(settings: Settings) -> Iterator[None]:
    """Be part of the Ray cluster for the block, where models shall run there; a local one is started where
    none is named.

    At the end the replicas of this home end too.

    Raises:
        BadSettings: Ray is not installed, no cluster answers, or the replicas make no sense.
    """
    if settings.engine != "ray":
        yield
        return
    from tools.serving.remote.ray_fleet import end

    replicas(settings.replicas)
    before = os.environ.get(FOUND, "")
    ray = _connected(settings)
    os.environ[FOUND] = ray.get_runtime_context().gcs_address
    try:
        yield
    finally:
        os.environ[FOUND] = before
        with contextlib.suppress(Exception):  # the cluster may be gone
            end(settings.where.models)
        ray.shutdown()


def replicas(wish: str) -> tuple[int, int]:
    """The fewest and the most, from ``2-4`` or ``3``.

    Raises:
        BadSettings: the most are fewer than the fewest.
    """
    fewest, _, most = wish.partition("-")
    found = int(fewest), int(most or fewest)
    if found[0] > found[1]:
        raise BadSettings(f"ASSISTANT_REPLICAS cannot be {wish}.", "The fewest come first, as in 2-4.")
    return found


def _connected(settings: Settings) -> Any:
    from importlib.util import find_spec

    from assistant.jobs.runners.ray_cluster import connected

    if find_spec("ray") is None or find_spec("grpc") is None:
        raise BadSettings("The engine ray is chosen, but Ray Serve is not installed.", INSTALL)
    named = settings.ray_address if settings.ray_address != LOCAL else None
    address = named or os.environ.get(FOUND) or LOCAL
    return connected(address, **({"include_dashboard": False} if address == LOCAL else {}))


def _vllm(settings: Settings, serves: bool) -> Place | None:
    if settings.vllm is None or (settings.vllm == "managed" and not serves):
        return None
    from tools.serving.remote.vllm import Vllm

    key = settings.vllm_api_key.get_secret_value() if settings.vllm_api_key else None
    state = settings.where.folder("cache/vllm")
    return Vllm(settings.vllm, state, key, settings.vllm_command, settings.vllm_options)


def _fleet(settings: Settings) -> Place:
    from tools.serving.remote.ray_fleet import Fleet

    _connected(settings)
    environment = importable() | {"OMP_WAIT_POLICY": "PASSIVE"}
    return Fleet(settings.where.models, replicas(settings.replicas), environment)
