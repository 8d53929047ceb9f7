"""
Arithmetic on exact fractions, computed two ways: over the syntax tree and on a stack.

Pure and bounded; a name or a call never gets in. Wording of questions may not enter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

MAX_CHARACTERS: Final = 300
MAX_BITS: Final = 2_048
MAX_NESTING: Final = 40

_TOKEN = re.compile(r"\s*(\*\*|\d+\.?\d*|\.\d+|[()+\-*/])")
_PRIORITY: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}


class InexactError(ValueError):
    """Refuse what is not arithmetic on rational numbers, or is too big."""


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or bits * abs(exponent) > MAX_BITS:
        raise InexactError(f"{base} to the power of {exponent} is not computed exactly")
    return Fraction(base ** int(exponent))


_APPLY: Final[dict[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": _power,
}
_SIGNS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip

Operation = tuple[str, Fraction]
"""An operation as text, such as `3 * 4`, and its value."""


def evaluate(expression: str) -> tuple[Fraction, tuple[Operation, ...]]:
    """Return the value of an expression and its operations in the order they are done."""
    text = _checked(expression)
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InexactError(f"cannot read {text[:60]!r} as arithmetic") from None
    done: list[Operation] = []
    return _value(tree.body, done), tuple(done)


def recompute(expression: str) -> Fraction:
    """Return the value again, by an operator stack instead of a syntax tree."""
    values: list[Fraction] = []
    signs: list[str] = []
    wants_value = True
    for token in _TOKEN.findall(_checked(expression)):
        if token[0].isdigit() or token[0] == ".":
            values.append(Fraction(token))
            wants_value = False
        elif token == "(":
            signs.append(token)
        elif token == ")":
            while signs and signs[-1] != "(":
                _reduce(values, signs)
            if not signs:
                raise InexactError("a parenthesis is not opened")
            signs.pop()
        elif wants_value and token in "+-":
            signs.extend(["neg"] if token == "-" else [])
        else:
            while signs and signs[-1] != "(" and _binds_before(signs[-1], token):
                _reduce(values, signs)
            signs.append(token)
            wants_value = True
    while signs:
        _reduce(values, signs)
    if len(values) != 1:
        raise InexactError("expected operators between numbers")
    return values[0]


def is_verified(expression: str, value: Fraction) -> bool:
    """Tell whether the second way gives the same value."""
    try:
        return recompute(expression) == value
    except InexactError:
        return False


def show(value: Fraction) -> str:
    """Write a number for people: whole, short decimal, or fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 and value.denominator <= 1000 and abs(value.numerator) < 10_000:
        return f"{value.numerator}/{value.denominator}"
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 1_000:
        return str(round(value))
    return f"{float(value):.10g}"


def show_decimal(value: Fraction) -> str:
    """Write a number for people without a fraction, as amounts in units are read."""
    is_small = max(value.numerator.bit_length(), value.denominator.bit_length()) <= 1_000
    return f"{float(value):.10g}" if value.denominator != 1 and is_small else show(value)


def _checked(expression: str) -> str:
    text = " ".join(expression.split())
    deepest = depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    is_readable = re.fullmatch(r"[0-9.+\-*/() ]+", text) and "//" not in text
    if not text or len(text) > MAX_CHARACTERS or deepest > MAX_NESTING or not is_readable:
        raise InexactError(f"expected numbers and + - * / **, found {text[:60]!r}")
    return re.sub(r"\b0+(?=\d)", "", text)


def _value(node: ast.expr, done: list[Operation]) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, done)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand, done)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            a, b = _value(left, done), _value(right, done)
            value = _applied(_SIGNS[type(sign)], a, b)
            done.append((f"{_operand(a)} {_SIGNS[type(sign)]} {_operand(b)}", value))
            return value
    raise InexactError("expected numbers and operators")


def _operand(value: Fraction) -> str:
    text = show(value)
    return f"({text})" if "/" in text or text.startswith("-") else text


def _applied(sign: str, a: Fraction, b: Fraction) -> Fraction:
    try:
        value = _APPLY[sign](a, b)
    except ZeroDivisionError:
        raise InexactError("division by zero") from None
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise InexactError("the number is too big")
    return value


def _binds_before(waiting: str, arriving: str) -> bool:
    if arriving == "**":
        return False
    return _PRIORITY[waiting] >= _PRIORITY[arriving]


def _reduce(values: list[Fraction], signs: list[str]) -> None:
    sign = signs.pop()
    needed = 1 if sign == "neg" else 2
    if sign == "(" or len(values) < needed:
        raise InexactError("expected a number beside each operator")
    b = values.pop()
    values.append(-b if sign == "neg" else _applied(sign, values.pop(), b))
