"""What a distribution requires, and what an agent therefore carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pants.engine.fs import EMPTY_DIGEST
from pants.util.frozendict import FrozenDict

from fleet_build.third_party import ThirdPartyError, Wheel, WheelHouse, required_names

LINUX = {"python_version": "3.11", "sys_platform": "linux", "platform_system": "Linux"}


def metadata(*requires: str) -> str:
    """Write a METADATA file."""
    lines = ["Metadata-Version: 2.1", "Name: thing", "Version: 1.0"]
    lines += [f"Requires-Dist: {require}" for require in requires]
    return "\n".join([*lines, "", "Requires-Dist: a-line-of-the-description"])


def wheel(name: str, *requires: str) -> Wheel:
    """Make a distribution with nothing in it."""
    return Wheel(f"{name}-1.0-py3-none-any.whl", name, "1.0", requires, EMPTY_DIGEST)


def house(*wheels: Wheel) -> WheelHouse:
    """Make a lockfile's worth of distributions."""
    return WheelHouse(FrozenDict({one.name: one for one in wheels}))


def names(wheels: tuple[Wheel, ...]) -> list[str]:
    """Give the names of some distributions."""
    return [one.name for one in wheels]


@pytest.mark.parametrize(
    ("require", "required"),
    [
        ("idna", ("idna",)),
        ("idna (>=2.0,<4)", ("idna",)),
        ("idna~=3.1", ("idna",)),
        ("idna @ file:///wheels/idna.whl", ("idna",)),
        ('idna; python_version < "3.12"', ("idna",)),
        ('tomli; python_version < "3.11"', ()),
        ('colorama; sys_platform == "win32"', ()),
        ('uvloop; sys_platform != "win32" and platform_system == "Linux"', ("uvloop",)),
        ("Typing_Extensions>=4.6", ("typing-extensions",)),
        ("ruamel.yaml.clib", ("ruamel-yaml-clib",)),
    ],
)
def test_a_requirement_is_read_for_the_images_platform(
    require: str, required: tuple[str, ...]
) -> None:
    """Markers are asked about the images' Python, not the builder's; names are canonical."""
    assert required_names(metadata(require), LINUX) == required


@pytest.mark.parametrize(
    "require", ['pytest; extra == "test"', 'cffi; python_version < "4" and extra == "cffi"']
)
def test_extras_are_not_required(require: str) -> None:
    """What a distribution can do with more of them is not what it needs."""
    assert required_names(metadata(require), LINUX) == ()


def test_an_extra_of_a_requirement_is_that_distribution() -> None:
    """`name[extra]` is the distribution `name`."""
    assert required_names(metadata("uvicorn[standard]>=0.20"), LINUX) == ("uvicorn",)


def test_requirements_are_sorted_and_named_once() -> None:
    """One name with several markers is one requirement."""
    required = metadata(
        "zope", 'numpy>=1.23; python_version >= "3.11"', 'NumPy; sys_platform == "linux"', "attrs"
    )

    assert required_names(required, LINUX) == ("attrs", "numpy", "zope")


def test_a_distribution_may_require_nothing() -> None:
    """Only headers count: a description may talk about requirements."""
    assert required_names(metadata(), LINUX) == ()


def test_a_closure_has_what_is_required_by_what_is_required() -> None:
    """An agent carries all that it imports needs, and nothing else, sorted by name."""
    wheels = house(
        wheel("pydantic", "typing-extensions", "pydantic-core"),
        wheel("pydantic-core", "typing-extensions"),
        wheel("typing-extensions"),
        wheel("pyzmq"),
    )

    closure = names(wheels.closure(["pydantic"]))

    assert closure == ["pydantic", "pydantic-core", "typing-extensions"]


def test_distributions_may_require_each_other() -> None:
    """Loops of requirements exist and end."""
    wheels = house(wheel("a", "b"), wheel("b", "c"), wheel("c", "a"), wheel("d", "d"))

    assert names(wheels.closure(["b"])) == ["a", "b", "c"]
    assert names(wheels.closure(["d"])) == ["d"]


def test_an_agent_may_import_nothing() -> None:
    """The standard library needs no distribution."""
    assert house(wheel("a")).closure([]) == ()


@pytest.mark.parametrize("spelling", ["Typing_Extensions", "typing.extensions"])
def test_names_are_found_however_they_are_spelled(spelling: str) -> None:
    """Requirement targets and METADATA files spell names as they like."""
    assert names(house(wheel("typing-extensions")).closure([spelling])) == ["typing-extensions"]


@pytest.mark.parametrize("wanted", ["absent", "present"])
def test_a_name_that_the_lockfile_lacks_is_an_error_with_a_hint(wanted: str) -> None:
    """It does not matter whether the agent or one of its distributions wants it."""
    with pytest.raises(ThirdPartyError) as caught:
        house(wheel("present", "absent")).closure([wanted])

    assert str(caught.value) == (
        "3rdparty/python: expected absent in the lockfile of the images, found none"
        "\n\nhint: echo absent >>3rdparty/python/images.in && make lock"
    )


def test_a_pin_selects_one_version() -> None:
    """Layers and PEX files are told apart by it."""
    assert wheel("pyzmq").pin == "pyzmq==1.0"


LETTERS = st.sampled_from("abcdefgh")
GRAPHS = st.fixed_dictionaries({name: st.sets(LETTERS, max_size=3) for name in "abcdefgh"})


@given(GRAPHS, st.sets(LETTERS), st.sets(LETTERS))
def test_closures_are_closed_and_grow_with_their_roots(
    graph: dict[str, set[str]], roots: set[str], more: set[str]
) -> None:
    """The closure of a union is the union of the closures, and closing twice changes nothing."""
    wheels = house(*(wheel(name, *sorted(requires)) for name, requires in graph.items()))
    closed = wheels.closure(roots)

    assert wheels.closure(names(closed)) == closed
    assert set(wheels.closure(roots | more)) == {*closed, *wheels.closure(more)}
    assert all(set(one.requires) <= set(names(closed)) for one in closed)
    assert names(closed) == sorted(names(closed))
