"""Tests of the bodies that contract tests ask with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from common.testing.schemas import values_of


class Colour(StrEnum):
    """Name a colour."""

    RED = "red"
    BLUE = "blue"


class Wheel(BaseModel):
    """A part with bounds of every kind."""

    model_config = ConfigDict(extra="forbid")

    inches: float = Field(gt=10.0, le=29.0)
    spokes: Annotated[int, Field(ge=3, lt=40)] = 8
    colour: Colour = Colour.RED


class Bicycle(BaseModel):
    """A model with every kind of field that messages have."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=20, pattern=r"\S")
    wheels: tuple[Wheel, ...] = Field(min_length=1, max_length=3)
    size: tuple[int, int]
    kind: Literal["race"] | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, JsonValue] = Field(default_factory=dict)


@given(body=values_of(Bicycle.model_json_schema()))
def test_what_a_schema_allows_the_model_takes(body: Any) -> None:
    """A value of the schema is a value of the model."""
    Bicycle.model_validate(body)


@given(data=st.data())
def test_fields_that_need_not_be_there_are_sometimes_left_out(data: st.DataObject) -> None:
    """Required fields always are."""
    body = data.draw(values_of(Wheel.model_json_schema()))

    assert {"inches"} <= body.keys() <= {"inches", "spokes", "colour"}


def test_a_type_that_json_does_not_know_is_refused() -> None:
    """A schema of another origin is not guessed at."""
    with pytest.raises(ValueError, match="expected a type of JSON, found 'date'"):
        values_of({"type": "date"})
