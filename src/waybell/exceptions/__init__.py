"""What needs somebody: the list of exceptions of a day, each with its severity, since when, and until when."""
