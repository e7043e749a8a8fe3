"""How people write a query: the grammar, and the tree that follows from it.

AND (also a blank) binds tighter than OR, NEAR tighter than both, a field tightest.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from lark import Lark, Tree, UnexpectedToken
from lark import Token as LarkToken
from lark.lexer import Lexer

from worker.query.faults import REMARKS, Fault, FaultError
from worker.query.lexer import OPERATORS, Kind, Token, tokens
from worker.query.nodes import (
    MAX_NEAR,
    And,
    Node,
    Not,
    Or,
    Word,
    all_of,
    any_of,
    depth_of_near,
    in_scope,
    is_positive,
    near,
    terms,
)
from worker.query.stored import Query
from worker.query.terms import count_of, is_stop_word, phrase_of, word_of
from worker.query.words import form_key

MAX_BYTES = 2048
MAX_TERMS = 200
MAX_DEPTH = 20


def parse(text: str, language: str = "en") -> Query:
    """The query that a text says.

    language: "de" or "en", of messages and remarks. Raises: QuerySyntaxError, with position and hint.
    """
    try:
        return _parsed(text, language)
    except FaultError as fault:
        raise fault.told(language) from None


def _parsed(text: str, language: str) -> Query:
    read = read_tokens(text)
    builder = _Builder(read)
    root = builder.node(_tree(read))
    if not is_positive(root):
        raise FaultError(Fault.ONLY_NEGATION, read[0].position)
    if all(map(is_stop_word, _wanted(root))):
        raise FaultError(Fault.STOP_WORDS, read[0].position)
    words = REMARKS[language if language in REMARKS else "en"]
    remarks = [words["mixed"]] if builder.mixed else []
    remarks += (words["lower"].replace("{}", token.text) for token in read if _is_lower_operator(token))
    return Query.of(text, root, tuple(dict.fromkeys(remarks)))


def read_tokens(text: str) -> list[Token]:
    """The tokens of a query that is not too large. Raises: FaultError."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FaultError(Fault.TOO_LONG, _offset_of_byte(text, MAX_BYTES), str(MAX_BYTES))
    read = tokens(text)
    if not read:
        raise FaultError(Fault.EMPTY, 0)
    depth = count = 0
    for token in read:
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if depth > MAX_DEPTH:
            raise FaultError(Fault.TOO_DEEP, token.position, str(MAX_DEPTH))
        count += count_of(token) if token.kind in (Kind.WORD, Kind.PHRASE) else token.kind is Kind.FIELD
        if count > MAX_TERMS:
            raise FaultError(Fault.TOO_MANY_TERMS, token.position, str(MAX_TERMS))
    return read


def _is_lower_operator(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text in ("and", "und", "or", "oder", "not", "nicht")


def _wanted(node: Node) -> Iterator[Any]:
    """The terms that are not negated."""
    if isinstance(node, And):
        for child in node.children:
            yield from _wanted(child)
    elif not isinstance(node, Not):
        yield from terms(node)


def _offset_of_byte(text: str, byte: int) -> int:
    return len(text[: byte + 1].encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "ignore"))


# -- the grammar --------------------------------------------------------------------------------------------------------

_GRAMMAR = """
start: any
?any: all (_OR all)*
?all: one (_AND? one)*
?one: NOT close -> negated
    | close
?close: value (NEAR value)*
?value: FIELD value -> field
    | atom
?atom: WORD | PHRASE | OPEN any CLOSE -> group
%declare _OR _AND NOT NEAR FIELD WORD PHRASE OPEN CLOSE
"""
_SILENT = {Kind.OR: "_OR", Kind.AND: "_AND"}  # Lark leaves them out of the tree


class _Numbered(Lexer):
    """Hands our tokens to Lark by kind and number."""

    def __init__(self, _configuration: object) -> None:
        pass

    def lex(self, read: Any) -> Iterator[LarkToken]:  # type: ignore[override]  # Lark allows what a custom lexer takes
        for number, token in enumerate(read):
            yield LarkToken(_SILENT.get(token.kind, str(token.kind)), token.text, start_pos=number)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer=_Numbered)


def _tree(read: Sequence[Token]) -> Tree[LarkToken]:
    """Raises: FaultError."""
    try:
        return _grammar().parse(read)
    except UnexpectedToken as unexpected:
        at = len(read) if unexpected.token.type == "$END" else _number(unexpected.token)
        raise _out_of_place(read, at) from None


def _number(token: LarkToken) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _out_of_place(read: Sequence[Token], at: int) -> FaultError:
    """Why the token with this number, or the end, cannot stand where it does."""
    before = read[at - 1] if at else None
    token = read[at] if at < len(read) else None
    if before and before.kind is Kind.FIELD:
        if token and token.kind is Kind.NOT:
            return FaultError(Fault.NEGATION_IN_FIELD, token.position, before.text)
        return FaultError(Fault.EMPTY_FIELD, before.position, before.text)
    if before and before.kind in OPERATORS:
        return _after_operator(before, token)
    if token is None:
        return FaultError(Fault.UNCLOSED_BRACKET, _innermost_open(read))
    if token.kind is Kind.CLOSE:
        if before and before.kind is Kind.OPEN:
            return FaultError(Fault.EMPTY_BRACKETS, before.position)
        return FaultError(Fault.UNOPENED_BRACKET, token.position)
    return FaultError(Fault.NOTHING_BEFORE, token.position, token.text)


def _after_operator(operator: Token, token: Token | None) -> FaultError:
    if token is None or token.kind is Kind.CLOSE:
        return FaultError(Fault.NOTHING_AFTER, operator.position, operator.text)
    if token.kind is Kind.NOT:
        if operator.kind is Kind.NEAR:
            return FaultError(Fault.NEAR_OPERAND, operator.position, operator.text)
        return FaultError(Fault.TWO_NEGATIONS, token.position, token.text)
    return FaultError(Fault.TWO_OPERATORS, token.position, token.text)


def _innermost_open(read: Sequence[Token]) -> int:
    waiting: list[int] = []
    for token in read:
        if token.kind is Kind.OPEN:
            waiting.append(token.position)
        elif token.kind is Kind.CLOSE and waiting:
            waiting.pop()
    return waiting[-1] if waiting else 0


# -- the tree -----------------------------------------------------------------------------------------------------------


class _Builder:
    """Makes nodes of Lark's tree. mixed: whether AND and OR stand beside each other without brackets."""

    def __init__(self, read: Sequence[Token]) -> None:
        self._read = read
        self.mixed = False

    def node(self, tree: "Tree[LarkToken] | LarkToken", scope: str = "") -> Node:
        """Raises: FaultError. Recursion ends with the depth of brackets."""
        if isinstance(tree, LarkToken):
            return term_of(self._token(tree), scope)
        match str(tree.data):
            case "any":
                return self._any(tree.children, scope)
            case "all":
                return all_of([self.node(child, scope) for child in tree.children])
            case "negated":
                return Not(self.node(tree.children[1], scope))
            case "close":
                return self._close(tree.children, scope)
            case "field":
                return self._field(tree.children, scope)
        return self.node(tree.children[1 if tree.data == "group" else 0], scope)

    def _token(self, token: LarkToken) -> Token:
        return self._read[_number(token)]

    def _first(self, tree: "Tree[LarkToken] | LarkToken") -> Token:
        while not isinstance(tree, LarkToken):
            tree = tree.children[0]
        return self._token(tree)

    def _any(self, branches: Sequence["Tree[LarkToken] | LarkToken"], scope: str) -> Node:
        nodes = []
        for branch in branches:
            self.mixed |= not isinstance(branch, LarkToken) and branch.data == "all"
            nodes.append(self.node(branch, scope))
            if not is_positive(nodes[-1]):
                raise FaultError(Fault.NEGATED_BRANCH, self._first(branch).position)
        return any_of(nodes)

    def _field(self, children: Sequence["Tree[LarkToken] | LarkToken"], scope: str) -> Node:
        name, value = children
        assert isinstance(name, LarkToken)
        token = self._token(name)
        if scope:
            raise FaultError(Fault.NESTED_FIELD, token.position, token.text)
        return self.node(value, token.field)

    def _close(self, children: Sequence["Tree[LarkToken] | LarkToken"], scope: str) -> Node:
        left = self._side(children[0], self._token_of(children[1]), scope)
        for operator, child in zip(children[1::2], children[2::2], strict=True):
            token = self._token_of(operator)
            left = _nearby(left, self._side(child, token, scope), token)
        return left

    def _token_of(self, tree: "Tree[LarkToken] | LarkToken") -> Token:
        assert isinstance(tree, LarkToken)
        return self._token(tree)

    def _side(self, tree: "Tree[LarkToken] | LarkToken", operator: Token, scope: str) -> Node:
        node = self.node(tree, scope)
        if _has_negation(node):
            raise FaultError(Fault.NEAR_OPERAND, operator.position, operator.text)
        return node


def term_of(token: Token, scope: str) -> Node:
    """The node of a word or phrase in this scope. Raises: FaultError."""
    if scope == "ai":
        answer = _ANSWERS.get(token.text.lower())
        if answer is None:
            raise FaultError(Fault.NO_YES_OR_NO, token.position, token.text)
        return Word((answer,), (), scope)
    node = word_of(token, scope) if token.kind is Kind.WORD else phrase_of(token, scope)
    if scope == "agency" and isinstance(node, Word) and PRESS_KEYS & set(node.keys):
        return Word((form_key("press"),), (), scope)
    return node


_ANSWERS = {
    **dict.fromkeys(("yes", "ja"), form_key("yes")),
    **dict.fromkeys(("no", "nein"), form_key("no")),
}
PRESS_KEYS = {form_key("press"), form_key("presse"), form_key("pressemitteilung")}


def _has_negation(node: Node) -> bool:
    match node:
        case Not():
            return True
        case And(children=children) | Or(children=children):
            return any(map(_has_negation, children))
    return False


def _nearby(left: Node, right: Node, operator: Token) -> Node:
    """(a b) NEAR/5 c: a near c, and b near c."""
    lefts = left.children if isinstance(left, And) else (left,)
    rights = right.children if isinstance(right, And) else (right,)
    if len(lefts) * len(rights) > MAX_TERMS:
        raise FaultError(Fault.TOO_MANY_TERMS, operator.position, str(MAX_TERMS))
    if max(map(depth_of_near, (*lefts, *rights))) >= MAX_NEAR:
        raise FaultError(Fault.NEAR_TOO_MANY, operator.position, str(MAX_NEAR + 1))
    scope = _common_scope(left, right, operator)
    return all_of(
        near(in_scope(one, scope), in_scope(other, scope), operator.distance, ordered=operator.ordered)
        for one in lefts
        for other in rights
    )


def _common_scope(left: Node, right: Node, operator: Token) -> str:
    """The one field in which both sides stand; a side without a field takes the other's. Raises: FaultError."""
    sides = [{term.scope for term in terms(side)} for side in (left, right)]
    named = set().union(*sides) - {""}
    if len(named) > 1 or any(len(scopes) > 1 for scopes in sides):
        raise FaultError(Fault.NEAR_FIELDS, operator.position, operator.text)
    return named.pop() if named else ""
