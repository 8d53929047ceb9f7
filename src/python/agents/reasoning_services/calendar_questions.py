"""
Questions about dates and times of day, answered on the calendar and checked the other way round.

Pure; today is an argument.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Final

from agents.reasoning_services.number_words import plain
from agents.reasoning_services.solved import Solved, step

_MONTHS: Final = {name.lower(): at for at, name in enumerate(calendar.month_name) if name} | {
    name.lower(): at for at, name in enumerate(calendar.month_abbr) if name
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE: Final = (
    rf"(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})(?:,? \d{{4}})?"
    rf"|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|today|tomorrow|yesterday)"
)
_SPAN = r"(\d{1,6}|a|an) (day|week|month|year)s?"
_SHIFT = re.compile(rf"^(?:{_SPAN}) (after|before|from) ({_DATE})$")
_AGO = re.compile(rf"^{_SPAN} ago$")
_BETWEEN = re.compile(
    rf"^how many (days|weeks) (?:are |lie )?(?:there )?(?:between ({_DATE}) and ({_DATE})"
    rf"|from ({_DATE}) (?:to|until) ({_DATE})|(?:until|till|to) ({_DATE}))$"
)
_WEEKDAY = re.compile(rf"^(?:day of the week|weekday|day) (?:is|was|will be) ({_DATE})$")
_LEAP = re.compile(r"^(?:is|was|will) (?:the year )?(\d{4}) (?:be )?a leap year$")
_LENGTH = re.compile(rf"^how many days (?:are|does|has|did|were) (?:there )?(?:in )?({_MONTH})"
                     r"(?: (\d{4}))?(?: have)?$")  # fmt: skip
_CLOCK = re.compile(
    r"^time (?:is it|was it|will it be) (\d{1,5}) (minute|hour)s? (after|before) "
    r"(\d{1,2}):(\d{2})$"
)
_LEAD = re.compile(r"^(?:what|which)(?:'s)? (?:(?:is|was|will be) )?(?:the )?(?:(?:date|day) )?"
                   r"(?:is it |was it |will it be |is |was |falls )?")  # fmt: skip


def solve_date(question: str, today: date) -> Solved | None:
    """Return the answer of a question about the calendar, or about the clock."""
    text = plain(question).strip(" ?.!")
    try:
        return (
            _leap(text)
            or _length(text, today)
            or _between(text, today)
            or _weekday(text, today)
            or _clock(text)
            or _shifted(_LEAD.sub("", text, count=1), today)
        )
    except (ValueError, OverflowError):  # no such day, or beyond the calendar
        return None


def read_date(text: str, today: date) -> date:
    """Return the date that a text names, of this year when it names none."""
    relative = {"today": 0, "tomorrow": 1, "yesterday": -1}
    if text in relative:
        return today + timedelta(days=relative[text])
    if "-" in text:
        year, month, day = (int(part) for part in text.split("-"))
        return date(year, month, day)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    name = re.search(_MONTH, text)
    month = _MONTHS[name[0]] if name else 0
    return date(numbers[1] if len(numbers) > 1 else today.year, month, numbers[0])


def show_date(day: date) -> str:
    """Write a date with its weekday."""
    return f"{calendar.day_name[day.weekday()]}, {day.day} {calendar.month_name[day.month]} " + str(
        day.year
    )


def _shifted(text: str, today: date) -> Solved | None:
    if found := _SHIFT.match(text):
        count, unit, way, start = found[1], found[2], found[3], read_date(found[4], today)
    elif found := _AGO.match(text):
        count, unit, way, start = found[1], found[2], "before", today
    else:
        return None
    amount = int(count) if count.isdecimal() else 1
    signed = -amount if way == "before" else amount
    if unit in ("day", "week"):
        days = signed * (7 if unit == "week" else 1)
        end = date.fromordinal(start.toordinal() + days)
        verified = (end - start).days == days
    else:
        end = _months_later(start, signed * (12 if unit == "year" else 1))
        months = (end.year - start.year) * 12 + end.month - start.month
        verified = months == signed * (12 if unit == "year" else 1)
    shown = show_date(end)
    return Solved(
        shown,
        (step(f"Count {amount} {unit}s {way} {start.isoformat()}",
              f"{start.isoformat()} {signed:+d} {unit}s", shown, verified=verified),),
    )  # fmt: skip


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _between(text: str, today: date) -> Solved | None:
    found = _BETWEEN.match(text)
    if not found:
        return None
    first = found[2] or found[4] or "today"
    last = found[3] or found[5] or found[6]
    start, end = read_date(first, today), read_date(last, today)
    if found[6] and end < start and not re.search(r"\d{4}", last):
        end = end.replace(year=end.year + 1)
    days = abs((end - start).days)
    earlier = min(start, end)
    verified = earlier + timedelta(days=days) == max(start, end)
    shown = f"{days} days" if found[1] == "days" else f"{days // 7} weeks and {days % 7} days"
    counted = step(f"Count from {start.isoformat()} to {end.isoformat()}",
                   f"{end.isoformat()} - {start.isoformat()}", shown,
                   verified=verified)  # fmt: skip
    return Solved(shown, (counted,))


def _weekday(text: str, today: date) -> Solved | None:
    asked = re.sub(r"^(?:what|which|on which|on what) ", "", text)
    found = _WEEKDAY.match(asked)
    if not found:
        return None
    day = read_date(found[1], today)
    name = calendar.day_name[day.weekday()]
    verified = calendar.weekday(day.year, day.month, day.day) == (day.toordinal() - 1) % 7
    counted = step("Count the days since a known Monday", f"{day.toordinal()} mod 7", name,
                   verified=verified)  # fmt: skip
    return Solved(name, (counted,))


def _leap(text: str) -> Solved | None:
    found = _LEAP.match(text)
    if not found:
        return None
    year = int(found[1])
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    shown = "yes" if is_leap else "no"
    checked = step("Divide by 4, 100 and 400", f"{year} mod 4, 100, 400", shown,
                   verified=calendar.isleap(year) == is_leap)  # fmt: skip
    return Solved(shown, (checked,))


def _length(text: str, today: date) -> Solved | None:
    found = _LENGTH.match(text)
    if not found:
        return None
    year, month = int(found[2] or today.year), _MONTHS[found[1]]
    days = (_months_later(date(year, month, 1), 1) - date(year, month, 1)).days
    verified = calendar.monthrange(year, month)[1] == days
    shown = f"{days} days"
    return Solved(shown, (step(f"Count the days of {year}-{month:02}", "", shown,
                               verified=verified),))  # fmt: skip


def _clock(text: str) -> Solved | None:
    found = _CLOCK.match(re.sub(r"^what ", "", text))
    if not found or int(found[4]) > 23 or int(found[5]) > 59:
        return None
    start = int(found[4]) * 60 + int(found[5])
    minutes = int(found[1]) * (60 if found[2] == "hour" else 1)
    signed = minutes if found[3] == "after" else -minutes
    end = (start + signed) % 1440
    shown = f"{end // 60:02}:{end % 60:02}"
    verified = (end - signed) % 1440 == start
    return Solved(shown, (step("Count minutes around the clock", f"({start} {signed:+d}) mod 1440",
                               shown, verified=verified),))  # fmt: skip
