"""How a message that is due is sent, and how the result of the attempt is recorded.

Read in this order: dispatcher, claiming with endpoint_pace and slots, transport, exchange, answer, verdict with retry
and outage, recording. The SQL statements are in `webhooks/messages` and `webhooks/endpoints`.
"""
