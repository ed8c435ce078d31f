"""Connections, transactions, schema and migrations: one statement text for SQLite and PostgreSQL."""
