"""How a query is understood, word by word, for people and for machines."""

from collections.abc import Iterator

from worker.cli.shell import Shell
from worker.query import Query
from worker.query.understood import Understood, forms_of, reading, understood

_FORMS_MOST = 12


def lines(shell: Shell, query: Query) -> Iterator[str]:
    """The query as a whole, then each word with what it is a form of, and the forms that it finds."""
    yield shell.wording.say("understood_query", query=reading(query, shell.wording.language))
    words = understood(query.text, shell.wording.language)
    forms = forms_of({lemma for one in words for lemma in one.lemmas})
    for one in words:
        yield from _told(shell, one, forms)


def _told(shell: Shell, one: Understood, forms: dict[str, list[str]]) -> Iterator[str]:
    say = shell.wording.say
    where = f" {say(f'field_{one.scope}')}" if one.scope else ""
    yield f"{one.typed}{where}: {say(f'understood_{one.kind}', shown=one.shown)}"
    for lemma in one.lemmas:
        found = forms.get(lemma, [])
        more = " …" if len(found) > _FORMS_MOST else ""
        yield "  " + say("understood_lemma", lemma=lemma, forms=", ".join(found[:_FORMS_MOST]) + more)
    if one.stems:
        yield "  " + say("understood_stem", stems=", ".join(f"{stem}…" for stem in dict.fromkeys(one.stems)))


def data(query: Query) -> dict[str, object]:
    """The same for machines."""
    words = understood(query.text)
    forms = forms_of({lemma for one in words for lemma in one.lemmas})
    return {
        "reading": reading(query),
        "words": [_data(one, forms) for one in words],
        "hints": list(query.remarks),
        "canonical": query.to_json(),
    }


def _data(one: Understood, forms: dict[str, list[str]]) -> dict[str, object]:
    return {
        "typed": one.typed,
        "position": one.position,
        "kind": one.kind,
        "shown": one.shown,
        "field": one.scope or None,
        "keys": list(one.keys),
        "lemmas": {lemma: forms.get(lemma, []) for lemma in one.lemmas},
        "stems": list(one.stems),
    }
