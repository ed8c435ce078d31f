"""What is done without being asked? Expired claims, retention, tombstones, and the trust in the clock."""
