"""Comparing amounts that other programs have calculated. Pure."""

from math import isclose

_AS_GOOD_AS_EQUAL = 1e-9  # relative: 12 x 0.7 gives 8.399999999999999, which must not count as less than 8.4


def less(amount: float, than: float) -> bool:
    """Return whether `amount` is less by more than a rounding error."""
    return amount < than and not isclose(amount, than, rel_tol=_AS_GOOD_AS_EQUAL)
