"""
Moments in text: when something is to happen, in seconds or at a time of a day.

Pure; what is to happen then is not looked at. A moment that has passed is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

_NUMBERS: Final = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0,
    "six": 6.0, "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "eleven": 11.0,
    "twelve": 12.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0,
    "forty-five": 45.0, "fifty": 50.0, "sixty": 60.0, "ninety": 90.0, "half a": 0.5,
    "half an": 0.5, "a quarter of an": 0.25, "a couple of": 2.0,
}  # fmt: skip
_SECONDS: Final = {
    "sec": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "hour": 3_600.0, "hr": 3_600.0,
    "day": 86_400.0, "week": 604_800.0,
}  # fmt: skip
MAX_SECONDS: Final = 31_622_400.0  # a year
MORNING: Final = time(9)

_COUNT = rf"\d{{1,6}}(?:[.,]\d{{1,3}})?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}"
_UNIT = "seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?"
_AMOUNT = rf"(?:{_COUNT})[\s-]*(?:{_UNIT})\b"
_PART = re.compile(rf"\b(?P<count>{_COUNT})[\s-]*(?P<unit>{_UNIT})\b", re.IGNORECASE)
_AMOUNTS = rf"{_AMOUNT}(?:(?:,| and|, and)? {_AMOUNT}){{0,3}}(?P<half> and a half)?"
_WAITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:in|after) (?P<amounts>{_AMOUNTS})(?: from now| time)?",
        rf"\b(?P<amounts>{_AMOUNTS}) from now",
        rf"(?<=\btimer )(?:for|of) (?P<amounts>{_AMOUNTS})",
        rf"\b(?P<amounts>{_AMOUNT})(?P<half>(?!))?(?= (?:timer|alarm)\b)",
    )
)

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS: Final = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_CLOCK = re.compile(
    r"\b(?:(?:at|for|by) )?(?:(?P<named>noon|midnight)"
    r"|(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?: ?(?P<half>[ap])\.?m\b\.?)?"
    r"|(?P<whole>\d{1,2})(?: ?(?P<of_day>[ap])\.?m\b\.?| o'clock\b)"
    r"|(?<=at )(?P<bare>\d{1,2}))(?![\d:.]*\d)",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:on )?(?:(?P<after>the day after tomorrow|day after tomorrow)"
    r"|(?P<near>today|tonight|tomorrow|this (?:morning|afternoon|evening))"
    rf"|(?:next |this )?(?P<weekday>{'|'.join(_DAYS)})day"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})"
    rf"|(?:the )?(?P<number>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
    r"(?:,? (?P<year>\d{4}))?"
    rf"|(?P<month_first>{_MONTH}) (?P<number_after>\d{{1,2}})(?:st|nd|rd|th)?"
    r"(?:,? (?P<year_after>\d{4}))?"
    r")\b(?: (?P<part>morning|afternoon|evening|night)\b)?",
    re.IGNORECASE,
)
_PARTS: Final = {
    "morning": MORNING, "afternoon": time(15), "evening": time(19), "night": time(21),
}  # fmt: skip
_JOINS = re.compile(r"^(?:to|that|about|of|for|at|on)\b\s*|\s+(?:at|on|for|in)$", re.IGNORECASE)


@dataclass(frozen=True)
class Moment:
    """Hold a moment, either in seconds or at a time, and the text without it."""

    rest: str
    seconds: float | None = None
    at: datetime | None = None


def find_moment(text: str, now: datetime) -> Moment | None:
    """Find when something is to happen; None when the text names no moment to come."""
    for pattern in _WAITS:
        if match := pattern.search(text):
            seconds = _length(match["amounts"], has_half=bool(match["half"]))
            is_near = seconds is not None and seconds <= MAX_SECONDS
            return Moment(_without(text, [match.span()]), seconds=seconds) if is_near else None
    return _find_time(text, now)


def _length(amounts: str, *, has_half: bool) -> float | None:
    total, last = 0.0, 0.0
    for match in _PART.finditer(amounts):
        written = " ".join(match["count"].casefold().split())
        count = _NUMBERS.get(written)
        unit = match["unit"].casefold()
        last = _SECONDS[unit] if unit in _SECONDS else _SECONDS[unit.removesuffix("s")]
        total += (float(written.replace(",", ".")) if count is None else count) * last
    total += last / 2 if has_half else 0.0
    return total if total > 0 else None


def _find_time(text: str, now: datetime) -> Moment | None:
    day = _DAY.search(text)
    clocks = (match for match in _CLOCK.finditer(text) if day is None or not _overlap(match, day))
    clock = next(clocks, None)
    if day is None and clock is None:
        return None
    try:
        at = _next(day, clock, now)
    except (ValueError, OverflowError):  # there is no such day, hour or year
        return None
    if at is None or at <= now:
        return None
    spans = [match.span() for match in (day, clock) if match is not None]
    return Moment(_without(text, spans), at=at)


def _next(day: re.Match[str] | None, clock: re.Match[str] | None, now: datetime) -> datetime | None:
    hour = _hour(clock, day)
    if day is None:
        at = now.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
        return at if at > now else at + timedelta(days=1)
    at = datetime.combine(_date(day, now.date()), hour, now.tzinfo)
    if at > now:
        return at
    if day["weekday"]:
        return at + timedelta(days=7)
    has_year = day["iso"] or day["year"] or day["year_after"]
    is_dated = day["month"] or day["month_first"]
    return at.replace(year=at.year + 1) if is_dated and not has_year else None


def _hour(clock: re.Match[str] | None, day: re.Match[str] | None) -> time:
    near = (day["near"] or "").casefold() if day is not None else ""
    part = (day["part"] or "").casefold() if day is not None else ""
    part = part or ("night" if near == "tonight" else near.partition("this ")[2])
    if clock is None:
        return _PARTS.get(part, MORNING)
    if clock["named"]:
        return time(12 if clock["named"].casefold() == "noon" else 0)
    hour = int(clock["hour"] or clock["whole"] or clock["bare"])
    half = (clock["half"] or clock["of_day"] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"no hour of a half day: {hour}")
        return time(hour % 12 + (12 if half == "p" else 0), int(clock["minute"] or 0))
    if hour < 12 and part in ("afternoon", "evening", "night"):
        hour += 12
    return time(hour, int(clock["minute"] or 0))


def _date(day: re.Match[str], today: date) -> date:
    if day["after"]:
        return today + timedelta(days=2)
    if day["near"]:
        return today + timedelta(days=day["near"].casefold() == "tomorrow")
    if day["weekday"]:
        wanted = _DAYS.index(day["weekday"].casefold())
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    if day["iso"]:
        return date.fromisoformat(day["iso"])
    month = _MONTHS.index((day["month"] or day["month_first"])[:3].casefold()) + 1
    year = int(day["year"] or day["year_after"] or today.year)
    return date(year, month, int(day["number"] or day["number_after"]))


def _overlap(first: re.Match[str], second: re.Match[str]) -> bool:
    return first.start() < second.end() and second.start() < first.end()


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} {text[end:]}"
    rest = " ".join(text.split()).strip(" ,;:.!?")
    while (shorter := _JOINS.sub("", rest)) != rest:
        rest = shorter
    return rest.strip(" ,;:.!?")
