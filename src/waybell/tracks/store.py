"""Tracks in the database: points are only ever added, and the length of each track is stored beside them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.orders.eta_notes import note
from waybell.routes.tables import track_points, tracks
from waybell.tracks.model import RouteTrackPoint, Track


def append(tx: Tx, account_id: str, route_id: str, points: Sequence[RouteTrackPoint]) -> None:
    """Add points; points that were sent before are stored once."""
    rows = [
        {
            "account_id": account_id,
            "route_id": route_id,
            "at": point.date,
            "lat": point.lat,
            "lng": point.lng,
            "speed": point.speed,
            "created_at": tx.now,
        }
        for point in points
    ]
    tx.execute(insert_into(track_points, on_postgres=tx.on_postgres).on_conflict_do_nothing(), rows)


def points_of(tx: Tx, account_id: str, route_id: str) -> list[RouteTrackPoint]:
    """Return the points of a route in the order of their times."""
    columns = track_points.c
    query = select(columns.at, columns.lat, columns.lng, columns.speed).where(
        columns.account_id == account_id, columns.route_id == route_id
    )
    return [
        RouteTrackPoint.model_construct(lat=lat, lng=lng, speed=speed, date=at)
        for at, lat, lng, speed in tx.execute(query.order_by(columns.at, columns.lat, columns.lng))
    ]


def track_of(tx: Tx, account_id: str, route_id: str) -> Track | None:
    query = select(tracks).where(tracks.c.route_id == route_id, tracks.c.account_id == account_id)
    row = tx.execute(query).first()
    if row is None:
        return None
    return Track(row.metres, RouteTrackPoint(lat=row.last_lat, lng=row.last_lng, speed=0, date=row.last_at))


def save(tx: Tx, account_id: str, route_id: str, track: Track) -> None:
    """Store the length and the end of the track. The caller holds the advisory lock on the track."""
    sums: dict[str, Any] = {
        "metres": track.metres,
        "last_at": track.last.date,
        "last_lat": track.last.lat,
        "last_lng": track.last.lng,
        "changed_at": tx.now,
    }
    insert = insert_into(tracks, on_postgres=tx.on_postgres).values(route_id=route_id, account_id=account_id, **sums)
    tx.execute(insert.on_conflict_do_update(index_elements=["route_id"], set_=sums))
    note(tx, route_id, "Position")
