"""The query language: text -> tree, canonical form, and errors with a position.

`words.py` says what a word is, for queries and articles; `nodes.py` the tree and its canonical form; `lexer.py` and
`parser.py` how people write it; `faults.py` what they are told. Matching is in `worker/match.py`.
"""

from worker.query.nodes import And, Node, Not, Or, Phrase, Query, Word
from worker.query.parser import parse

__all__ = ["And", "Node", "Not", "Or", "Phrase", "Query", "Word", "parse"]
