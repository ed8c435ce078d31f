"""The REST API under `/api`: one module for each noun, in the shape of the Track-POD API 2.0."""
