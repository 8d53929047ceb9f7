"""
Arithmetic as text, evaluated over its syntax tree: numbers and operators, nothing else.

Pure and bounded in length and size of numbers; a name, call or attribute never gets in.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction

MAX_CHARACTERS = 200
MAX_BITS = 4096

Number = int | float

_ALLOWED = re.compile(r"[0-9eE.+\-*/%() ]+")
_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


class ArithmeticExpressionError(ValueError):
    """Refuse what is not arithmetic, or is too big to compute."""


def evaluate(expression: str) -> Number:
    """Return the value of an expression such as `2 + 3 * 4`, as Python would compute it."""
    text = " ".join(expression.split())
    if not text or len(text) > MAX_CHARACTERS or not _ALLOWED.fullmatch(text):
        raise ArithmeticExpressionError(
            f"expected up to {MAX_CHARACTERS} digits and operators + - * / // % **, "
            f"found {text[:60]!r}"
        )
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        raise ArithmeticExpressionError(f"cannot read {text!r} as arithmetic") from None
    try:
        return _bounded(_value(tree.body))
    except ZeroDivisionError:
        raise ArithmeticExpressionError(f"{text} divides by zero") from None
    except OverflowError:
        raise ArithmeticExpressionError(f"{text} is too big") from None


def show(value: Number) -> str:
    """Write a number for people: without the noise of binary fractions."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
    return str(value)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            return _UNARY[type(sign)](_value(operand))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _compute(type(sign), _value(left), _value(right))
    raise ArithmeticExpressionError(f"expected numbers and operators, found {ast.unparse(node)!r}")


def _compute(sign: type[ast.operator], left: Number, right: Number) -> Number:
    if sign is ast.Pow:
        _check_power(left, right)
    return _bounded(_BINARY[sign](left, right))


def _check_power(base: Number, exponent: Number) -> None:
    if isinstance(base, int) and isinstance(exponent, int):
        if base.bit_length() * abs(exponent) > MAX_BITS:
            raise OverflowError
    elif base < 0 and Fraction(exponent).denominator != 1:
        raise ArithmeticExpressionError(f"{base} to the power of {exponent} is no real number")


def _bounded(value: Number) -> Number:
    too_big = value.bit_length() > MAX_BITS if isinstance(value, int) else not math.isfinite(value)
    if too_big:
        raise OverflowError
    return value
