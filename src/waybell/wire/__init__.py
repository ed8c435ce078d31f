"""How does an object look on the outside? JSON and XML by the same models, exact numbers, and bounds of size."""
