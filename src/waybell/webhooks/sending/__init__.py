"""How a message that is due is sent, and how the result of the attempt is recorded.

Read in this order: dispatcher, claiming, transport, exchange, answer, verdict with retry and outage, recording; store
has the statements.
"""
