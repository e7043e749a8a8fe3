"""Records that do not stand in the archive's index yet, or in a form of before, put into it bit by bit.

They are found by searches meanwhile, which look at the records themselves. Safe to repeat, and to be done by several at
once: a record that changes while it is being read stays due.
"""

from collections.abc import Callable

from worker.archive import Archive
from worker.article import Article
from worker.searching import index_words

AT_ONCE = 200  # records a transaction: a third of a second, and other writers get their turn


def index_some(archive: Archive) -> int:
    """Index a few records that are due. Returns: how many were looked at, 0 when none is due. Raises: ArchiveError."""
    with archive.read() as tx:
        due = tx.records.get(tx.index.due(AT_ONCE))
    made = [(filed, index_words(Article(filed.record))) for filed in due.values()]
    if made:
        with archive.write() as tx:
            tx.index.put(made)
    return len(made)


def index_all(archive: Archive, tell: Callable[[int], None] = lambda _count: None) -> int:
    """Index everything that is due. tell: hears after each transaction how many it were. Returns: how many in all."""
    done = 0
    while count := index_some(archive):
        done += count
        tell(count)
    return done


def forget_removed(archive: Archive) -> None:
    """Have the index hold no word any more that only removed records had. Short transactions; safe to repeat."""
    begin = True
    while True:
        with archive.write() as tx:
            if not tx.index.tidy(begin=begin):
                return
        begin = False
