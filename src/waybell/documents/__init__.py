"""What is handed over on paper? Proofs of delivery and shipping labels; facts go in, the bytes of a PDF come out."""
