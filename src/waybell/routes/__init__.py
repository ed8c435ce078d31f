"""Who drives the orders, on which day and in which sequence?"""
