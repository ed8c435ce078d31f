"""How are the orders of a route put in a better sequence? The Track-POD API has no such operation; this is our own."""
