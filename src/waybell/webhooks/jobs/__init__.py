"""Which jobs over many messages are there, and how far is each? `webhooks/history` plans and runs them."""
