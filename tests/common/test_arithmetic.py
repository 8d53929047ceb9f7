"""Tests of arithmetic: it computes what Python computes, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.arithmetic import (
    MAX_BITS,
    ArithmeticExpressionError,
    evaluate,
    show,
)

NUMBERS = st.integers(0, 999).map(str) | st.floats(0, 999, allow_nan=False).map(
    lambda number: f"{number:.3f}"
)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        inner.map("({}) ** 2".format),
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(EXPRESSIONS.filter(lambda text: len(text) <= 200))
def test_value_is_that_of_python(expression: str) -> None:
    """Every expression has the value that Python gives it, or divides by zero in both."""
    try:
        expected = eval(expression, {"__builtins__": {}})
    except (ZeroDivisionError, OverflowError):
        with pytest.raises(ArithmeticExpressionError):
            evaluate(expression)
        return

    if isinstance(expected, int) and expected.bit_length() > MAX_BITS // 4:
        return  # an intermediate value may lie past the bound
    assert evaluate(expression) == expected


@settings(deadline=None)
@given(st.text(max_size=220) | st.text("0123456789+-*/%()eE. ", max_size=220))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    """No text does anything but give a number or be refused."""
    try:
        value = evaluate(text)
    except ArithmeticExpressionError:
        return

    assert type(value) in (int, float)


@pytest.mark.parametrize(
    "text",
    ["", "2 +", "a + 1", "__import__('os')", "1 if 2 else 3", "9**9**9", "10**-5000", "1/0",
     "5 % 0", "1e999", "(-8) ** 0.5", "2 and 3", "1" * 201, "1,5", "3(4)", "0.1.2", "007", "1e5(2)",
     "1e300 * 1e300", "(" * 99 + "1" + ")" * 99 + "(", "99999 ** 99999", "10.0 ** 400"],
)  # fmt: skip
def test_refused_texts(text: str) -> None:
    """What is not arithmetic or too big to compute is refused."""
    with pytest.raises(ArithmeticExpressionError):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2+3*4", "14"), ("0.1 + 0.2", "0.3"), ("7/2", "3.5"), ("8/2", "4"), ("2**64", str(2**64)),
     ("10/3", "3.33333333333"), ("-(2) ** 2", "-4"), ("1e20 * 1.5", "1.5e+20")],
)  # fmt: skip
def test_numbers_are_shown_for_people(text: str, shown: str) -> None:
    """Numbers are written without the noise of binary fractions."""
    assert show(evaluate(text)) == shown
