"""The error tree. A library's exception never passes its edge: it is mapped there and kept as `__cause__`.

    FeedwachtError
    ├── SettingsError          the configuration: name, value, rule, and where it stands
    ├── ParseError             a body that yields no entries
    │   ├── NotAFeed             HTML, an empty body, rubbish
    │   ├── CommentFeed          a feed of comments, not of articles
    │   ├── TooMuch              beyond a limit that protects the worker
    │   ├── ParserDied           reading it cost the sandbox's child its life
    │   └── NoParser             no child could be had to read it: not the body's fault
    ├── RecordFormatError      a text that is no record line
    ├── CasesFormatError       a file that is no table of labelled cases
    ├── QuerySyntaxError       a query, with the position of the fault
    ├── HostAway               a server that cannot be asked now: it rests, or another process talks to it
    └── ArchiveError           the database
        ├── ArchiveBusy          another writer held it for too long
        ├── ArchiveUnreachable   it is down, or its address is wrong
        ├── ArchiveUnwritable    it takes no writes: its disk is full, or it is read-only for now
        ├── SchemaMismatch       made by a newer feedwacht, or not migrated
        ├── LeaseLost            somebody else took the work over: drop the result
        └── Conflict             what is asked contradicts what stands in the archive

Expected failures of the outside (a fetch, a send) are values, not errors: see `model.FetchFailed` and `model.SendOutcome`.
Every class survives pickling, because processes hand errors to each other.
"""

import traceback


class FeedwachtError(Exception):
    """The root. `str()` is one line for a person: what happened, where, what to do next."""


class SettingsError(FeedwachtError):
    """A configuration that cannot be used."""


class ParseError(FeedwachtError):
    """A body that is no usable feed. `str()` says why in words."""


class NotAFeed(ParseError):
    """HTML, an empty body or rubbish where a feed should be."""


class CommentFeed(ParseError):
    """A feed whose entries are comments on articles."""


class TooMuch(ParseError):
    """A body that is beyond a limit: attributes, depth, size, number of entries."""


class ParserDied(ParseError):
    """Reading the body took too much time or memory; the child that tried is gone."""


class NoParser(ParseError):
    """No child could be started to read the body: the machine is short of something."""


class RecordFormatError(FeedwachtError):
    """A text that does not follow the record format."""


class CasesFormatError(FeedwachtError):
    """A file that is no table of labelled cases; names the line."""


class QuerySyntaxError(FeedwachtError):
    """A query that cannot be read.

    Attributes:
        position: code points from the start of the query to the fault.
        hint: what to write instead; may be empty.
    """

    def __init__(self, message: str, position: int = 0, hint: str = "") -> None:
        super().__init__(message, position, hint)
        self.message = message
        self.position = position
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}{f' ({self.hint})' if self.hint else ''}"


class HostAway(FeedwachtError):
    """A server that cannot be asked before our patience ends."""


class ArchiveError(FeedwachtError):
    """The database refused or failed."""


class ArchiveBusy(ArchiveError):
    """Another writer held the database for longer than the time-out."""


class ArchiveUnreachable(ArchiveError):
    """The database is down or its address is wrong."""


class ArchiveUnwritable(ArchiveError):
    """The database can be read and takes no writes. Whoever wanted to write has to do it again, whole."""


class SchemaMismatch(ArchiveError):
    """The database was made by another version."""


class LeaseLost(ArchiveError):
    """The lease expired and somebody else took the work over; this result is dropped."""


class Conflict(ArchiveError):
    """What is asked for contradicts what is there, e.g. a name that is taken."""


def fault(error: Exception) -> str:
    """A fault of our own in one line, with the place where it happened."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split())[:120]
    where = f"{place.filename.rpartition('/')[2]}, line {place.lineno}"
    return f"a fault in feedwacht: {type(error).__name__}: {said} ({where}); please report it"
