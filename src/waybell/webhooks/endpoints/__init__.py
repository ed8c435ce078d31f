"""Who gets webhooks, which, and how: what people set, and how an endpoint fares."""
