"""From a message that is due to what came of it.

Read in this order: dispatcher, claiming, transport, exchange, answer, verdict with retry and outage, recording; store
has the statements.
"""
