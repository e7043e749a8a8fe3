"""How people write a query: words, "phrases", AND, OR, NOT and brackets, read by recursive descent.

AND (also a blank) binds tighter than OR. The grammar, with T a word or phrase:
    any := all (OR all)*      all := one (AND? one)*      one := NOT? (T | "(" any ")")
"""

from worker.query.faults import Fault, FaultError
from worker.query.lexer import Kind, Token, tokens
from worker.query.nodes import Node, Not, Phrase, Query, Word, all_of, any_of, is_positive

MAX_BYTES = 2048
MAX_TERMS = 200
MAX_DEPTH = 20


def parse(text: str, language: str = "en") -> Query:
    """The query that a text says.

    language: "de" or "en", of the messages. Raises: QuerySyntaxError, with position and hint.
    """
    try:
        return Query(text=text, root=_Parser(text).root())
    except FaultError as fault:
        raise fault.told(language) from None


class _Parser:
    """One reading of one text; `_at` is the number of the token that is next."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise FaultError(Fault.TOO_LONG, _offset_of_byte(text, MAX_BYTES), str(MAX_BYTES))
        self._tokens = tokens(text)
        self._end = len(text)
        self._at = 0
        self._depth = 0
        terms = 0
        for token in self._tokens:
            terms += len(token.keys)
            if terms > MAX_TERMS:
                raise FaultError(Fault.TOO_MANY_TERMS, token.position, str(MAX_TERMS))

    def root(self) -> Node:
        if not self._tokens:
            raise FaultError(Fault.EMPTY, 0)
        node = self._any()
        if token := self._next():
            raise FaultError(Fault.UNOPENED_BRACKET, token.position)
        if not is_positive(node):
            raise FaultError(Fault.ONLY_NEGATION, self._tokens[0].position)
        return node

    def _any(self) -> Node:
        branches = [self._branch()]
        while self._take(Kind.OR):
            branches.append(self._branch())
        if len(branches) > 1:
            for node, position in branches:
                if not is_positive(node):
                    raise FaultError(Fault.NEGATED_BRANCH, position)
        return any_of(node for node, _ in branches)

    def _branch(self) -> tuple[Node, int]:
        first = self._next()
        return self._all(), first.position if first else self._end

    def _all(self) -> Node:
        nodes = [self._one()]
        while self._take(Kind.AND) or self._starts_one():
            nodes.append(self._one())
        return all_of(nodes)

    def _one(self) -> Node:
        if negation := self._take(Kind.NOT):
            if again := self._next(Kind.NOT):
                raise FaultError(Fault.TWO_NEGATIONS, again.position, again.text)
            return Not(child=self._operand(negation))
        return self._operand(None)

    def _operand(self, negation: Token | None) -> Node:
        token = self._next()
        if token is None or token.kind not in (Kind.WORD, Kind.PHRASE, Kind.OPEN):
            raise self._missing(token, negation)
        self._at += 1
        if token.kind is Kind.OPEN:
            return self._group(token)
        words = tuple(Word(parts=parts) for parts in token.keys)
        return words[0] if token.kind is Kind.WORD and len(words) == 1 else Phrase(words=words)

    def _group(self, opening: Token) -> Node:
        if self._next(Kind.CLOSE):
            raise FaultError(Fault.EMPTY_BRACKETS, opening.position)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FaultError(Fault.TOO_DEEP, opening.position, str(MAX_DEPTH))
        if self._next() is None:
            raise FaultError(Fault.UNCLOSED_BRACKET, opening.position)
        node = self._any()
        if not self._take(Kind.CLOSE):
            raise FaultError(Fault.UNCLOSED_BRACKET, opening.position)
        self._depth -= 1
        return node

    def _missing(self, token: Token | None, negation: Token | None) -> FaultError:
        """Why a word or group was wanted where there is none."""
        before = negation or (self._tokens[self._at - 1] if self._at else None)
        if before and before.kind in (Kind.AND, Kind.OR, Kind.NOT):
            if token is None or token.kind is Kind.CLOSE:
                return FaultError(Fault.NOTHING_AFTER, before.position, before.text)
            return FaultError(Fault.TWO_OPERATORS, token.position, token.text)
        if token is None or token.kind is Kind.CLOSE:
            return FaultError(Fault.UNOPENED_BRACKET, token.position if token else self._end)
        return FaultError(Fault.NOTHING_BEFORE, token.position, token.text)

    def _starts_one(self) -> bool:
        token = self._next()
        return token is not None and token.kind not in (Kind.OR, Kind.CLOSE)

    def _next(self, kind: Kind | None = None) -> Token | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        return token if token is None or kind in (None, token.kind) else None

    def _take(self, kind: Kind) -> Token | None:
        token = self._next(kind)
        self._at += token is not None
        return token


def _offset_of_byte(text: str, byte: int) -> int:
    return len(text[: byte + 1].encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "ignore"))
