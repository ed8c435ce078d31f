"""The table of pictures. Lists of orders do not load it, and it is shared by all machines."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from waybell.db.schema import Instant, metadata, partial_index

pictures = Table(
    "pictures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("track_id", Text),  # the order of the picture; logos and pictures of vehicle checks have none
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # as we encoded it: a PNG for a logo, else a JPEG
    # SHA-256 of what was sent, by which a picture that is sent again for an order is recognised; null for others
    Column("sent_hash", Text),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("kind IN ('photo', 'signature', 'logo', 'check')", name="kind"),
    CheckConstraint("(kind IN ('photo', 'signature')) = (track_id IS NOT NULL)", name="of_order"),
    Index("pictures_by_order", "account_id", "track_id"),
    partial_index("pictures_logo", "account_id", unique=True, where="kind = 'logo'"),
)
