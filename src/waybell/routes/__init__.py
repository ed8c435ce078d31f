"""Routes: a driver's day, and the orders on it in their sequence."""
