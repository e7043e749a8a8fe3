"""Whether a page is the article's, and its text the article's whole text. When in doubt it is not.

Owns the signs of cookie walls, paywalls, logins, bot challenges, error and maintenance pages, whatever their address
and status. Compares with what the record already says: an article about cookies is no cookie wall. Pure.
"""

import re
from collections.abc import Iterator

from worker import identity
from worker.model import ArticlePage, Record, SourceRules
from worker.text import fold

_ALIKE = 0.6  # of the words of a title, of the word triples of an excerpt
_SAME_TEXT = 0.9
_DENSE = 0.06  # of the words of a notice about cookies; in articles about them it is 0.02
_LOOK_AT_CHARS = 3_000  # notices are short
_ENDING_CHARS = 700  # where paywalls ask for money
_LEAST_CHARS = 200  # of a text that shares nothing with the excerpt


def doubt(page: ArticlePage, record: Record, rules: SourceRules) -> str:
    """Why this page's text must not stand as the record's, in a few words; "" if it may."""
    return is_other(page, record, rules) or _is_no_text(page, record)


def is_other(page: ArticlePage, record: Record, rules: SourceRules) -> str:
    """Why this is not the article's page, in a few words; "" if it is. Its text may still be cut or hidden."""
    if "challenge" in page.signs:
        return "a bot challenge"
    if "list" in page.signs:
        return "a list of articles"
    alike = _overlap(record.body, page.body)
    if page.canonical and not _is_same_address(page, record, rules) and not is_same_post(page, record, rules):
        return "a page whose canonical address is another one"
    if is_same_post(page, record, rules) or alike >= _ALIKE:
        return ""
    if "error" in page.signs or _ERROR.search(" ".join(page.titles)):
        return "an error page"
    if _is_about_consent(page.body):
        return "a cookie notice"
    if "login" in page.signs and len(page.body) < _ENDING_CHARS:
        return "a page that asks to log in"
    if "noindex" in page.signs:
        return "a page that is not to be indexed"
    return "" if _has_title(page, record) else "another page: neither its title nor its text is the article's"


def is_same_post(page: ArticlePage, record: Record, rules: SourceRules) -> bool:
    """The page names itself by the record's post id."""
    found = _post_id(page, rules)
    return found is not None and found == record.post_id


def is_other_post(page: ArticlePage, record: Record, rules: SourceRules) -> bool:
    """The page names itself by another post id than the record's: a site guesses where an article may have gone."""
    found = _post_id(page, rules)
    return found is not None and record.post_id is not None and found != record.post_id


def shares_text(page: ArticlePage, record: Record) -> bool:
    """The page has most of the record's words in their order: columns bear the same title every week."""
    return _overlap(record.body, page.body) >= _ALIKE


def _post_id(page: ArticlePage, rules: SourceRules) -> str | None:
    return identity.post_id(page.short_url, page.canonical or page.url, rules)


def _is_same_address(page: ArticlePage, record: Record, rules: SourceRules) -> bool:
    return identity.url_key(page.canonical, rules) == record.url_key.partition("#")[0]


def _is_no_text(page: ArticlePage, record: Record) -> str:
    """Of the article's own page: what stands there instead of its text."""
    excerpt, cut = _excerpt_of(record)
    alike = _overlap(excerpt, page.body)
    if not page.body:
        return "a page without text"
    if "paid" in page.signs or _asks_for_money(page.body, excerpt):
        return "a paywall"
    if alike < _ALIKE and _is_about_consent(page.body):
        return "a cookie notice"
    if alike < _ALIKE and "login" in page.signs and len(page.body) < _ENDING_CHARS:
        return "a page that asks to log in"
    if len(_without_end(page.body)) <= len(excerpt) and (cut or alike < _SAME_TEXT):
        return "a text no longer than the excerpt"
    if alike < _ALIKE and len(page.body) < max(_LEAST_CHARS, len(excerpt)):
        return "a short text that is not the excerpt's"
    return ""


# -- likeness ---------------------------------------------------------------------------------------------------------


def _excerpt_of(record: Record) -> tuple[str, bool]:
    """What is known of the text, and whether it says that it goes on. Of a full text nothing is missing."""
    if not record.excerpt:
        return record.body[:_ENDING_CHARS], False
    bare = _without_end(record.body)
    return bare, bare != record.body


def _without_end(body: str) -> str:
    """Without the mark of a text that was cut."""
    return body[:-_ENDING_MARK] + _CUT.sub("", body[-_ENDING_MARK:])


_ENDING_MARK = 60  # characters
_MORE = r"(?:(?:weiter|mehr) ?lesen|read more|continue reading)"
_CUT = re.compile(rf"\s*(?:(?:\[\s?(?:…|\.\.\.)\s?\]|…|\.\.\.)\W{{0,3}}{_MORE}?|{_MORE})\W{{0,6}}$", re.IGNORECASE)


def _overlap(excerpt: str, body: str) -> float:
    """How much of the excerpt's word triples stand in the body, 0 to 1; 0 for an excerpt that says nothing."""
    wanted = set(_triples(excerpt))
    return len(wanted & set(_triples(body))) / len(wanted) if wanted else 0.0


def _triples(markdown: str) -> Iterator[tuple[str, ...]]:
    words = _words(markdown)
    return zip(words, words[1:], words[2:], strict=False)


def _words(markdown: str) -> list[str]:
    return _WORD.findall(fold(markdown))


_WORD = re.compile(r"\w+")


def _has_title(page: ArticlePage, record: Record) -> bool:
    wanted = set(_words(record.title))
    return any(len(wanted & set(_words(title))) >= _ALIKE * len(wanted) for title in page.titles) if wanted else False


def names_itself(page: ArticlePage, title: str) -> bool:
    """Whether one of the page's names is this title, alone or beside the site's name."""
    wanted = " ".join(_words(title))
    return any(wanted in " ".join(_words(one)) for one in page.titles)


# -- notices ----------------------------------------------------------------------------------------------------------

_ERROR = re.compile(
    r"\b(?:404|410|500|502|503)\b|nicht gefunden|nicht mehr verfügbar|not found|seite existiert nicht|wartung|maintenance"
    r"|\b(?:server|datenbank|database)\W?(?:fehler|error)|datenbankverbindung|zugriff verweigert|access denied|forbidden"
    r"|just a moment|attention required|are you (?:a )?(?:human|robot)|gleich zurück|be right back|temporarily unavailable",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:cookies?\w*|einwillig\w*|zustimm\w*|datenschutz\w*|consent\w*|tracking\w*|akzeptier\w*|ablehn\w*|privatsphäre\w*"
    r"|personenbezogen\w*|personalisiert\w*|drittanbieter\w*|partnern?|dienstleister\w*|einstellungen|zwecke?n?|widerruf\w*"
    r"|werbung|geräte\w*|endgerät\w*|privacy|accept|vendors?|purposes?)\b",
    re.IGNORECASE,
)
_MONEY = (
    r"(?:jetzt|hier|gratis|kostenlos|sofort|um) (?:\w+ ){0,3}(?:weiter ?(?:zu ?)?lesen|anmelden|einloggen|registrieren|freischalten)",
    r"weiterlesen (?:mit|ab|für)|um (?:diesen|den) (?:ganzen |vollständigen |kompletten )?(?:artikel|beitrag|text)",
    r"bereits (?:\w+ )?(?:abonnent|registriert|kunde|mitglied|angemeldet|abo)|schon (?:abonnent|registriert|abo)",
    r"probe(?:monat|abo|zeit)|monatlich kündbar|jederzeit kündbar|im ersten monat|€ ?(?:/|pro|im) ?monat|euro (?:pro|im) monat",
    r"(?:digital|plus|premium|web)-?\s?abo|abo abschließen|abonnement abschließen|jetzt (?:\w+ )?abonnieren|exklusiv für abonnent",
    r"subscribe (?:now|to)|already a (?:subscriber|member)|to continue reading|(?:sign|log) in to (?:read|continue)",
)
_ASKS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _MONEY)


def _is_about_consent(body: str) -> bool:
    beginning = body[:_LOOK_AT_CHARS]
    words = len(_WORD.findall(beginning))
    kinds = {found[0].lower()[:6] for found in _CONSENT.finditer(beginning)}
    return words > 0 and len(kinds) >= 4 and len(_CONSENT.findall(beginning)) >= _DENSE * words


def _asks_for_money(body: str, excerpt: str) -> bool:
    """Two ways of asking at the end, or one behind a text that is hardly more than the excerpt."""
    ending = body[-_ENDING_CHARS:]
    asked = sum(1 for one in _ASKS if one.search(ending))
    return asked >= 2 or (asked == 1 and len(body) < 1.5 * len(excerpt) + _ENDING_CHARS / 2)
