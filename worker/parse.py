"""Bytes of a feed -> entries in plain data.

Owns the one call of feedparser, what is parsed at all (entries that are known are not), and the evidence from which an
entry can be read again. Runs where foreign bytes do no harm: it knows no network, no clock, no archive.
"""

import io
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import feedparser

from worker import feedhead, fields, jsonfeed, limits, misfit, rest, text
from worker.aside import put_aside, put_back
from worker.errors import CommentFeed, NotAFeed, ParseError
from worker.fields import Fields
from worker.model import Entry, Evidence, ParsedFeed, Shown, SourceRules
from worker.repair import UTF8_XML, Document, repair
from worker.sharing import told_apart
from worker.split import Cut, is_closed, split
from worker.xmlfields import fields_of

_MOST_FRAME_BYTES = 65_536  # head and tail, which the evidence of each entry repeats
_MOST_FRAMES_BYTES = 8_000_000  # of all entries together
_MOST_ALONE = 300  # entries parsed one by one: about 3 ms each
_MOST_ALONE_BYTES = 1_000_000  # and the frame is parsed anew with each


def parse_feed(
    body: bytes, *, url: str, headers: Mapping[str, str], rules: SourceRules, known: Mapping[str, Shown]
) -> ParsedFeed:
    """Read a feed: RSS 0.9x to 2.0, RDF, Atom, JSON Feed. A faulty entry is left out and listed, never the feed.

    url is the address that answered: relative links start from the feed's own link, else from there. headers: keys in
    lower case; only content-type counts. known: what was shown, by digest; it is not parsed again, and if all entries
    are known, nothing is parsed at all.

    Raises: NotAFeed, CommentFeed, TooMuch. Nothing else, whatever the body.
    """
    feed = _read(body, url=url, content_type=fields.sound(headers.get("content-type")), rules=rules, known=known)
    comments = sum(map(_is_comment, feed.entries))
    if comments * 2 > len(feed.shown):
        counted = f"{comments} of {len(feed.shown)} entries"
        raise CommentFeed(f"{counted} are comments on articles; take the address of the feed of articles")
    return told_apart(feed)


def parse_evidence(evidence: Evidence, rules: SourceRules) -> Entry:
    """Read an entry again from what was kept of it. Raises: ParseError."""
    if evidence.kind in ("fields", "page"):
        entry = _entry_from_fields(evidence, rules)
    elif evidence.kind == "rest":
        entry = rest.post_of_evidence(evidence, rules)
    else:
        feed = _read(evidence.body, url=evidence.base_url, content_type=evidence.content_type, rules=rules, known={})
        entry = feed.entries[0] if len(feed.entries) == 1 else None
    if entry is None:
        raise ParseError("what was kept of an entry does not hold one entry; it cannot be read again")
    return entry


def _entry_from_fields(evidence: Evidence, rules: SourceRules) -> Entry | None:
    try:
        given, digest = Fields.from_json(evidence.body)
    except (ValueError, RecursionError) as error:
        raise ParseError("what was kept of an entry is damaged; it cannot be read again") from error
    return fields.to_entry(given, digest=digest, evidence=evidence, rules=rules)


_COMMENT = re.compile(r"#(?:comment|kommentar)-?[0-9]+$|[?&]showcomment=[0-9]+", re.IGNORECASE)


def _is_comment(entry: Entry) -> bool:
    """By its guid; by its link only where the guid is no name of its own."""
    return _COMMENT.search(entry.guid if entry.guid and entry.guid != entry.url else entry.url) is not None


# -- one shape for all formats ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An entry that is to be read. fields: None if it is no entry at all."""

    digest: str
    fields: Fields | None
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a document shows, in its order: known entries as they were shown before, others that are still to be read,
    and in words why one cannot be read.
    """

    format: str
    title: str
    items: Sequence[_Item | Shown | str]
    held_back: int = 0
    older_url: str = ""


def _read(body: bytes, *, url: str, content_type: str, rules: SourceRules, known: Mapping[str, Shown]) -> ParsedFeed:
    document = repair(body, content_type)
    faults: list[str] = []
    if document.is_json:
        page = _json_page(document.body, url, known, faults)
    else:
        page = _xml_page(document, url, rules, known, faults)
        page = replace(page, older_url=feedhead.older_url(document.body, url))
    entries: list[Entry] = []
    shown: list[Shown] = []
    for number, item in enumerate(page.items, 1):
        entry = _entry(item, rules) if isinstance(item, _Item) else item
        if isinstance(entry, str):
            faults.append(f"entry {number}: {entry}")
        elif isinstance(entry, Entry):
            entries.append(entry)
        if not isinstance(entry, str):
            shown.append(entry.shown if isinstance(entry, Entry) else entry)
    return ParsedFeed(
        format=page.format,
        title=text.plain(page.title),
        entries=tuple(entries),
        shown=tuple(shown),
        skipped=tuple(faults),
        held_back=page.held_back,
        older_url=page.older_url,
        hint_s=None if document.is_json else feedhead.hint_s(document.body),
    )


def _entry(item: _Item, rules: SourceRules) -> Entry | str:
    """The entry, or in words why it cannot be read."""
    if item.fields is None:
        return "it is no object"
    if len(item.evidence.body) > limits.MOST_ENTRY_BYTES + _MOST_FRAME_BYTES:
        return limits.too_large(len(item.evidence.body))
    try:
        entry = fields.to_entry(item.fields, digest=item.digest, evidence=item.evidence, rules=rules)
    except ParseError as error:
        return str(error)
    return entry or "it has neither guid, address, title nor text"


# -- JSON Feed --------------------------------------------------------------------------------------------------------


def _json_page(body: bytes, url: str, known: Mapping[str, Shown], faults: list[str]) -> _Page:
    feed = jsonfeed.read(body, url=url)
    if len(feed.items) > limits.MOST_ENTRIES:
        faults.append(limits.too_many(len(feed.items)))
    items: list[_Item | Shown] = []
    for given in feed.items[: limits.MOST_ENTRIES]:
        digest = fields.short_hash(jsonfeed.item_bytes(given))
        items.append(known[digest] if digest in known else _json_item(feed, given, digest))
    return _Page(format=feed.format, title=feed.title, items=items, older_url=feed.older_url)


def _json_item(feed: jsonfeed.JsonFeed, given: object, digest: str) -> _Item:
    document, kind = feed.document(given), "application/feed+json"
    evidence = Evidence(kind="json", body=document, content_type=kind, base_url=feed.base_url)
    return _Item(digest=digest, fields=jsonfeed.fields_of(given, feed.base_url), evidence=evidence)


# -- XML that can be cut up -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """A document that was cut up, with those of its entries that are within the limits, and their digests."""

    cut: Cut
    entries: Sequence[bytes]
    digests: Sequence[str]
    document: Document
    url: str

    def received(self) -> bytes:
        """The document as it came, as far as it is to be read."""
        whole = len(self.entries) == len(self.cut.entries) and not self.cut.held_back
        return self.document.body if whole else self.cut.document(self.entries)


def _xml_page(document: Document, url: str, rules: SourceRules, known: Mapping[str, Shown], faults: list[str]) -> _Page:
    cut = split(document.body)
    if cut is None:
        tags = _checked_markup(document, document.body)
        return _uncut_page(document, tags, url, known, faults)
    digests = [fields.short_hash(entry) for entry in cut.entries]
    seen = {number for number, digest in enumerate(digests) if digest in known}
    _checked_markup(document, cut.document([entry for number, entry in enumerate(cut.entries) if number not in seen]))
    limits.refuse_flood(cut.head + cut.tail)
    numbers = limits.within_limits(cut.entries, rules.timezone, faults, seen)
    pieces = _Pieces(
        cut=cut,
        entries=[cut.entries[number] for number in numbers],
        digests=[digests[number] for number in numbers],
        document=document,
        url=url,
    )
    return _page_of_new(pieces, known) or _page_of_all(pieces, known)


def _checked_markup(document: Document, unknown: bytes) -> bytes:
    """What an XML parser sees as markup in what was not read before. Raises: NotAFeed, TooMuch."""
    tags = limits.markup(unknown)
    if misfit.is_html(tags):
        raise NotAFeed(misfit.describe(document.body, document.content_type))
    limits.check_markup(tags)
    return tags


def _page_of_new(pieces: _Pieces, known: Mapping[str, Shown]) -> _Page | None:
    """Parse the entries that are not known; None if the parser sees other entries in them."""
    named = zip(pieces.entries, pieces.digests, strict=True)
    new = [entry for entry, digest in named if digest not in known]
    if not new:
        head, shown = pieces.cut.head, [known[digest] for digest in pieces.digests]
        named_format, title = feedhead.format_of(head), feedhead.title_of(head)
        return _Page(format=named_format, title=title, items=shown, held_back=pieces.cut.held_back)
    parsed = _parse_together(pieces, new) or _parse_one_by_one(pieces, new)
    return _page(pieces, parsed, frozenset(pieces.digests) & known.keys(), known) if parsed else None


def _parse_together(pieces: _Pieces, new: Sequence[bytes]) -> "_Parsed | None":
    """None if the document with these entries is ill-formed: one faulty entry spoils how the others are read."""
    frame = pieces.cut.frame()
    document, texts = put_aside(frame.document(new))
    try:
        parsed = _parse(document)
        if not parsed.is_ill_formed and not put_back(parsed.entries, texts):
            parsed = _parse(frame.document(new))
    except ParseError:
        return None
    if parsed.is_ill_formed or len(parsed.entries) != len(new):
        return None
    return replace(parsed, title=feedhead.title_of(pieces.cut.head), frame=frame)


def _parse_one_by_one(pieces: _Pieces, new: Sequence[bytes]) -> "_Parsed | None":
    """Each entry in a document of its own; None if that is too dear or if one of them is not one entry."""
    frame = pieces.cut.frame()
    if len(new) > _MOST_ALONE or len(frame.head) * len(new) > _MOST_ALONE_BYTES:
        return None
    entries: list[Mapping[str, object] | str] = []
    feed_format = ""
    for piece in new:
        try:
            parsed = _parse(frame.document([piece]))
        except ParseError as error:
            entries.append(str(error))
            continue
        if len(parsed.entries) != 1:
            return None
        entries.append(parsed.entries[0])
        feed_format = feed_format or parsed.format
    title = feedhead.title_of(pieces.cut.head)
    return _Parsed(format=feed_format, title=title, entries=entries, is_ill_formed=True, frame=frame)


def _page_of_all(pieces: _Pieces, known: Mapping[str, Shown]) -> _Page:
    """Parse everything; the entries keep the digests of their bytes if there are as many of them."""
    parsed = _parse(pieces.received())
    if len(parsed.entries) == len(pieces.entries):
        return _page(pieces, parsed, frozenset(), known)
    base_url = feedhead.base_url(pieces.cut.head, pieces.url)
    items = [_item_of_fields(entry, parsed.format, base_url, known) for entry in parsed.entries[: limits.MOST_ENTRIES]]
    return _Page(format=parsed.format, title=parsed.title, items=items, held_back=pieces.cut.held_back)


def _page(pieces: _Pieces, parsed: "_Parsed", left_out: AbstractSet[str], known: Mapping[str, Shown]) -> _Page:
    """The parser's entries joined with their bytes. left_out: digests of entries that the parser was not given."""
    base_url = feedhead.base_url(pieces.cut.head, pieces.url)
    frame = _affordable(parsed.frame, len(pieces.entries))
    entries = iter(parsed.entries)
    items: list[_Item | Shown | str] = []
    for piece, digest in zip(pieces.entries, pieces.digests, strict=True):
        entry = None if digest in left_out else next(entries)
        if entry is None or digest in known:
            items.append(known[digest])
        elif isinstance(entry, str):
            items.append(entry)
        else:
            given = fields_of(entry, parsed.format, base_url)
            evidence = _evidence(frame, piece, digest, given)
            items.append(_Item(digest=digest, fields=given, evidence=evidence))
    return _Page(format=parsed.format, title=parsed.title, items=items, held_back=pieces.cut.held_back)


def _affordable(frame: Cut | None, entries: int) -> Cut | None:
    """None if the frame is too large to be kept once for each of so many entries."""
    most_bytes = min(_MOST_FRAME_BYTES, _MOST_FRAMES_BYTES // max(entries, 1))
    return frame if frame is not None and frame.size_bytes <= most_bytes else None


def _evidence(frame: Cut | None, piece: bytes, digest: str, given: Fields) -> Evidence:
    """A feed with this one entry, if it is known to be read alike there."""
    if frame is None:
        return _fields_evidence(given, digest)
    body = frame.document([piece])  # without the feed's own link: what is relative starts from what it named
    return Evidence(kind="feed", body=body, content_type=UTF8_XML, base_url=given.base_url)


# -- XML that cannot be cut up ----------------------------------------------------------------------------------------


def _uncut_page(document: Document, tags: bytes, url: str, known: Mapping[str, Shown], faults: list[str]) -> _Page:
    """Parse everything: a feed without entries, or one whose entries have no clear bounds."""
    limits.refuse_flood(document.body, entries=20)  # a few entries may have as much as they like, all of them not
    parsed = _parse(document.body)
    _refuse_other(parsed, document)
    ended = is_closed(tags)
    if not parsed.entries and not ended and parsed.is_ill_formed:
        raise NotAFeed("a feed that is cut off before its first entry")
    kept = parsed.entries if ended or not parsed.is_ill_formed else parsed.entries[:-1]
    if len(kept) > limits.MOST_ENTRIES:
        faults.append(limits.too_many(len(kept)))
    base_url = feedhead.base_url(document.body, url)
    items = [_item_of_fields(entry, parsed.format, base_url, known) for entry in kept[: limits.MOST_ENTRIES]]
    held_back = len(parsed.entries) - len(kept)
    return _Page(format=parsed.format, title=parsed.title, items=items, held_back=held_back)


def _item_of_fields(
    entry: Mapping[str, object] | str, feed_format: str, base_url: str, known: Mapping[str, Shown]
) -> _Item | Shown | str:
    if isinstance(entry, str):
        return entry
    given = fields_of(entry, feed_format, base_url)
    digest = fields.short_hash(given.to_json())
    evidence = _fields_evidence(given, digest)
    return known[digest] if digest in known else _Item(digest=digest, fields=given, evidence=evidence)


def _fields_evidence(given: Fields, digest: str) -> Evidence:
    return Evidence(kind="fields", body=given.to_json(digest), content_type="application/json", base_url=given.base_url)


# -- feedparser -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parsed:
    """What feedparser made of a document. is_ill_formed: it had to guess where things begin and end.

    entries: its dictionaries, or in words why one cannot be read. frame: in which each of them was, or would be, read alike.
    """

    format: str
    title: str
    entries: Sequence[Mapping[str, object] | str]
    is_ill_formed: bool
    frame: Cut | None = None


_PARSER_FAULTS = (
    *(
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ),  # elements where feedparser expects none: seen in mutated feeds
    *(AssertionError, RuntimeError),  # its SGML parser's errors, and recursion
    feedparser.UndeclaredNamespace,
)
feedparser.api.PREFERRED_XML_PARSERS.clear()  # else each call searches the disk for an optional one, and would take it


def _parse(body: bytes) -> _Parsed:
    """The one call of feedparser. Only a stream is safe: it takes bytes and text for file names and addresses.

    It is told no address, so that it makes none: relative links are resolved here, and a guid stays as it is.
    Raises: ParseError.
    """
    headers, stream = {"content-type": UTF8_XML}, io.BytesIO(body)
    try:
        result = feedparser.parse(stream, response_headers=headers, resolve_relative_uris=False, sanitize_html=False)
    except _PARSER_FAULTS as error:
        raise ParseError(f"the parser cannot read it ({type(error).__name__})") from error
    return _Parsed(
        format=result.get("version") or "",
        title=fields.sound(result.feed.get("title")),
        entries=result.entries,
        is_ill_formed=bool(result.bozo),
    )


def _refuse_other(parsed: _Parsed, document: Document) -> None:
    """A body is a feed if it has entries or says that it is one. Raises: NotAFeed."""
    if not parsed.format and not parsed.entries:
        raise NotAFeed(misfit.describe(document.body, document.content_type))
