"""What belongs to the installation and to no account? Its secret key, and the heartbeats of its processes."""
