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
    LONE_DASH = "lone dash"
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
    UNKNOWN_FIELD = "unknown field"
    EMPTY_FIELD = "empty field"
    NESTED_FIELD = "field in a field"
    NEGATION_IN_FIELD = "negation in a field"
    NO_YES_OR_NO = "neither yes nor no"
    NEAR_WITHOUT_NUMBER = "near without a number"
    NEAR_TOO_FAR = "near too far"
    NEAR_TOO_MANY = "too many near each other"
    NEAR_OPERAND = "near operand"
    NEAR_FIELDS = "near fields"
    SHORT_WILDCARD = "short wildcard"
    EXACT_WILDCARD = "exact wildcard"
    STOP_WORDS = "stop words"
    REGEX = "regular expression"
    OTHER_SIGN = "other sign"


class FaultError(Exception):
    """A fault on its way out of the parser; `parse` makes it a QuerySyntaxError in the user's language.

    shown: what of the query it is about; meant: what its owner may have meant, or "".
    """

    def __init__(self, kind: Fault, position: int, shown: str = "", meant: str = "") -> None:
        super().__init__(kind, position, shown, meant)
        self.kind = kind
        self.position = position
        self.shown = shown
        self.meant = meant

    def told(self, language: str) -> QuerySyntaxError:
        """The same in words."""
        message, hint = (_GERMAN if language == "de" else _ENGLISH)[self.kind]
        shown = " ".join(self.shown.split())
        shown = shown if len(shown) <= 40 else shown[:39] + "…"
        shown = shown.encode("utf-8", "replace").decode("utf-8")
        if self.meant:
            hint = f"{'gemeint ist vielleicht' if language == 'de' else 'perhaps you mean'} {self.meant}; {hint}"
        return QuerySyntaxError(message.replace("{}", shown), self.position, hint.replace("{}", shown))


_ENGLISH = {
    Fault.EMPTY: ("the query is empty", "write at least one word"),
    Fault.TOO_LONG: ("the query is longer than {} bytes", "split it into several subscriptions"),
    Fault.TOO_MANY_TERMS: ("the query has more than {} words", "split it into several subscriptions"),
    Fault.TOO_DEEP: ("brackets are nested deeper than {}", "leave out brackets that are not needed"),
    Fault.NO_WORD: ("“{}” has neither letters nor digits", "leave it out, or write it inside a phrase in quotes"),
    Fault.LONE_DASH: (
        "this dash stands alone",
        "write it directly before the word that must not occur, or leave it out",
    ),
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
    Fault.UNKNOWN_FIELD: (
        "there is no field “{}:”",
        "fields are title, body, category, tag, author, source, agency, ai, url; write a word with a colon in quotes",
    ),
    Fault.EMPTY_FIELD: ("{} has nothing after it", "write directly after it what the field must contain"),
    Fault.NESTED_FIELD: ("{} stands inside another field", "write each field before its own words"),
    Fault.NEGATION_IN_FIELD: ("what must not occur is negated before {}, not behind it", "write -{} and then the word"),
    Fault.NO_YES_OR_NO: ("“{}” is neither yes nor no", "write ai:yes or ai:no"),
    Fault.NEAR_WITHOUT_NUMBER: ("{} does not say how near", 'write a number of words, e.g. NEAR/5 or "a b"~5'),
    Fault.NEAR_TOO_FAR: ("words can be 1 to {} apart, no more", "write a smaller number, or AND"),
    Fault.NEAR_TOO_MANY: (
        "more than {} words in a row are to be near each other",
        "write NEAR between fewer of them, and AND between groups",
    ),
    Fault.NEAR_OPERAND: (
        "beside {} there can be no negation",
        "write words, phrases or groups of them with OR, and negate outside",
    ),
    Fault.NEAR_FIELDS: ("the sides of {} stand in different fields and are never near", "write AND instead"),
    Fault.SHORT_WILDCARD: (
        "“{}” would find too many words: it needs 3 letters beside * and ?, and 4 between two *",
        "write more letters",
    ),
    Fault.EXACT_WILDCARD: ("“{}” cannot be exact and have * or ? or + in it", "leave out the = or the sign"),
    Fault.STOP_WORDS: (
        "the query has only words that stand in nearly every article",
        "add a word that says what it is about",
    ),
    Fault.REGEX: ("regular expressions such as {} are not supported", "write words with * and ?, or several with OR"),
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
    Fault.LONE_DASH: (
        "dieser Strich steht allein",
        "direkt vor das Wort schreiben, das nicht vorkommen darf, oder weglassen",
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
    Fault.UNKNOWN_FIELD: (
        "ein Feld „{}:“ gibt es nicht",
        "Felder: titel, text, kategorie, tag, autor, quelle, agentur, ki, url; ein Wort mit : in Anführungszeichen setzen",
    ),
    Fault.EMPTY_FIELD: ("nach {} steht nichts", "direkt dahinter schreiben, was das Feld enthalten muss"),
    Fault.NESTED_FIELD: ("{} steht in einem anderen Feld", "jedes Feld vor seine eigenen Wörter schreiben"),
    Fault.NEGATION_IN_FIELD: (
        "was nicht vorkommen darf, wird vor {} verneint, nicht dahinter",
        "-{} und dann das Wort schreiben",
    ),
    Fault.NO_YES_OR_NO: ("„{}“ ist weder ja noch nein", "ki:ja oder ki:nein schreiben"),
    Fault.NEAR_WITHOUT_NUMBER: (
        "{} sagt nicht, wie nah",
        'eine Zahl von Wörtern schreiben, z. B. NEAR/5 oder "a b"~5',
    ),
    Fault.NEAR_TOO_FAR: ("Wörter können 1 bis {} Stellen auseinander stehen", "eine kleinere Zahl schreiben, oder UND"),
    Fault.NEAR_TOO_MANY: (
        "mehr als {} Wörter hintereinander sollen einander nah sein",
        "NEAR zwischen weniger Wörtern schreiben und UND zwischen Gruppen",
    ),
    Fault.NEAR_OPERAND: (
        "neben {} kann keine Verneinung stehen",
        "Wörter, Wortfolgen oder Gruppen davon mit ODER schreiben und außerhalb verneinen",
    ),
    Fault.NEAR_FIELDS: (
        "die Seiten von {} stehen in verschiedenen Feldern und sind sich nie nah",
        "stattdessen UND schreiben",
    ),
    Fault.SHORT_WILDCARD: (
        "„{}“ fände zu viele Wörter: neben * und ? müssen 3 Buchstaben stehen, zwischen zwei * 4",
        "mehr Buchstaben schreiben",
    ),
    Fault.EXACT_WILDCARD: (
        "„{}“ kann nicht genau sein und *, ? oder + enthalten",
        "das = oder das Zeichen weglassen",
    ),
    Fault.STOP_WORDS: (
        "die Suche hat nur Wörter, die in fast jedem Artikel stehen",
        "ein Wort hinzufügen, das sagt, worum es geht",
    ),
    Fault.REGEX: (
        "reguläre Ausdrücke wie {} gibt es nicht",
        "Wörter mit * und ? schreiben, oder mehrere mit ODER",
    ),
    Fault.OTHER_SIGN: (
        "„{}“ ist hier kein Operator",
        "UND, ODER oder ein - vor dem Wort schreiben, das nicht vorkommen darf",
    ),
}

# What is no fault, but may not be what was meant.
REMARKS = {
    "en": {
        "mixed": "AND binds tighter than OR: put brackets around what belongs together",
        "lower": "{} is searched as a word: operators are written in upper case",
    },
    "de": {
        "mixed": "UND bindet stärker als ODER: was zusammengehört, in Klammern setzen",
        "lower": "{} wird als Wort gesucht: Operatoren stehen in Großbuchstaben",
    },
}
