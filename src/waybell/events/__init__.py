"""What happened, under which name, in which order? The event types, the outbox that stores events, and the feed."""
