"""How a query is understood, word by word, for people and for machines."""

from collections.abc import Iterator

from worker.cli.shell import Shell
from worker.query import Query


def lines(shell: Shell, query: Query) -> Iterator[str]:  # noqa: ARG001
    """The query as a tree of words."""
    yield query.to_json()


def data(query: Query) -> dict[str, object]:
    """The same for machines."""
    return {"canonical": query.to_json()}
