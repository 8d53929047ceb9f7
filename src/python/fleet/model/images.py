"""The images of a release, each pinned by what is in it. No tags that move, no IO."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

Sha256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Image(BaseModel, frozen=True, extra="ignore"):
    """One image: `digest` names its manifest, `image_id` its config, `ref` is for the engine.

    The build's lock says more, to other readers.
    """

    digest: Sha256
    image_id: Sha256
    ref: Annotated[str, Field(min_length=1)]


Images = dict[str, Image]
"""Slug -> image."""
