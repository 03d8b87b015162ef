"""The application: everything with state, made once a process and handed to the doors."""

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.access import quotas
from assistant.access.audit import AuditLog
from assistant.access.keys import KeyStore
from assistant.access.principal import Principal
from assistant.access.refusals import Refusals
from assistant.access.sessions import SessionStore
from assistant.access.tokens import kept_secret
from assistant.access.users import UserStore
from assistant.agent.agent import Agent
from assistant.agent.approvals import Approvals
from assistant.agent.direct import DirectCalls
from assistant.agent.leavings import Leavings
from assistant.agent.parts import Parts
from assistant.agent.rights import DataRights
from assistant.agent.sharing import Shares
from assistant.agent.threads import Threads
from assistant.agent.vault import Vault
from assistant.errors import BadSettings
from assistant.home import exclusive
from assistant.jobs.queue import JobQueue
from assistant.logs import log
from assistant.settings import Settings
from assistant.store.database import Database
from assistant.workspace.artifacts import ArtifactStore
from assistant.workspace.feedback import Feedback
from assistant.workspace.files import FileStore
from assistant.workspace.labelling import Labelling
from assistant.workspace.models import Registry
from assistant.workspace.releases import Releases
from assistant.workspace.splits import Splits
from assistant.workspace.traffic import Traffic
from assistant.workspace.unanswered import Unanswered
from assistant.workspace.visits import Visits
from assistant.workspace.workspace import Shared, TeamWorkspace
from knowledge.errors import TeachingError
from tools.errors import Unsupported
from tools.models.card import INFO
from tools.workspace import ModelEntry

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    from knowledge.base import KnowledgeBase
    from tools.data.hub_choice import HubName
    from tools.privacy.redactor import Redactor
    from tools.privacy.screen import Screen
    from tools.serving.cache import PredictorCache
    from tools.serving.embedder import Embedder
    from tools.serving.remote.places import Places


class Application:
    """One home, opened. Light parts are made at once, heavy ones when they are first used.

    Args:
        settings: see :mod:`assistant.settings`.
        local: the caller sits at this machine's command line and may name files by path.
    """

    def __init__(self, settings: Settings, local: bool = False):
        self.settings, self.home, self.local = settings, settings.where, local
        if settings.offline == "true":
            os.environ["HF_HUB_OFFLINE"] = "1"  # read by huggingface_hub when it is imported
        self.home.folder("")
        self.database = Database(settings.database)
        self.users = UserStore(self.database)
        self.sessions = SessionStore(self.database)
        self.keys = KeyStore(self.database)
        self.audit, self.refusals = AuditLog(self.database), Refusals(self.database)
        self.jobs = JobQueue(self.database)
        self.quotas = quotas.of(self.database, settings)
        self.files = FileStore(self.database, self.home, settings.max_upload_mb << 20, self.quotas)
        self.registry = Registry(self.database, self.home)
        self.releases = Releases(self.database, self.registry)
        self.splits = Splits(self.database)
        self.traffic = Traffic(
            self.registry, self.splits, lambda entry: self.predictors.get(entry.path), self.database.stamp
        )
        self.artifacts = ArtifactStore(self.database, self.home)
        self.labelling = Labelling(self.database, self.files)
        self.feedback = Feedback(self.database, self.files)
        self.unanswered = Unanswered(self.database)
        self.visits = Visits(self.database)
        self.shares = Shares(self.database, Threads(self.database))
        self.shared = Shared(
            files=self.files,
            registry=self.registry,
            releases=self.releases,
            splits=self.splits,
            jobs=self.jobs,
            artifacts=self.artifacts,
            knowledge=lambda: self.knowledge,
            redactor=lambda: self.redactor,
            predictors=lambda: self.predictors,
            choose_engine=self.choose_engine,
            base_model=self.base_model,
            hub_dataset=self.hub_dataset,
            start_worker=self.start_worker,
            quotas=self.quotas,
        )
        self._kept = -1  # changes of the registry that places know
        self._graphs: dict[bool, CompiledStateGraph] = {}

    @cached_property
    def redactor(self) -> "Redactor":
        """Finds and hides personal data."""
        from assistant.workspace.redacting import open_redactor

        return open_redactor(self.settings, lambda name: self.registry.get(name).path)

    def _vault_key(self) -> bytes:
        return kept_secret(self.home.folder("") / "vault.key")

    @cached_property
    def knowledge(self) -> "KnowledgeBase":
        """The team's documents."""
        from assistant.workspace.documents import open_knowledge

        return open_knowledge(
            self.settings,
            self.database,
            self.registry,
            lambda: self.redactor,
            unanswered=lambda question, visitor: self.unanswered.note(
                str(self.redactor.redact(question)["text"]), visitor
            ),
            leave_out=lambda text, *places: (
                self._screen.leave_out(text, *places) if self.settings.filter else (text, list(places))
            ),
        )

    @cached_property
    def embedder(self) -> "Embedder":
        """The embedding model, for many callers together."""
        from tools.models.embedded import minilm_folder
        from tools.serving.embedder import Embedder

        kept = self.home.folder("engines") / "minilm"
        return Embedder(minilm_folder(), kept, quick=self.settings.engine != "torch")

    @cached_property
    def predictors(self) -> "PredictorCache":
        """The loaded models."""
        from tools.serving.cache import PredictorCache

        most = self.settings.model_memory_mb
        return PredictorCache(most_bytes=most << 20 if most else None, loader=self.places.load)

    @cached_property
    def places(self) -> "Places":
        """Where models run."""
        from assistant.jobs.runners.places import open_places

        return open_places(self.settings, serves=not self.local)

    def keep_places(self) -> None:
        """Where models run elsewhere: have those there that are in service, and no others but what is being used."""
        if "places" not in self.__dict__ or not self.places.elsewhere:
            return
        changes, entries = self.registry.changes(), self.registry.in_service()
        for folder in self.places.keep([entry.path for entry in entries]):
            self.predictors.drop(folder)
        if changes != self._kept:  # another process may have promoted one
            self._kept = changes
            _each(self.predictors.get, entries)

    def choose_engine(self, folder: Path, wish: str | None = None) -> None:
        """Measure what computes a model fastest here, unless that is known or not wanted.

        Args:
            folder: the model's.
            wish: take this engine, whatever was measured.

        Raises:
            Unsupported: it cannot be had.
        """
        from tools.serving.engines.kept import TORCH, read

        if self.settings.engine == TORCH or (wish is None and read(folder) is not None):
            if wish not in (None, TORCH):
                raise Unsupported("ASSISTANT_ENGINE is torch for all models.", "Unset it.", param="engine")
            return
        from tools.serving.engines.choice import AUTO, choose

        # Two at once would measure each other, and write over each other.
        with exclusive(self.home.folder("locks") / f"engine-{folder.name}.lock", "a deployment", wait=True):
            before = read(folder)
            if choose(folder, wish or AUTO) != before:
                (folder / INFO).touch()  # whoever has loaded it, in this process or another, loads it anew

    @cached_property
    def agent(self) -> Agent:
        """The conversations."""
        # The embedded brain's turns are all computing: more at once than there are cores only slow each other down.
        # Others wait for a server most of their time.
        places = 2 * (os.cpu_count() or 1) if self.settings.model == "embedded" else 32
        return Agent(self._parts, Threads(self.database), Approvals(self.database), places)

    @cached_property
    def rights(self) -> DataRights:
        """Copies and deletes what is kept about a person."""
        return DataRights(self.database, self.agent, self.files, self._leavings)

    @cached_property
    def _leavings(self) -> Leavings:
        return Leavings(self.database, self.home, self.files, self._documents)

    def _documents(self) -> set[str]:
        return {each["location"] for each in self.knowledge.store.documents()}

    @cached_property
    def direct(self) -> DirectCalls:
        """The tools, for programs that bring a model of their own."""
        return DirectCalls(self._parts, Approvals(self.database))

    @cached_property
    def _parts(self) -> Parts:
        return Parts(
            graph=self._graph,
            workspace=self.workspace,
            prompt=self._prompt,
            names=self._names,
            redactor=self._gate,
            record=self._record,
            locks=self.home.folder("locks"),
            vault=lambda thread_id: Vault(self.database, self._vault_key, thread_id),
            quotas=self.quotas,
            leavings=self._leavings,
        )

    @cached_property
    def _checkpoints(self) -> Any:
        from assistant.agent.graph import open_checkpoints

        return open_checkpoints(self.home, self.settings.database)

    @cached_property
    def _chat_model(self) -> Any:
        from assistant.brain.models import chat_model

        model = chat_model(self.settings)
        model.name = self.settings.model  # answers are marked with it
        return model

    def _graph(self, principal: Principal) -> "CompiledStateGraph":
        from assistant.agent.binder import VISITOR_TOOLS
        from assistant.agent.graph import build_graph

        visitor = principal.role == "visitor"
        if visitor not in self._graphs:
            names = VISITOR_TOOLS if visitor else None
            drop = visitor or self.settings.unsupported == "drop"
            self._graphs[visitor] = build_graph(self._chat_model, self._checkpoints, names, drop)
        return self._graphs[visitor]

    def _gate(self, principal: Principal) -> Any:
        """What texts of a conversation pass: the redactor, and for visitors what the team does not want said."""
        return self._screen if principal.role == "visitor" and self.settings.filter else self.redactor

    @cached_property
    def _screen(self) -> "Screen":
        from tools.privacy.screen import Screen, classified, listed

        kind, _, rest = self.settings.filter.partition(":")
        if kind != "model":
            return Screen(self.redactor, listed(Path(self.settings.filter).expanduser()))
        name, _, labels = rest.partition(":")
        if not (name and labels):
            raise BadSettings("ASSISTANT_FILTER names no labels.", "Write model:NAME:LABEL,LABEL.")

        def predict(texts: list[str]) -> list[dict[str, Any]]:
            return self.predictors.get(self.registry.get(name).path).predict(texts)

        return Screen(self.redactor, classified(predict, labels.split(",")))

    def _prompt(self, principal: Principal, attached: Sequence[str]) -> str:
        from assistant.agent.prompt import system_prompt

        return system_prompt(principal, self.shared, attached)

    def _names(self) -> list[str]:
        return [*{row["name"] for row in self.files.all()}, *self.registry.names()]

    def _record(self, artifact: dict[str, Any], principal: Principal, thread_id: str) -> str:
        entered = self.artifacts.record(
            artifact["kind"], artifact["title"], artifact["path"], principal.user_id, thread_id
        )
        return entered["id"]

    def workspace(
        self, principal: Principal, thread_id: str | None = None, said: Sequence[str] = ()
    ) -> TeamWorkspace:
        """The workspace as the tools see it, for one principal."""
        return TeamWorkspace(self.shared, principal, thread_id, said, self.local)

    def base_model(self, name: str) -> Path | str:
        """A base model's folder or hub id: ``minilm``, ``smollm2``, a folder, a Hugging Face id."""
        from tools.models.embedded import resolve_base

        return resolve_base(name, self.home.cache, self.settings.offline == "true")

    def hub_dataset(self, name: "HubName", tell: Callable[[str], None] | None = None) -> Path:
        """The table of a data set at the Hugging Face hub, fetched the first time."""
        from tools.data.hub import fetch_dataset

        return fetch_dataset(name, self.home.cache, self.settings.offline == "true", tell)

    def start_worker(self) -> None:
        """See that a worker process runs the queued jobs."""
        from assistant.jobs.worker import ensure_worker

        ensure_worker(self.home, self.settings)

    def warm_up(self) -> None:
        """Load what the first turn needs and the deployed models, so that nobody waits for them.

        What cannot be loaded keeps nothing else from it; its own requests will say why.
        """
        served = self.registry.in_service()
        writers = [entry for entry in served if entry.task == "text-generation"]
        load = self.predictors.get
        # What computes them is a process of its own, which starts while this one is busy importing.
        ahead = threading.Thread(target=_each, args=(load, writers), name="writers", daemon=True)
        ahead.start()
        # Not in threads beside: two that import transformers at once find parts of it unfinished.
        for name, step in {
            "personal data": lambda: self.redactor.gate("Ann said hello."),
            "the agent": self._warm_agent,
            "the knowledge base": lambda: self.knowledge.warm_up(),
            "the encoder": lambda: self.embedder.embed(["Ann said hello."]),
            "the models": lambda: _each(load, [entry for entry in served if entry not in writers]),
        }.items():
            try:
                step()
            except Exception as error:
                log().error("warm-up failed", part=name, exc_info=error)
        ahead.join()

    def _warm_agent(self) -> None:
        if self.settings.model == "embedded":
            from assistant.brain.reader import reader

            reader().warm_up()
        for role in ("admin", "visitor"):
            self._graph(Principal(role, role, role))

    def close(self) -> None:
        """Give back what is held open."""
        self.traffic.close()
        if self.local and "knowledge" in self.__dict__:
            self.knowledge.settle()  # a command that adds documents leaves its index behind complete
        if "places" in self.__dict__:
            self.places.close()
        self.database.close()


def _each(load: Callable[[Path], Any], entries: Sequence[ModelEntry]) -> None:
    """Load models; of one that cannot be loaded its own requests will say what is wrong with it."""
    for entry in entries:
        with contextlib.suppress(TeachingError):
            load(entry.path)
