"""Where an article's text comes from: the agency that wrote it, and whether AI worked on it.

Believes only what an article says of itself, in its own last lines, its dateline or its author's name; what it tells of
agencies in running text is news. Works on a body with line breaks as well as on one that was collapsed to a line.
"""

import re

from worker.dates import parse_date
from worker.model import AiNotice


def agency_of(body: str, author: str | None) -> str | None:
    """Name the agency: "dts", "dpa", "afp", …, "press" for press releases, or None."""
    return _from_last_lines(body) or _from_dateline(body) or _from_author(author or "")


def ai_notice_of(body: str) -> AiNotice | None:
    """Find the notice that AI worked on the article; its date may be missing."""
    cut = max(0, len(body) - _TAIL)
    notices = list(_NOTICE.finditer(body, cut)) if _names_ai(body, cut) else []
    if notices:
        return AiNotice(date_local=_date_local(notices[-1]["date"]))
    return AiNotice() if _declares_ai(body[cut:]) else None


def without_notice_date(body: str) -> str:
    """The body with its AI notice in one spelling, for telling edits from a date that a page fills in late."""
    cut = max(0, len(body) - _TAIL)
    if not _names_ai(body, cut):
        return body
    return body[:cut] + _NOTICE.sub(" durch KI bearbeitet.", body[cut:])


_TAIL = 3000  # characters at an article's end in which it speaks of itself

# -- AI ---------------------------------------------------------------------------------------------------------------

_DATE = (
    r"[0-9]{1,2}\.\s?(?:[0-9]{1,2}\.|[A-Za-zäÄ]{3,9}\.?)\s?[0-9]{4}(?:,?\s?(?:um\s)?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
    r"(?:\sUhr)?)?"
)
# Marked by the sparkles, or as a sentence of its own at the end of a line.
_NOTICE = re.compile(
    r"(?:\s?✨\ufe0f?\s?(?P<marked>)|(?:^|(?<=[.!?“”\"])\s))"
    r"(?:[Dd]urch|[Mm]it(?: Hilfe von)?|[Vv]on) (?:KI|AI)(?:-\w{1,20})? (?:bearbeitet|erstellt|überarbeitet|übersetzt)\b"
    rf"(?:\s?,(?:\s?(?P<date>{_DATE}))?)?\s?\.?(?(marked)|(?=\s*$))",
    re.MULTILINE,
)


def _names_ai(body: str, start: int) -> bool:
    """Whether there can be a notice at all: the expression takes long for an answer, and mostly there is none."""
    return body.find(" KI", start) >= 0 or body.find(" AI", start) >= 0


# A free sentence: it speaks of this text itself (not of a picture, nor of other people's texts), names AI, and says
# what that did.
_SELF = re.compile(
    r"\b(?:[Dd]ies(?:er|e|es|em|en)|[Dd](?:er|ie|as) (?:vorliegende|obige)|[Uu]nser(?:e|es)?) "
    r"(?:\w{1,30} )?(?:\w{1,20}-)?(?:Text|Artikel|Beitrag|Bericht|Meldung|Nachricht|Inhalt|Zusammenfassung|Übersetzung"
    r"|Version|Fassung|Mitteilung)\w{0,2}\b|^[^\n]{0,20}(?:Hinweis|Transparenzhinweis|Text|Redaktion)\w{0,3}\s?:",
    re.MULTILINE,
)
_AI = re.compile(r"\b(?:KI|AI|[Kk]ünstliche[rn]? Intelligenz|ChatGPT|GPT-?\w{0,3}|Gemini|Claude|DeepL)\b")
_WORKED = re.compile(
    r"\b(?:\w{1,20}-)?(?:generiert|erstellt|bearbeitet|überarbeitet|verfasst|geschrieben|übersetzt|zusammengefasst"
    r"|gekürzt|redigiert|erzeugt|vertont|unterstützt|optimiert|entstanden)\w{0,2}\b"
)
_NOT = re.compile(r"\b(?:ohne|nicht|kein\w{0,2}|weder)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")
_LAST_SENTENCES = 8  # an article speaks of itself at its end


def _declares_ai(tail: str) -> bool:
    """Whether one of the last sentences says that AI worked on this text."""
    if not _AI.search(tail):
        return False
    last = [sentence for sentence in _SENTENCE.split(tail) if sentence.strip()][-_LAST_SENTENCES:]
    needed = (_SELF, _AI, _WORKED)
    return any(all(one.search(said) for one in needed) and not _NOT.search(said) for said in last)


def _date_local(raw: str | None) -> str | None:
    at = parse_date(raw, "UTC") if raw else None
    if raw is None or at is None:
        return None
    return f"{at:%Y-%m-%dT%H:%M}" if ":" in raw else f"{at:%Y-%m-%d}"


# -- agencies ---------------------------------------------------------------------------------------------------------

_AGENCIES = {
    "dts": r"dts|DTS",
    "dpa": r"dpa|DPA|Deutschen? Presse-?Agentur",
    "afp": r"afp|AFP|Agence France[- ]Presse",
    "epd": r"epd|EPD|Evangelische[rn]? Pressedienst(?:e?s)?",
    "kna": r"KNA|Katholischen? Nachrichten-?Agentur",
    "reuters": r"Reuters|REUTERS|reuters|rtr",
    "ap": r"AP|Associated Press",
    "sid": r"SID|Sport-?Informations-?Diens(?:t|te?s)",
    "apa": r"APA|Austria Presse Agentur",
    "dapd": r"dapd|ddp",
    "press": (
        r"ots|OTS|news aktuell|[Pp]resseportal(?:\.de)?|Pol-[A-Z]+|POL-[A-Z]+"
        r"|(?:Bundes|Landes|Wasserschutz|Autobahn)?[Pp]olizei(?:inspektion|direktion|präsidium|station|kommissariat)?"
        r"|Feuerwehr\w*|Staatsanwaltschaft\w*|Hauptzollamt\w*|Pressestelle\w*|Presseamt\w*|Presse-?[Mm]itteilung\w*"
        r"|Presse-?[Ii]nformation\w*|Pressedienst de[rs] \w+"
    ),
}
_AGENCY = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?P<{name}>{spellings})" for name, spellings in _AGENCIES.items()) + r")(?!\w)"
)
_SIGNATURE = re.compile(
    r"(?:^|(?<=[.!?…“”\"»)])\s)(?:(?:Text-?)?[Qq]uellen?\s?: |Mit Material (?:der|des|von) |Mit Informationen (?:der|von) "
    r"|(?:Original-Content|Pressemitteilung|Presseinformation) (?:von|der|des):? )(?P<said>[^\n]{1,300})",
    re.MULTILINE,
)
# One of them stands in every signature: the expression takes long for an answer, and mostly there is none.
_SIGNS = ("uelle", "Mit Material", "Mit Informationen", "Original-Content", "Pressemitteilung", "Presseinformation")
_MARK_AT_END = re.compile(r"[.!?…“”\"»]\s?\((?P<said>[^()\n]{2,40})\)\s*$", re.MULTILINE)


def _from_last_lines(body: str) -> str | None:
    """`Quelle: …` in one of the last lines, or `(dpa)` behind the last sentence."""
    tail = "\n".join([block for block in body[-_TAIL:].splitlines() if block][-4:])
    signatures = list(_SIGNATURE.finditer(tail)) if any(sign in tail for sign in _SIGNS) else []
    for signature in reversed(signatures):
        # A line names its source at once; what comes after that is the article again, or a notice.
        if agency := _named(re.split(r"(?<=[a-zß)]{2})\. |✨", signature["said"], maxsplit=1)[0]):
            return agency
    marks = list(_MARK_AT_END.finditer(tail)) if "(" in tail else []
    return _only_agencies(marks[-1]["said"]) if marks else None


_PLACE = r"(?:[0-9]{1,2}\.|[A-ZÄÖÜ][\w.’'-]{0,30}|am|an|auf|bei|dem|den|der|im|in|ob|und|von|vor)"
_DATELINE = re.compile(
    rf"\W{{0,3}}(?:(?!(?:Die|Der|Das|Wie|Laut|Nach|Ein|Eine)\s|[^(\n]{{0,80}}(?:agentur|[Pp]resse|dienst))"
    rf"{_PLACE}(?:[ ,/]{{1,3}}{_PLACE}){{0,6}}[ ,/]{{1,3}})?\((?P<said>[^()\n]{{2,60}})\)\s?(?:[-–—:.+„\"A-ZÄÖÜ]|$)"
)


def _from_dateline(body: str) -> str | None:
    """`Berlin (dts Nachrichtenagentur) – …`, at the very beginning or under a first heading."""
    for block in [line for line in body[:1000].splitlines() if line][:3]:
        found = _DATELINE.match(block)
        if found:
            return _only_agencies(found["said"])
        if not block.startswith("#"):
            return None
    return None


def _from_author(author: str) -> str | None:
    return _named(author[:200])


def _named(said: str) -> str | None:
    found = _AGENCY.search(said)
    return found.lastgroup if found else None


def _only_agencies(said: str) -> str | None:
    """In brackets stand an agency and its desks, `dpa/lni`, `red/dpa`, `dts Nachrichtenagentur`, and no sentence."""
    initials = _INITIALS.match(said)
    found = _AGENCY.match(said, initials.end() if initials else 0) or _AGENCY.match(said)
    return found.lastgroup if found and len(said.split()) <= 4 else None


_INITIALS = re.compile(r"[a-zäöü]{1,4}(?:/|, ?| )")
