"""What did a driver find on the vehicle before and after a route? The vehicle checks."""
