"""What a JSON schema allows, as hypothesis strategies. Only the schemas of pydantic may enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Schema = Mapping[str, Any]
Values = st.SearchStrategy[Any]

MOST_ITEMS = 4
MOST_CHARACTERS = 60
HUGE = 1e12
# Characters that JSON can carry.
CHARACTERS = st.characters(codec="utf-8")
ANYTHING: Values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(CHARACTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


def values_of(schema: Schema, definitions: Schema | None = None) -> Values:
    """Give values that a schema allows; raise ValueError for a keyword that is not known."""
    known = schema.get("$defs", {}) if definitions is None else definitions
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return st.deferred(lambda: values_of(known[name], known))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return st.one_of([values_of(each, known) for each in schema[choice]])
    if "type" not in schema:
        return ANYTHING
    maker = _MAKERS.get(schema["type"])
    if maker is None:
        raise ValueError(f"expected a type of JSON, found {schema['type']!r}")
    return maker(schema, known)


def _text(schema: Schema, known: Schema) -> Values:
    least = schema.get("minLength", 0)
    most = min(schema.get("maxLength", MOST_CHARACTERS), max(MOST_CHARACTERS, least))
    if "pattern" not in schema:
        return st.text(CHARACTERS, min_size=least, max_size=most)
    found = st.from_regex(schema["pattern"], alphabet=CHARACTERS)
    return found.filter(lambda text: least <= len(text) <= schema.get("maxLength", len(text)))


def _integer(schema: Schema, known: Schema) -> Values:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -(10**6) - 1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 10**6 + 1) - 1)
    return st.integers(int(least), max(int(least), int(most)))


def _number(schema: Schema, known: Schema) -> Values:
    open_below, open_above = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    least = schema.get("minimum", schema.get("exclusiveMinimum", -HUGE))
    most = schema.get("maximum", schema.get("exclusiveMaximum", max(HUGE, least)))
    return st.floats(
        least,
        most,
        exclude_min=open_below,
        exclude_max=open_above,
        allow_nan=False,
        allow_infinity=False,
    )


def _array(schema: Schema, known: Schema) -> Values:
    if "prefixItems" in schema:
        return st.tuples(*(values_of(each, known) for each in schema["prefixItems"])).map(list)
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", MOST_ITEMS), max(MOST_ITEMS, least))
    items = values_of(schema.get("items", {}), known)
    if schema.get("uniqueItems"):
        return st.lists(items, min_size=least, max_size=most, unique_by=repr)
    return st.lists(items, min_size=least, max_size=most)


def _object(schema: Schema, known: Schema) -> Values:
    stated = {name: values_of(each, known) for name, each in schema.get("properties", {}).items()}
    required = {name: stated.pop(name) for name in schema.get("required", ())}
    fields = st.fixed_dictionaries(required, optional=stated)
    more = schema.get("additionalProperties", False)
    if more is False or stated or required:
        return fields
    values = ANYTHING if more is True else values_of(more, known)
    names = values_of(schema.get("propertyNames", {"type": "string"}), known)
    return st.dictionaries(names, values, max_size=MOST_ITEMS)


_MAKERS: Mapping[str, Callable[[Schema, Schema], Values]] = {
    "array": _array,
    "boolean": lambda schema, known: st.booleans(),
    "integer": _integer,
    "null": lambda schema, known: st.none(),
    "number": _number,
    "object": _object,
    "string": _text,
}
