"""ChainIDs against the definition in the image specification."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from oci.chain import chain_id, chain_ids
from oci.digest import Digest

stacks = st.lists(st.binary(max_size=4).map(Digest.of), min_size=1, max_size=6)


def test_chain_of_two_layers() -> None:
    """The chain of two layers hashes both diff_ids, parted by one space."""
    first, second = Digest.of(b"a"), Digest.of(b"b")
    expected = hashlib.sha256(f"sha256:{first.hex} sha256:{second.hex}".encode()).hexdigest()
    assert chain_id([first, second]) == Digest("sha256", expected)


@given(stacks)
def test_first_chain_is_the_diff_id(stack: list[Digest]) -> None:
    """A stack of one layer is called by its diff_id."""
    assert next(chain_ids(stack)) == stack[0]


@given(stacks, stacks)
def test_chains_of_a_prefix_are_a_prefix_of_the_chains(
    stack: list[Digest], more: list[Digest]
) -> None:
    """Putting layers on top changes no chain below."""
    assert list(chain_ids(stack + more))[: len(stack)] == list(chain_ids(stack))


@given(stacks, stacks)
def test_chain_depends_on_everything_below(stack: list[Digest], other: list[Digest]) -> None:
    """The same top layer over another stack has another chain."""
    top = Digest.of(b"top layer")
    assert (chain_id([*stack, top]) == chain_id([*other, top])) == (stack == other)
