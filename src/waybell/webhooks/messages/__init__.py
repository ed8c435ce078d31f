"""What people see of messages and their attempts, and what is sent again because they ask."""
