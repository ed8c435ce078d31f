"""The directory: drivers, vehicles, and what names and addresses stand for."""
