"""A small Hugging Face hub on loopback: it speaks as much of the API as fetching a data set needs."""

import io
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as arrow
import pyarrow.parquet as parquet

CONVERTED = "refs/convert/parquet"
Files = Mapping[str, bytes]


@dataclass
class Repository:
    """A data set: its branches with their files, and how the hub answers for it."""

    branches: dict[str, Files]
    card: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    error: str = ""
    gated: bool = False


class Handler(BaseHTTPRequestHandler):
    """Answers for the repositories of its server."""

    server: "HubServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def _answer(self, body: bool) -> None:
        path = urlsplit(self.path).path
        self.server.seen.append(f"{self.command} {unquote(path)}")
        parts = [unquote(each) for each in path.strip("/").split("/")]
        asked = parts[0] == "api"  # of models and of data sets, whose files alone lie under "datasets"
        owner, name, *rest = [*(parts[2:] if asked else parts[parts[0] == "datasets" :]), "", ""]
        repository = self.server.repositories.get(f"{owner}/{name}".lower())
        if repository is None:
            self._send(404, {"X-Error-Code": "RepoNotFound"})
        elif repository.status != 200:
            self._send(repository.status, {"X-Error-Code": repository.error} if repository.error else {})
        elif asked:
            self._about(f"{owner}/{name}", repository, rest[1] or "main")
        else:
            self._file(repository, rest[1], "/".join(rest[2:-2]), body)

    def _about(self, repo: str, repository: Repository, branch: str) -> None:
        if branch not in repository.branches:
            self._send(404, {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [
            {"rfilename": path, "size": len(content)} for path, content in repository.branches[branch].items()
        ]
        about = {"id": self.server.spelling.get(repo.lower(), repo), "sha": commit(branch)}
        about |= {"siblings": siblings, "cardData": repository.card}
        self._send(200, {"Content-Type": "application/json"}, json.dumps(about).encode())

    def _file(self, repository: Repository, revision: str, path: str, body: bool) -> None:
        files = next(
            (each for name, each in repository.branches.items() if revision in (name, commit(name))), {}
        )
        if repository.gated:
            self._send(401, {"X-Error-Code": "GatedRepo"})
        elif path not in files:
            self._send(404, {"X-Error-Code": "EntryNotFound"})
        else:
            tag = sha1(files[path]).hexdigest()
            at = revision if len(revision) == 40 else commit(revision)
            self._send(200, {"X-Repo-Commit": at, "ETag": f'"{tag}"'}, files[path], body)

    def _send(self, status: int, headers: dict[str, str], content: bytes = b"", body: bool = True) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


def commit(branch: str) -> str:
    """The commit a branch stands at."""
    return sha1(branch.encode()).hexdigest()


class HubServer(ThreadingHTTPServer):
    """The hub, running."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.spelling: dict[str, str] = {}
        self.seen: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, repo: str, converted: Files | None = None, main: Files | None = None, **about: Any) -> None:
        """Put a data set on the hub: the files of its own branch, and those of the hub's conversion."""
        branches = {"main": main or {"README.md": b"---\n---\n"}}
        if converted is not None:
            branches[CONVERTED] = converted
        self.repositories[repo.lower()] = Repository(branches, **about)
        self.spelling[repo.lower()] = repo


NAMES = ["activate_my_card", "card_arrival", "refund"]
INTENTS = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": NAMES, "_type": "ClassLabel"}}


def packed(columns: dict[str, Any], features: dict[str, Any] | None = None) -> bytes:
    """A Parquet file as the ``datasets`` library writes it."""
    table = arrow.table(columns)
    if features:
        noted = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": noted})
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def intents(start: int, count: int, label: int | None = None) -> bytes:
    rows = range(start, start + count)
    labels = [n % 3 if label is None else label for n in rows]
    return packed({"text": [f"where is my card number {n}" for n in rows], "label": labels}, INTENTS)
