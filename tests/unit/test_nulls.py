"""Leaving out null members: those that models declare, at any depth, and nothing of what is free in form."""

from typing import Any

from waybell.wire.model import ApiModel
from waybell.wire.nulls import without_nulls


class Leaf(ApiModel):
    text: str | None = None
    free: Any = None


class Tree(ApiModel):
    leaf: Leaf | None = None
    leaves: list[Leaf] | None = None
    rows: list[list[Leaf]] | None = None
    headers: dict[str, str | None] | None = None
    numbers: list[int | None] | None = None


def test_declared_members_are_left_out_at_any_depth():
    leaf = {"Text": None, "Free": 1}
    full = {"Leaf": leaf, "Leaves": [leaf, {}], "Rows": [[leaf]], "Headers": None, "Numbers": None}
    less = {"Free": 1}
    assert without_nulls(full, Tree) == {"Leaf": less, "Leaves": [less, {}], "Rows": [[less]]}
    assert without_nulls([full], list[Tree]) == [{"Leaf": less, "Leaves": [less, {}], "Rows": [[less]]}]
    assert without_nulls({"Leaf": None}, Tree | None) == {}


def test_maps_lists_and_what_is_free_in_form_or_not_declared_stay():
    value = {"Headers": {"X": None}, "Numbers": [None, 1], "Leaf": {"Free": {"a": None, "b": [None]}}, "More": None}
    assert without_nulls(value, Tree) == value
    assert without_nulls({"a": None}, dict[str, Any]) == {"a": None}
    assert without_nulls(None, Tree) is None
    assert without_nulls("ok", str) == "ok"
    assert without_nulls({"a": None}, None) == {"a": None}
