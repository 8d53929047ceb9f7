"""`./pants help agent` is the reference of the targets: every entry says something of its own."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from typing import Union

import pytest
from pants.engine.target import COMMON_TARGET_FIELDS, Field, Target

from fleet_build import target_types
from fleet_build.register import target_types as registered

Documented = Union[type[Field], type[Target]]
TARGETS = tuple(registered())
FIELDS = tuple(
    dict.fromkeys(
        field
        for target in TARGETS
        for field in target.core_fields
        if field not in COMMON_TARGET_FIELDS
    )
)
DOCUMENTED: tuple[Documented, ...] = (*TARGETS, *FIELDS)


def text(documented: Documented) -> str:
    """Give the help of a target type or field as one line."""
    return " ".join(str(documented.help).split())


@pytest.mark.parametrize("documented", DOCUMENTED, ids=lambda d: d.__name__)
def test_help_is_whole_sentences(documented: Documented) -> None:
    """Somebody who only reads the help learns what to write, with no placeholder left in it."""
    said = text(documented)

    assert documented.alias
    assert len(said.split()) >= 5, said
    assert said[0] in "`" or said[0].isupper(), said
    assert said.endswith("."), said
    assert said.count("`") % 2 == 0, said


def test_no_help_is_that_of_pants_own_field() -> None:
    """A field that extends one of Pants' says what it means here."""
    assert [
        field.__name__
        for field in FIELDS
        if any(text(field) == text(base) for base in field.__mro__[1:] if hasattr(base, "help"))
    ] == []


def test_no_help_is_copied_from_another() -> None:
    """Two entries that read alike mean that one of them was pasted and never changed."""
    pairs = [
        (first.__name__, second.__name__)
        for first, second in combinations(DOCUMENTED, 2)
        if SequenceMatcher(None, text(first).split(), text(second).split()).ratio() > 0.7
    ]

    assert pairs == []


def test_every_type_of_the_module_is_registered() -> None:
    """A target or field that no registered target has would never be shown by `./pants help`."""
    defined = {
        value
        for value in vars(target_types).values()
        if isinstance(value, type) and value.__module__ == target_types.__name__
    }

    assert defined == set(DOCUMENTED)


def test_a_target_has_no_two_fields_of_one_name() -> None:
    """BUILD files could state only one of them."""
    for target in TARGETS:
        counts = Counter(field.alias for field in target.core_fields)
        assert counts.most_common(1)[0][1] == 1, target.alias


@pytest.mark.parametrize(
    ("field", "choices"),
    [
        (target_types.MachineField, target_types.MACHINES),
        (target_types.StorageField, target_types.STORAGES),
        (target_types.CriticalityField, target_types.CRITICALITIES),
        (target_types.OrchestratorField, target_types.ORCHESTRATORS),
    ],
)
def test_help_names_every_choice(field: type[Field], choices: tuple[str, ...]) -> None:
    """A closed set of values is listed where the field is explained."""
    assert [choice for choice in choices if f"`{choice}`" not in text(field)] == []


def test_a_group_belongs_to_one_machine() -> None:
    """The help of `group` promises it."""
    groups = [group for groups in target_types.GROUPS.values() for group in groups]

    assert sorted(target_types.GROUPS) == sorted(target_types.MACHINES)
    assert len(groups) == len(set(groups))
