"""What can be wrong with a query, and how people are told. Messages say what is wrong, hints what to write instead."""

from enum import StrEnum

from worker.errors import QuerySyntaxError


class Fault(StrEnum):
    """The kinds of faults."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    TOO_MANY_TERMS = "too many terms"
    TOO_DEEP = "too deep"
    NO_WORD = "no word"
    EMPTY_BRACKETS = "empty brackets"
    UNOPENED_BRACKET = "unopened bracket"
    UNCLOSED_BRACKET = "unclosed bracket"
    UNCLOSED_QUOTE = "unclosed quote"
    NOTHING_BEFORE = "nothing before"
    NOTHING_AFTER = "nothing after"
    TWO_OPERATORS = "two operators"
    TWO_NEGATIONS = "two negations"
    ONLY_NEGATION = "only negation"
    NEGATED_BRANCH = "negated branch"
    LATER_FIELD = "field"
    LATER_NEAR = "near"
    LATER_WILDCARD = "wildcard"
    LATER_EXACT = "exact"
    LATER_DISTANCE = "distance"
    LATER_PATTERN = "pattern"
    OTHER_SIGN = "other sign"


class FaultError(Exception):
    """A fault on its way out of the parser; `parse` makes it a QuerySyntaxError in the user's language."""

    def __init__(self, kind: Fault, position: int, shown: str = "") -> None:
        super().__init__(kind, position, shown)
        self.kind = kind
        self.position = position
        self.shown = shown

    def told(self, language: str) -> QuerySyntaxError:
        """The same in words."""
        message, hint = (_GERMAN if language == "de" else _ENGLISH)[self.kind]
        shown = self.shown if len(self.shown) <= 40 else self.shown[:39] + "…"
        shown = shown.encode("utf-8", "replace").decode("utf-8")
        return QuerySyntaxError(message.replace("{}", shown), self.position, hint.replace("{}", shown))


_ENGLISH = {
    Fault.EMPTY: ("the query is empty", "write at least one word"),
    Fault.TOO_LONG: ("the query is longer than {} bytes", "split it into several subscriptions"),
    Fault.TOO_MANY_TERMS: ("the query has more than {} words", "split it into several subscriptions"),
    Fault.TOO_DEEP: ("brackets are nested deeper than {}", "leave out brackets that are not needed"),
    Fault.NO_WORD: ("“{}” has neither letters nor digits", "leave it out, or write it inside a phrase in quotes"),
    Fault.EMPTY_BRACKETS: ("there is nothing between the brackets", "write words between them or leave them out"),
    Fault.UNOPENED_BRACKET: ("this closing bracket was never opened", "leave it out or write ( before"),
    Fault.UNCLOSED_BRACKET: ("this bracket is never closed", "write ) where the group ends"),
    Fault.UNCLOSED_QUOTE: ("this quotation mark is never closed", "write a second one where the phrase ends"),
    Fault.NOTHING_BEFORE: ("{} has nothing before it", "write a word before it; operators are in upper case"),
    Fault.NOTHING_AFTER: ("{} has nothing after it", "write a word after it; operators are in upper case"),
    Fault.TWO_OPERATORS: ("{} follows another operator", "write a word between them"),
    Fault.TWO_NEGATIONS: ("{} negates a negation", "leave both out"),
    Fault.ONLY_NEGATION: ("the query only says what must not occur", "add a word that must occur"),
    Fault.NEGATED_BRANCH: (
        "this side of OR only says what must not occur, which nearly every article fulfils",
        "add a word to it that must occur",
    ),
    Fault.LATER_FIELD: ("searching in one field with “{}” is not supported yet", "write the word without it"),
    Fault.LATER_NEAR: ("{} (words close to each other) is not supported yet", "write AND, or a phrase in quotes"),
    Fault.LATER_WILDCARD: ("* and ? as wildcards in “{}” are not supported yet", "write the words out, with OR"),
    Fault.LATER_EXACT: ("= for the exact spelling in “{}” is not supported yet", "leave out the ="),
    Fault.LATER_DISTANCE: ("~ for distance or similarity is not supported yet", "leave out the ~"),
    Fault.LATER_PATTERN: ("regular expressions such as {} are not supported yet", "write the words out, with OR"),
    Fault.OTHER_SIGN: ("“{}” is no operator here", "write AND, OR, or - before a word that must not occur"),
}
_GERMAN = {
    Fault.EMPTY: ("die Suche ist leer", "mindestens ein Wort schreiben"),
    Fault.TOO_LONG: ("die Suche ist länger als {} Bytes", "auf mehrere Abonnements verteilen"),
    Fault.TOO_MANY_TERMS: ("die Suche hat mehr als {} Wörter", "auf mehrere Abonnements verteilen"),
    Fault.TOO_DEEP: ("Klammern sind tiefer als {}-mal verschachtelt", "unnötige Klammern weglassen"),
    Fault.NO_WORD: (
        "„{}“ hat weder Buchstaben noch Ziffern",
        "weglassen oder in einer Wortfolge in Anführungszeichen schreiben",
    ),
    Fault.EMPTY_BRACKETS: (
        "zwischen den Klammern steht nichts",
        "Wörter dazwischen schreiben oder die Klammern weglassen",
    ),
    Fault.UNOPENED_BRACKET: ("diese Klammer wurde nie geöffnet", "weglassen oder davor ( schreiben"),
    Fault.UNCLOSED_BRACKET: ("diese Klammer wird nie geschlossen", "am Ende der Gruppe ) schreiben"),
    Fault.UNCLOSED_QUOTE: (
        "dieses Anführungszeichen wird nie geschlossen",
        "am Ende der Wortfolge ein zweites schreiben",
    ),
    Fault.NOTHING_BEFORE: ("vor {} steht nichts", "ein Wort davor schreiben; Operatoren stehen in Großbuchstaben"),
    Fault.NOTHING_AFTER: ("nach {} steht nichts", "ein Wort dahinter schreiben; Operatoren stehen in Großbuchstaben"),
    Fault.TWO_OPERATORS: ("{} folgt auf einen anderen Operator", "ein Wort dazwischen schreiben"),
    Fault.TWO_NEGATIONS: ("{} verneint eine Verneinung", "beide weglassen"),
    Fault.ONLY_NEGATION: ("die Suche sagt nur, was nicht vorkommen darf", "ein Wort hinzufügen, das vorkommen muss"),
    Fault.NEGATED_BRANCH: (
        "diese Seite von ODER sagt nur, was nicht vorkommen darf; das erfüllt fast jeder Artikel",
        "ihr ein Wort hinzufügen, das vorkommen muss",
    ),
    Fault.LATER_FIELD: ("die Suche in einem Feld mit „{}“ gibt es noch nicht", "das Wort ohne sie schreiben"),
    Fault.LATER_NEAR: (
        "{} (Wörter nah beieinander) gibt es noch nicht",
        "UND oder eine Wortfolge in Anführungszeichen schreiben",
    ),
    Fault.LATER_WILDCARD: ("* und ? als Platzhalter in „{}“ gibt es noch nicht", "die Wörter ausschreiben, mit ODER"),
    Fault.LATER_EXACT: ("= für die genaue Schreibweise in „{}“ gibt es noch nicht", "das = weglassen"),
    Fault.LATER_DISTANCE: ("~ für Abstand oder Ähnlichkeit gibt es noch nicht", "das ~ weglassen"),
    Fault.LATER_PATTERN: ("reguläre Ausdrücke wie {} gibt es noch nicht", "die Wörter ausschreiben, mit ODER"),
    Fault.OTHER_SIGN: (
        "„{}“ ist hier kein Operator",
        "UND, ODER oder ein - vor dem Wort schreiben, das nicht vorkommen darf",
    ),
}
