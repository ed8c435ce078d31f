"""How does an object look on the outside? The same models serve JSON and XML, with exact numbers and limits on size."""
