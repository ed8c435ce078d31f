"""What does a dispatcher see of a day, how does the board keep up with it, and what can be done there at once?"""
