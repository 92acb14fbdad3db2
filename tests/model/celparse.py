"""Lexer and parser of the Common Expression Language: text to a tree of Node (SPEC X1, X5).

Macros become nodes of their own, so that the evaluator can give them their rules about errors.
"""

import re


class SyntaxProblem(Exception):
    """The text is not CEL; offset counts characters from 0."""

    def __init__(self, message, offset):
        super().__init__(message)
        self.offset = offset


class Node:
    """One node: kind, offset in the text, and what the kind needs in `parts`."""

    __slots__ = ("kind", "offset", "parts")

    def __init__(self, kind, offset, *parts):
        self.kind, self.offset, self.parts = kind, offset, parts

    def __repr__(self):
        return f"{self.kind}{self.parts!r}"


RESERVED = set(
    "as break const continue else for function if import let loop package namespace return var void while".split()
)
TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n]*)
      |(?P<string>(?:[rR][bB]?|[bB][rR]?)?(?:\"\"\"|'''|\"|'))
      |(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
      |(?P<int>(?:0[xX][0-9a-fA-F]+|\d+)[uU]?)
      |(?P<ident>[_a-zA-Z][_a-zA-Z0-9]*)
      |(?P<quoted>`[a-zA-Z0-9_.\-/ ]+`)
      |(?P<op>&&|\|\||<=|>=|==|!=|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.ASCII,
)
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
           "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`"}


class Token:
    __slots__ = ("kind", "value", "offset")

    def __init__(self, kind, value, offset):
        self.kind, self.value, self.offset = kind, value, offset


def read_string(text, start, opening):
    """The literal that begins at `start` with prefix and quote `opening`; returns (value, end)."""
    quote = opening.lstrip("rRbB")
    prefix = opening[: len(opening) - len(quote)].lower()
    raw, is_bytes = "r" in prefix, "b" in prefix
    position = start + len(opening)
    out = bytearray() if is_bytes else []

    def put(character):
        if is_bytes:
            out.extend(character.encode())
        else:
            out.append(character)

    while True:
        if text.startswith(quote, position):
            position += len(quote)
            return (bytes(out) if is_bytes else "".join(out)), position
        if position >= len(text):
            raise SyntaxProblem("string without end", start)
        character = text[position]
        if character in "\r\n" and len(quote) == 1:
            raise SyntaxProblem("line break in a string", position)
        if character != "\\" or raw:
            put(character)
            position += 1
            continue
        following = text[position + 1 : position + 2]
        if following in ESCAPES and following:
            put(ESCAPES[following])
            position += 2
            continue
        match = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))").match(
            text, position
        )
        if not match:
            raise SyntaxProblem("unknown escape", position)
        digits = match.group(1) or match.group(2) or match.group(3)
        code = int(digits, 16) if digits else int(match.group(4), 8)
        wide = match.group(2) or match.group(3)
        if wide and (is_bytes or code > 0x10FFFF or 0xD800 <= code < 0xE000):
            raise SyntaxProblem("bad code point", position)
        if is_bytes:
            out.append(code)
        else:
            out.append(chr(code))
        position = match.end()


def tokenize(text):
    tokens, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise SyntaxProblem(f"unexpected {text[position]!r}", position)
        kind = match.lastgroup
        if kind == "string":
            value, end = read_string(text, position, match.group())
            tokens.append(Token("literal", value, position))
            position = end
            continue
        if kind == "float":
            tokens.append(Token("literal", float(match.group()), position))
        elif kind != "space":
            tokens.append(Token(kind, match.group(), position))
        position = match.end()
    tokens.append(Token("end", "end of text", len(text)))
    return tokens


class Unsigned(int):
    """A CEL uint."""


class Parser:
    def __init__(self, text):
        self.tokens = tokenize(text)
        self.position = 0

    def peek(self):
        return self.tokens[self.position]

    def take(self):
        token = self.tokens[self.position]
        self.position += 1
        return token

    def at(self, *operators):
        token = self.peek()
        return token.kind == "op" and token.value in operators

    def expect(self, operator):
        if not self.at(operator):
            raise SyntaxProblem(f"expected {operator!r}, found {self.peek().value!r}", self.peek().offset)
        return self.take()

    def whole(self):
        tree = self.expression()
        if self.peek().kind != "end":
            raise SyntaxProblem(f"unexpected {self.peek().value!r}", self.peek().offset)
        return tree

    def expression(self):
        condition = self.disjunction()
        if self.at("?"):
            offset = self.take().offset
            chosen = self.disjunction()
            self.expect(":")
            return Node("if", offset, condition, chosen, self.expression())
        return condition

    def chain(self, operators, operand):
        left = operand()
        while self.at(*operators) or ("in" in operators and self.peek().value == "in" and self.peek().kind == "ident"):
            token = self.take()
            left = Node("binary", token.offset, token.value, left, operand())
        return left

    def disjunction(self):
        return self.chain(("||",), self.conjunction)

    def conjunction(self):
        return self.chain(("&&",), self.relation)

    def relation(self):
        return self.chain(("<", "<=", ">", ">=", "==", "!=", "in"), self.addition)

    def addition(self):
        return self.chain(("+", "-"), self.multiplication)

    def multiplication(self):
        return self.chain(("*", "/", "%"), self.unary)

    def unary(self):
        if self.at("!", "-"):
            token = self.take()
            if token.value == "-" and self.peek().kind == "int" and not self.peek().value[-1] in "uU":
                # The least int can only be written with its sign.
                self.peek().value = "-" + self.peek().value
                return self.member()
            if token.value == "-" and self.peek().kind == "literal" and type(self.peek().value) is float:
                self.peek().value = -self.peek().value
                return self.member()
            return Node("unary", token.offset, token.value, self.unary())
        return self.member()

    def member(self):
        tree = self.primary()
        while True:
            if self.at("."):
                self.take()
                token = self.take()
                if token.kind == "quoted":
                    tree = Node("select", token.offset, tree, token.value[1:-1])
                    continue
                if token.kind != "ident" or token.value in ("in", "true", "false", "null"):
                    raise SyntaxProblem(f"expected a name, found {token.value!r}", token.offset)
                if self.at("("):
                    tree = self.call(token, tree)
                else:
                    tree = Node("select", token.offset, tree, token.value)
            elif self.at("["):
                offset = self.take().offset
                index = self.expression()
                self.expect("]")
                tree = Node("index", offset, tree, index)
            else:
                return tree

    def arguments(self, closing):
        """Comma-separated expressions up to `closing`; lists may end in a comma."""
        out = []
        while not self.at(closing):
            out.append(self.expression())
            if not self.at(","):
                break
            self.take()
            if self.at(closing) and closing == ")":
                raise SyntaxProblem("unexpected ')'", self.peek().offset)
        self.expect(closing)
        return out

    def call(self, name, target):
        self.expect("(")
        arguments = self.arguments(")")
        function = name.value
        if target is None and function == "has":
            if len(arguments) != 1 or arguments[0].kind != "select":
                raise SyntaxProblem("has() takes one field selection", name.offset)
            return Node("has", name.offset, *arguments[0].parts)
        shape = (function, len(arguments))
        if target is not None and shape in (("all", 2), ("exists", 2), ("exists_one", 2), ("filter", 2), ("map", 2), ("map", 3)):
            variable = arguments[0]
            if variable.kind != "ident":
                raise SyntaxProblem("the first argument of a macro is a plain name", variable.offset)
            return Node("macro", name.offset, function, target, variable.parts[0], arguments[1:])
        return Node("call", name.offset, function, target, arguments)

    def primary(self):
        token = self.take()
        if token.kind == "literal":
            return Node("literal", token.offset, token.value)
        if token.kind == "int":
            return Node("literal", token.offset, self.integer(token))
        if token.kind == "op" and token.value == ".":
            token = self.take()
            if token.kind != "ident":
                raise SyntaxProblem("expected a name", token.offset)
            return self.call(token, None) if self.at("(") else Node("ident", token.offset, token.value)
        if token.kind == "ident":
            if token.value in ("true", "false"):
                return Node("literal", token.offset, token.value == "true")
            if token.value == "null":
                return Node("literal", token.offset, None)
            if token.value in RESERVED or token.value == "in":
                raise SyntaxProblem(f"{token.value!r} is reserved", token.offset)
            return self.call(token, None) if self.at("(") else Node("ident", token.offset, token.value)
        if token.kind == "op" and token.value == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if token.kind == "op" and token.value == "[":
            return Node("list", token.offset, self.arguments("]"))
        if token.kind == "op" and token.value == "{":
            pairs = []
            while not self.at("}"):
                key = self.expression()
                self.expect(":")
                pairs.append((key, self.expression()))
                if not self.at(","):
                    break
                self.take()
            self.expect("}")
            return Node("map", token.offset, pairs)
        raise SyntaxProblem(f"unexpected {token.value!r}", token.offset)

    @staticmethod
    def integer(token):
        text = token.value
        unsigned = text[-1] in "uU"
        value = int(text.rstrip("uU"), 0) if "x" in text.lower() else int(text.rstrip("uU"))
        if unsigned:
            if value >= 2**64:
                raise SyntaxProblem("uint out of range", token.offset)
            return Unsigned(value)
        if not -(2**63) <= value < 2**63:
            raise SyntaxProblem("int out of range", token.offset)
        return value


def parse(text):
    return Parser(text).whole()
