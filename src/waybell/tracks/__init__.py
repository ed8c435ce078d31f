"""Tracks: where a vehicle was on its route, point by point."""
