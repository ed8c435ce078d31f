"""What belongs to this installation as a whole, and to no account: its secret key, the life signs of its processes."""
