"""Model -> files, as values: a fold of filters, then one emitter. Writes no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fleet.model import Model
from fleet.render.compose import render_compose
from fleet.render.losses import Loss

Files = Mapping[str, str]
"""File name -> text."""

ORCHESTRATORS: Mapping[str, Callable[[Model], tuple[Files, tuple[Loss, ...]]]] = {
    "compose": render_compose,
}
"""Who can be rendered for; one module each."""

__all__ = ["ORCHESTRATORS", "Files", "Loss", "render_compose"]
