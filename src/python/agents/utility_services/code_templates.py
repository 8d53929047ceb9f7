"""
Functions that are asked for often, as source code with their tests.

Data only; which one a request means is decided by code_patterns. `NAME` is the function's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Template:
    """Hold a function, the words that ask for it, its usual name, and lines of its test."""

    key: str
    asked: str  # a regular expression over the request in lower case
    name: str
    code: str
    test: str
    imports: str = ""


def _template(key: str, asked: str, name: str, code: str, test: str, imports: str = "") -> Template:
    return Template(key, asked, name, code.strip("\n"), test.strip(), imports)


TEMPLATES: Final = (
    _template("factorial", r"\bfactorial\b", "factorial", '''
def NAME(n: int) -> int:
    """Return the product of the whole numbers from 1 to n."""
    if n < 0:
        raise ValueError(f"expected a number from 0 on, found {n}")
    result = 1
    for factor in range(2, n + 1):
        result *= factor
    return result
''', "assert NAME(0) == 1\nassert NAME(5) == 120"),
    _template("fibonacci", r"\bfibonacci\b", "fibonacci", '''
def NAME(n: int) -> list[int]:
    """Return the first n Fibonacci numbers."""
    numbers: list[int] = []
    a, b = 0, 1
    for _ in range(n):
        numbers.append(a)
        a, b = b, a + b
    return numbers
''', "assert NAME(7) == [0, 1, 1, 2, 3, 5, 8]\nassert NAME(0) == []"),
    _template("is_prime", r"\b(?:is|check|whether|test|if|checks)\b.*\bprime\b|\bprime"
                          r"(?:ness)? (?:check|test)",
              "is_prime", '''
def NAME(n: int) -> bool:
    """Tell whether n is a prime number."""
    if n < 2:
        return False
    divisor = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True
''', "assert [n for n in range(12) if NAME(n)] == [2, 3, 5, 7, 11]"),
    _template("primes", r"\bprimes\b|\bprime numbers\b|\bsieve\b", "primes_up_to", '''
def NAME(limit: int) -> list[int]:
    """Return the prime numbers up to a limit, by the sieve of Eratosthenes."""
    is_open = [True] * (limit + 1)
    found: list[int] = []
    for number in range(2, limit + 1):
        if is_open[number]:
            found.append(number)
            for multiple in range(number * number, limit + 1, number):
                is_open[multiple] = False
    return found
''', "assert NAME(12) == [2, 3, 5, 7, 11]"),
    _template("gcd", r"\bgcd\b|\bgreatest common (?:divisor|factor)\b", "gcd", '''
def NAME(a: int, b: int) -> int:
    """Return the greatest common divisor."""
    while b:
        a, b = b, a % b
    return abs(a)
''', "assert NAME(12, 18) == 6"),
    _template("quicksort", r"\bquick ?sort\b", "quicksort", '''
def NAME(items: list[int]) -> list[int]:
    """Return the items in order, by dividing around a pivot."""
    if len(items) < 2:
        return list(items)
    pivot = items[len(items) // 2]
    smaller = [item for item in items if item < pivot]
    equal = [item for item in items if item == pivot]
    larger = [item for item in items if item > pivot]
    return NAME(smaller) + equal + NAME(larger)
''', "assert NAME([3, 1, 2, 3]) == [1, 2, 3, 3]"),
    _template("merge_sort", r"\bmerge ?sort\b", "merge_sort", '''
def NAME(items: list[int]) -> list[int]:
    """Return the items in order, by merging sorted halves."""
    if len(items) < 2:
        return list(items)
    middle = len(items) // 2
    left, right = NAME(items[:middle]), NAME(items[middle:])
    merged: list[int] = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right
''', "assert NAME([3, 1, 2, 3]) == [1, 2, 3, 3]"),
    _template("bubble_sort", r"\bbubble ?sort\b", "bubble_sort", '''
def NAME(items: list[int]) -> list[int]:
    """Return the items in order, by swapping neighbours."""
    found = list(items)
    for end in range(len(found) - 1, 0, -1):
        for at in range(end):
            if found[at] > found[at + 1]:
                found[at], found[at + 1] = found[at + 1], found[at]
    return found
''', "assert NAME([3, 1, 2]) == [1, 2, 3]"),
    _template("sort_dicts", r"\bsort\w*\b.*\b(?:dicts?|dictionaries|records|objects)\b",
              "sort_by_key", '''
def NAME(
    records: list[dict[str, Any]], key: str, *, descending: bool = False
) -> list[dict[str, Any]]:
    """Return the records in the order of one key."""
    return sorted(records, key=lambda record: record[key], reverse=descending)
''', 'assert NAME([{"a": 2}, {"a": 1}], "a") == [{"a": 1}, {"a": 2}]', "from typing import Any"),
    _template("sort", r"\bsort(?:s|ing)?\b", "sort_items", '''
def NAME(items: list[int], *, descending: bool = False) -> list[int]:
    """Return the items in order."""
    return sorted(items, reverse=descending)
''', "assert NAME([3, 1, 2]) == [1, 2, 3]\nassert NAME([1, 2], descending=True) == [2, 1]"),
    _template("binary_search", r"\bbinary search\b", "binary_search", '''
def NAME(items: list[int], wanted: int) -> int:
    """Return where the wanted item is in sorted items, -1 when it is not there."""
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1
''', "assert NAME([1, 3, 5], 5) == 2\nassert NAME([1, 3, 5], 4) == -1"),
    _template("read_csv", r"\bread\w*\b.*\bcsv\b|\bcsv\b.*\b(?:read|load|pars)\w*", "read_csv", '''
def NAME(path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file, each by the names of the first row."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
''', 'path = str(tmp_path / "x.csv")\nopen(path, "w").write("a,b\\n1,2\\n")\n'
     'assert NAME(path) == [{"a": "1", "b": "2"}]', "import csv"),
    _template("write_csv", r"\b(?:write|save|export)\w*\b.*\bcsv\b", "write_csv", '''
def NAME(path: str, rows: list[dict[str, object]]) -> None:
    """Write rows into a CSV file, the names of the first one as its first line."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
''', 'path = str(tmp_path / "x.csv")\nNAME(path, [{"a": 1}])\n'
     'assert open(path).read().split() == ["a", "1"]', "import csv"),
    _template("read_json", r"\b(?:read|load|pars)\w*\b.*\bjson\b", "read_json", '''
def NAME(path: str) -> Any:
    """Return what a JSON file holds."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)
''', 'path = str(tmp_path / "x.json")\nopen(path, "w").write("[1, 2]")\n'
     'assert NAME(path) == [1, 2]',
              "import json\nfrom typing import Any"),
    _template("emails", r"\be-?mails?\b.*\b(?:regex|match|find|extract|valid)|\b(?:regex|match"
                        r"|find|extract|"
              r"valid)\w*\b.*\be-?mail", "find_emails", '''
EMAIL = re.compile(r"[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+")


def NAME(text: str) -> list[str]:
    """Return the e-mail addresses in a text."""
    return EMAIL.findall(text)
''', 'assert NAME("ann@example.org, c") == ["ann@example.org"]', "import re"),
    _template("dates", r"\b(?:regex|match|find|extract)\w*\b.*\bdates?\b", "find_dates", '''
DATE = re.compile(r"\\b\\d{4}-\\d{2}-\\d{2}\\b")


def NAME(text: str) -> list[str]:
    """Return the dates such as 2024-05-04 in a text."""
    return DATE.findall(text)
''', 'assert NAME("on 2024-05-04!") == ["2024-05-04"]', "import re"),
    _template("palindrome", r"\bpalindromes?\b", "is_palindrome", '''
def NAME(text: str) -> bool:
    """Tell whether a text reads the same backwards, letters and digits only."""
    letters = [letter for letter in text.casefold() if letter.isalnum()]
    return letters == letters[::-1]
''', 'assert NAME("Never odd or even")\nassert not NAME("boat")'),
    _template("reverse_string", r"\brevers\w*\b.*\b(?:string|text|word)", "reverse_text", '''
def NAME(text: str) -> str:
    """Return the text backwards."""
    return text[::-1]
''', 'assert NAME("abc") == "cba"'),
    _template("count_words", r"\b(?:count\w*|frequenc\w+)\b.*\bwords?\b|\bword (?:count"
                             r"|frequenc)", "count_words", '''
def NAME(text: str) -> dict[str, int]:
    """Return how often each word is in a text."""
    return dict(Counter(re.findall(r"\\w+", text.casefold())))
''', 'assert NAME("a b A") == {"a": 2, "b": 1}', "import re\nfrom collections import Counter"),
    _template("vowels", r"\bcount\w*\b.*\bvowels?\b", "count_vowels", '''
def NAME(text: str) -> int:
    """Return how many vowels are in a text."""
    return sum(letter in "aeiou" for letter in text.casefold())
''', 'assert NAME("Tree house") == 5'),
    _template("anagram", r"\banagrams?\b", "are_anagrams", '''
def NAME(a: str, b: str) -> bool:
    """Tell whether two texts have the same letters."""
    return sorted(a.casefold().replace(" ", "")) == sorted(b.casefold().replace(" ", ""))
''', 'assert NAME("Listen", "silent")'),
    _template("fizzbuzz", r"\bfizz ?buzz\b", "fizzbuzz", '''
def NAME(n: int) -> list[str]:
    """Return the lines of FizzBuzz from 1 to n."""
    return [
        "FizzBuzz" if i % 15 == 0 else "Fizz" if i % 3 == 0 else "Buzz" if i % 5 == 0 else str(i)
        for i in range(1, n + 1)
    ]
''', 'assert NAME(5) == ["1", "2", "Fizz", "4", "Buzz"]'),
    _template("average", r"\b(?:average|mean)\b", "average", '''
def NAME(numbers: list[float]) -> float:
    """Return the mean of numbers."""
    if not numbers:
        raise ValueError("expected at least one number")
    return sum(numbers) / len(numbers)
''', "assert NAME([1, 2, 6]) == 3"),
    _template("duplicates", r"\b(?:duplicates?|unique|dedup\w*)\b", "without_duplicates", '''
def NAME(items: list[int]) -> list[int]:
    """Return the items once each, in the order of their first."""
    return list(dict.fromkeys(items))
''', "assert NAME([2, 1, 2]) == [2, 1]"),
    _template("flatten", r"\bflatten\w*\b", "flatten", '''
def NAME(nested: list[Any]) -> list[Any]:
    """Return the items of lists in lists as one list."""
    flat: list[Any] = []
    for item in nested:
        flat.extend(NAME(item) if isinstance(item, list) else [item])
    return flat
''', "assert NAME([1, [2, [3]]]) == [1, 2, 3]", "from typing import Any"),
    _template("temperature", r"\b(?:celsius|fahrenheit)\b", "celsius_to_fahrenheit", '''
def NAME(celsius: float) -> float:
    """Return a temperature in degrees Fahrenheit."""
    return celsius * 9 / 5 + 32
''', "assert NAME(100) == 212"),
    _template("timer", r"\bdecorator\b.*\b(?:time|timing|measure)\w*|\btim(?:e|ing) decorator\b",
              "timed", '''
def NAME(function: Callable[..., Any]) -> Callable[..., Any]:
    """Print how long each call of a function takes."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__}: {time.perf_counter() - began:.6f} s")

    return wrapper
''', "assert NAME(abs)(-1) == 1",
              "import functools\nimport time\nfrom collections.abc import Callable\nfrom"
              " typing import Any"),
    _template("add", r"\b(?:adds?|sums?) (?:up )?(?:two|2)\b", "add", '''
def NAME(a: float, b: float) -> float:
    """Return the sum of two numbers."""
    return a + b
''', "assert NAME(2, 3) == 5"),
    _template("hello", r"\bhello,? world\b", "hello", '''
def NAME() -> str:
    """Print and return a greeting."""
    greeting = "Hello, world!"
    print(greeting)
    return greeting
''', 'assert NAME() == "Hello, world!"'),
    _template("maximum", r"\b(?:maximum|largest|biggest|max)\b", "maximum", '''
def NAME(items: list[float]) -> float:
    """Return the largest item."""
    if not items:
        raise ValueError("expected at least one item")
    largest = items[0]
    for item in items[1:]:
        if item > largest:
            largest = item
    return largest
''', "assert NAME([1, 5, 2]) == 5"),
)  # fmt: skip
