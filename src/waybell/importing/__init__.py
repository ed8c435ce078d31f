"""How do orders come in from a file, how is that undone, and how do they go out into one?"""
