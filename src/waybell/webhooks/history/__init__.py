"""What people see of messages and attempts, and what they ask for: explain, log, search, retries, cancels, jobs, tests.

It reads the tables of `webhooks/messages`, and moves messages only by the functions of that room.
"""
