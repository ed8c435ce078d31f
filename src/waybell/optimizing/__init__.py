"""How do the orders of a route get into a better sequence? Our own; the Track-POD API has no operation for it."""
