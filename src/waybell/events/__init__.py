"""What happened: the catalogue of event types, the outbox they are appended to, and the feed they are read from."""
