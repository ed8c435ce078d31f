"""Pictures that people send: photos and signatures of orders, logos of accounts."""
