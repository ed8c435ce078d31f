"""Which jobs over many messages are there, and how far has each come? `webhooks/history` plans and runs them."""
