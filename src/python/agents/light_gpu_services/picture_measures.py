"""
Measure a picture: its main colours by name, how bright and how sharp it is.

Loads numpy: import it where it is first needed. No word of a description may enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from common.pictures import Picture

SMALL: Final = 64
LARGE: Final = 600
SHARE: Final = 0.12
MOST_COLOURS: Final = 4
SOFT_EDGE: Final = 14.0
PLAIN: Final = 8.0
COLOURS: Final = {
    "black": (12, 12, 12),
    "dark grey": (70, 70, 70),
    "grey": (128, 128, 128),
    "light grey": (200, 200, 200),
    "white": (250, 250, 250),
    "red": (205, 25, 25),
    "dark red": (110, 15, 20),
    "orange": (245, 140, 20),
    "brown": (120, 72, 35),
    "beige": (222, 200, 165),
    "yellow": (245, 225, 40),
    "green": (45, 150, 50),
    "dark green": (15, 75, 30),
    "light green": (150, 220, 140),
    "turquoise": (50, 200, 195),
    "light blue": (150, 195, 235),
    "blue": (30, 80, 215),
    "dark blue": (15, 25, 100),
    "purple": (125, 40, 160),
    "pink": (245, 150, 190),
}


@dataclass(frozen=True)
class Measures:
    """What was measured; brightness from 0 to 1."""

    colours: tuple[str, ...]
    brightness: float
    is_blurred: bool


def measure(picture: Picture) -> Measures:
    """Measure a picture."""
    small = np.asarray(picture.resize((SMALL, SMALL)), dtype=np.float64).reshape(-1, 3)
    brightness = float((small @ (0.299, 0.587, 0.114)).mean() / 255)
    return Measures(_colours(small), min(max(brightness, 0.0), 1.0), _is_blurred(picture))


def _colours(pixels: np.ndarray) -> tuple[str, ...]:
    names = tuple(COLOURS)
    palette = _perceived(np.array([COLOURS[name] for name in names], dtype=np.float64))
    distances = ((_perceived(pixels)[:, None, :] - palette[None]) ** 2).sum(axis=2)
    counts = np.bincount(distances.argmin(axis=1), minlength=len(names))
    order = np.argsort(-counts, kind="stable")[:MOST_COLOURS]
    return tuple(names[at] for at in order if counts[at] >= SHARE * len(pixels))


def _perceived(rgb: np.ndarray) -> np.ndarray:
    """Return CIE L*a*b*, where distances are those that an eye sees."""
    share = rgb / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[:, 0], root[:, 1], root[:, 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=1)


def _is_blurred(picture: Picture) -> bool:
    """Tell whether even the sharpest edges are soft; a plain surface is not blurred."""
    grey = picture.convert("L")
    grey.thumbnail((LARGE, LARGE))
    light = np.asarray(grey, dtype=np.float64)
    if min(light.shape) < 8 or light.std() < PLAIN:
        return False
    centre = light[1:-1, 1:-1]
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    return bool(np.percentile(np.abs(4 * centre - around), 99.5) < SOFT_EDGE)
