"""What does every room stand on that knows no other room? Time, ids, errors, links, and limits of costly work."""
