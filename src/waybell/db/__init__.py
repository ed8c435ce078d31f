"""How is a transaction opened, on SQLite or PostgreSQL? One statement text serves both."""
