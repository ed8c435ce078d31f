"""Which tables are there, and how did they become so? All tables, and the migrations that lead to them."""
