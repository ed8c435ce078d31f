"""Comparing amounts that other programs have calculated. Pure."""

from math import isclose

_AS_GOOD_AS_EQUAL = 1e-9  # relative: 12 x 0.7 is 8.399999999999999, which nobody means to be less than 8.4


def less(amount: float, than: float) -> bool:
    """Return whether an amount is really less, not only in its last bits."""
    return amount < than and not isclose(amount, than, rel_tol=_AS_GOOD_AS_EQUAL)
