"""Vehicle checks: what a driver finds before and after a route."""
