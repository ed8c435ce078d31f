"""Which drivers, vehicles, names and addresses does an account know?"""
