"""ChainID arithmetic of the OCI image specification: what an engine calls a stack of layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oci.digest import Digest


def chain_ids(diff_ids: Iterable[Digest]) -> Iterator[Digest]:
    """Yield the ChainID of every prefix of a stack of layers, lowest layer first."""
    chain: Digest | None = None
    for diff_id in diff_ids:
        chain = diff_id if chain is None else Digest.of(f"{chain} {diff_id}".encode("ascii"))
        yield chain


def chain_id(diff_ids: Iterable[Digest]) -> Digest:
    """Return the ChainID of a whole stack, which must hold at least one layer."""
    *_, last = chain_ids(diff_ids)
    return last
