"""Which processes are there, and how do they start and stop? Supervisor, processes, first start, and doctor."""
