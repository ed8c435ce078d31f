"""What belongs to the installation and to no account? Its secret key, its epoch, and heartbeats and counters."""
