"""Where was a vehicle on its route? The tracks, point by point."""
