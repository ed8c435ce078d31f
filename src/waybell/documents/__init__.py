"""What is handed over on paper: proofs of delivery and shipping labels. Facts in, bytes of a PDF out."""
