import pytest

from knowledge.base import KnowledgeBase
from knowledge.embed import Encoder
from tests.knowledge.corpus import write_corpus
from tools.models.embedded import minilm_folder


@pytest.fixture(scope="session")
def encoder():
    return Encoder(minilm_folder())


@pytest.fixture
def base(tmp_path, encoder):
    return KnowledgeBase(tmp_path / "kb", encoder)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, encoder):
    """The mixed documents in a base that tests only read."""
    folder = tmp_path_factory.mktemp("corpus")
    base = KnowledgeBase(folder / "kb", encoder)
    base.report = base.add([write_corpus(folder / "kestrel")])
    return base
