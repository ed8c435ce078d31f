"""Where are pictures kept? Photos and signatures of orders, logos of accounts, pictures of vehicle checks."""
