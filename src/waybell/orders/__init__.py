"""Orders: what is to be delivered or collected, where, when, and what came of it."""
