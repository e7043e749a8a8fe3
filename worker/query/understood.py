"""How a query was understood, word by word: for people who want to know why it finds what it finds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from worker.query.faults import FaultError
from worker.query.inflection import STEM_SIGNS, as_key
from worker.query.lexer import Kind, Token
from worker.query.nodes import And, Exact, Near, Node, Not, Or, Phrase, Term, Wild, Word, terms
from worker.query.parser import read_tokens, term_of
from worker.query.stored import Query
from worker.query.words import FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """One word or pattern of a query.

    typed: the word or phrase it stands in; position: where that begins. kind: "inflected" (any form), "form" (as typed),
    "exact" (letter by letter), "pattern". shown: its folded form, spelling or pattern. scope: "" is title and body.
    keys: what is looked for. lemmas: what an inflected word is a form of; stems: of a word that no dictionary knows.
    """

    typed: str
    position: int
    kind: str
    shown: str
    scope: str
    keys: tuple[str, ...]
    lemmas: tuple[str, ...] = ()
    stems: tuple[str, ...] = ()


def understood(text: str, language: str = "en") -> list[Understood]:
    """The words of a query in the order in which they stand. Raises: QuerySyntaxError."""
    try:
        return list(_understood(read_tokens(text)))
    except FaultError as fault:
        raise fault.told(language) from None


def forms_of(lemmas: Iterable[str]) -> dict[str, list[str]]:
    """The forms that the dictionary knows of each lemma, for showing. Reads all of it, unpacked: 2 s, 100 MB while it runs."""
    found: dict[str, list[str]] = {lemma: [] for lemma in lemmas}
    initials = {lemma[:1] for lemma in found} | set("ÄÖÜäöüÀÉéÅØ")  # folding all of them would take three times as long
    for form, lemma in DefaultDictionaryFactory().get_dictionary("de").items():
        if lemma[:1] in initials and (key := as_key(lemma)) in found:
            found[key].append(form)
    return {lemma: sorted(forms) for lemma, forms in found.items()}


def reading(query: Query, language: str = "en") -> str:
    """The query with every operator and bracket that it means, negations last, in the words that were typed."""
    labels: dict[Node, str] = {}
    for token, scope in _placed(read_tokens(query.text)):
        labels.setdefault(term_of(token, scope), f"{scope}:{token.text}" if scope else token.text)
    return _spelled(query.root, labels, _OPERATORS.get(language, _OPERATORS["en"]))


_OPERATORS = {"de": ("UND", "ODER", "NICHT"), "en": ("AND", "OR", "NOT")}


def _spelled(node: Node, labels: Mapping[Node, str], operators: tuple[str, str, str]) -> str:
    """Goes as deep as a query may."""
    if node in labels:
        return labels[node]

    def inner(child: Node) -> str:
        text = _spelled(child, labels, operators)
        return text if child in labels or isinstance(child, Not | Term) else f"({text})"

    match node:
        case And(children=children):
            return f" {operators[0]} ".join(map(inner, sorted(children, key=lambda child: isinstance(child, Not))))
        case Or(children=children):
            return f" {operators[1]} ".join(map(inner, children))
        case Not(child=child):
            return f"{operators[2]} {inner(child)}"
        case Near(left=left, right=right, distance=distance, ordered=ordered):
            return f"{inner(left)} {'ONEAR' if ordered else 'NEAR'}/{distance} {inner(right)}"
        case Phrase(words=words):
            return '"' + " ".join(map(_shown, words)) + '"'
        case Word() | Exact() | Wild():
            return _shown(node)


def _shown(term: Term) -> str:
    match term:
        case Word(keys=keys):
            return keys[0].removeprefix(FORM)
        case Exact(text=text):
            return f"={text}"
        case Wild(pattern=pattern):
            return pattern


def _understood(read: Iterable[Token]) -> Iterator[Understood]:
    for token, scope in _placed(read):
        for term in terms(term_of(token, scope)):
            yield _told(token, term)


def _placed(read: Iterable[Token]) -> Iterator[tuple[Token, str]]:
    """Words and phrases with their scopes; a field covers the word, phrase or group behind it."""
    depth, scopes = 0, {0: ""}
    scope = ""
    for token in read:
        if token.kind is Kind.FIELD:
            scope = token.field
            continue
        if token.kind is Kind.OPEN:
            depth += 1
            scopes[depth] = scope or scopes[depth - 1]
        elif token.kind is Kind.CLOSE:
            depth = max(0, depth - 1)
        elif token.kind in (Kind.WORD, Kind.PHRASE):
            yield token, scope or scopes[depth]
        scope = ""


def _told(token: Token, term: Term) -> Understood:
    match term:
        case Word(keys=keys, scope=scope):
            forms = [key.removeprefix(FORM) for key in keys if key.startswith(FORM)]
            lemmas = tuple(key for key in keys if key[0] not in FORM + STEM_SIGNS)
            stems = tuple(key[1:] for key in keys if key[0] in STEM_SIGNS)
            kind = "form" if token.kind is Kind.PHRASE or len(keys) == 1 else "inflected"
            return _one(token, kind, "/".join(forms), scope, keys, lemmas=lemmas, stems=stems)
        case Exact(text=text, key=key, scope=scope):
            return _one(token, "exact", text, scope, (key,))
        case Wild(pattern=pattern, scope=scope):
            return _one(token, "pattern", pattern, scope, ())


def _one(
    token: Token,
    kind: str,
    shown: str,
    scope: str,
    keys: tuple[str, ...],
    *,
    lemmas: tuple[str, ...] = (),
    stems: tuple[str, ...] = (),
) -> Understood:
    return Understood(
        typed=token.text,
        position=token.position,
        kind=kind,
        shown=shown,
        scope=scope,
        keys=keys,
        lemmas=lemmas,
        stems=stems,
    )
