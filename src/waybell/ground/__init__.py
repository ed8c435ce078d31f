"""What does every room use that knows no other room? Time, ids, errors, links, and limits on costly work."""
