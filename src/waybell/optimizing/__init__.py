"""Putting the orders of a route in a better sequence. Our own: the Track-POD API has no operation for it."""
