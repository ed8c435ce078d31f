"""A delivery day that is made up from a seed, played through the public doors, and judged at its end."""
