"""What does every package use that knows no other package? Time, ids, errors, links, and limits on costly work."""
