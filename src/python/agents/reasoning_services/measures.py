"""
Units of measure: conversions, and comparisons of amounts in different units.

Pure; factors are exact fractions of the unit that its dimension is measured in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from agents.reasoning_services.exact_arithmetic import show, show_decimal
from agents.reasoning_services.number_words import plain
from agents.reasoning_services.solved import Solved, step


@dataclass(frozen=True)
class Unit:
    """Hold a unit: amount * factor + offset is the amount in the base unit."""

    name: str
    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


_TABLE: Final = """
length mm 1/1000 millimetre millimetres millimeter millimeters
length cm 1/100 centimetre centimetres centimeter centimeters
length m 1 metre metres meter meters
length km 1000 kilometre kilometres kilometer kilometers kms
length in 254/10000 inch inches
length ft 3048/10000 foot feet
length yd 9144/10000 yard yards
length mi 1609344/1000 mile miles
mass mg 1/1000 milligram milligrams
mass g 1 gram grams gramme grammes
mass kg 1000 kilo kilos kilogram kilograms
mass t 1000000 tonne tonnes ton tons
mass oz 28349523125/1000000000 ounce ounces
mass lb 45359237/100000 lbs pound pounds
time s 1 sec secs second seconds
time min 60 mins minute minutes
time h 3600 hr hrs hour hours
time d 86400 day days
time wk 604800 week weeks
volume ml 1/1000 millilitre millilitres milliliter milliliters
volume cl 1/100 centilitre centilitres
volume l 1 litre litres liter liters
volume gal 3785411784/1000000000 gallon gallons
volume pt 473176473/1000000000 pint pints
volume cup 2365882365/10000000000 cups
data bit 1/8 bits
data byte 1 bytes
data kb 1000 kilobyte kilobytes
data mb 1000000 megabyte megabytes
data gb 1000000000 gigabyte gigabytes
data tb 1000000000000 terabyte terabytes
data kib 1024 kibibyte kibibytes
data mib 1048576 mebibyte mebibytes
data gib 1073741824 gibibyte gibibytes
speed km/h 10/36 kmh kph
speed m/s 1 mps
speed mph 44704/100000
area m2 1 m² sqm
area km2 1000000 km²
area ha 10000 hectare hectares
area acre 40468564224/10000000 acres
"""


def _units() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        dimension, name, factor, *others = line.split()
        unit = Unit(name, dimension, Fraction(factor))
        found |= {word: unit for word in (name, *others)}
    celsius = Unit("°C", "temperature", Fraction(1))
    fahrenheit = Unit("°F", "temperature", Fraction(5, 9), Fraction(-160, 9))
    kelvin = Unit("K", "temperature", Fraction(1), Fraction(-27315, 100))
    for unit, words in (
        (celsius, ("celsius", "°c", "c", "degrees celsius", "centigrade")),
        (fahrenheit, ("fahrenheit", "°f", "f", "degrees fahrenheit")),
        (kelvin, ("kelvin", "k")),
    ):
        found |= {word: unit for word in words}
    return found


UNITS: Final = _units()
_UNIT = "|".join(re.escape(word) for word in sorted(UNITS, key=len, reverse=True))
AMOUNT: Final = rf"(-?\d+(?:\.\d+)?(?:/\d+)?)\s*({_UNIT})"
_CONVERT = re.compile(
    rf"^(?:convert|what is|what's|how much is|express|change)?\s*{AMOUNT}\s+(?:in|to|into|as)\s+"
    rf"({_UNIT})$"
)
_HOW_MANY = re.compile(
    rf"^how many ({_UNIT}) (?:are|is|make|does|do|fit)?\s*(?:there |up )?(?:in |into )?"
    rf"(?:(?:a|an) ({_UNIT})|{AMOUNT})(?: have| make)?$"
)


def solve_conversion(question: str) -> Solved | None:
    """Return the answer of a question that asks for an amount in another unit."""
    text = plain(question).strip(" ?.!")
    if found := _CONVERT.match(text):
        return _converted(found[1], UNITS[found[2]], UNITS[found[3]])
    if found := _HOW_MANY.match(text):
        amount, source = ("1", found[2]) if found[2] else (found[3], found[4])
        return _converted(amount, UNITS[source], UNITS[found[1]])
    return None


def in_base(amount: str, unit: str) -> tuple[Fraction, str] | None:
    """Return an amount in the base unit, and its dimension."""
    known = UNITS[unit]
    if re.search(r"/0+$", amount) or len(amount) > 40:
        return None
    return Fraction(amount) * known.factor + known.offset, known.dimension


def _converted(amount: str, source: Unit, target: Unit) -> Solved | None:
    if re.search(r"/0+$", amount) or len(amount) > 40 or source.dimension != target.dimension:
        return None
    base = Fraction(amount) * source.factor + source.offset
    value = (base - target.offset) / target.factor
    back = (value * target.factor + target.offset - source.offset) / source.factor
    verified = back == Fraction(amount)
    shown = f"{show_decimal(value)} {target.name}"
    steps = (
        step(
            f"Convert {amount} {source.name} to {target.name}",
            f"({amount} * {show(source.factor)} + {show(source.offset - target.offset)})"
            f" / {show(target.factor)}",
            shown,
            verified=verified,
        ),
    )
    return Solved(shown, steps, value)
