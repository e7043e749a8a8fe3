"""The query language: text -> tree, canonical form, and errors with a position.

`words.py` says what a word is, for queries and articles, `inflection.py` what it is a form of, `visible.py` what of a text
is read; `nodes.py` the tree and `stored.py` its canonical form; `lexer.py`, `parser.py` and `terms.py` how people write
it; `faults.py` what they are told; `needs.py` what an index must hold; `understood.py` how a query was understood. Matching is in `worker/match.py`.
"""

from worker.query.needs import Clause, Needs, needs
from worker.query.nodes import And, Exact, Near, Node, Not, Or, Phrase, Wild, Word
from worker.query.parser import parse
from worker.query.stored import Query

__all__ = [
    "And",
    "Clause",
    "Exact",
    "Near",
    "Needs",
    "Node",
    "Not",
    "Or",
    "Phrase",
    "Query",
    "Wild",
    "Word",
    "needs",
    "parse",
]
