"""Actions on the track of a route.

They fire no events: each event would carry the whole route, every few seconds while a vehicle moves.
"""

from collections.abc import Sequence

from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import NotFound
from waybell.orders import route_days
from waybell.routes import store as routes
from waybell.routes.model import RouteKey
from waybell.tracks import model, store
from waybell.tracks.model import NewTrackPoint, RouteTrack, Track


def add_points(tx: Tx, actor: Actor, key: RouteKey, sent: Sequence[NewTrackPoint]) -> None:
    """Add points to the newest route with this key; points that were sent before are stored once.

    Points may come late and in any order. Only when one comes before the end of the track is the whole track read
    again. Raise `NotFound` when there is no such route.
    """
    account_id = actor.account.id
    route_id = _find(tx, actor, key)
    take_lock(tx, "track", route_id)
    span = route_days.spans(tx, account_id, [route_id])[route_id]
    points = model.read(sent, span, Moment(tx.now, actor.account.zone))
    track = model.extended(store.track_of(tx, account_id, route_id), points)
    store.append(tx, account_id, route_id, points)
    if track is None:
        all_points = store.points_of(tx, account_id, route_id)
        track = Track(model.length(all_points), all_points[-1])
    store.save(tx, account_id, route_id, track)


def get(tx: Tx, actor: Actor, key: RouteKey) -> RouteTrack:
    """Return the track of the newest route with this key.

    Raise `NotFound` when there is no such route, or it has no point.

    Operations: GetRouteTrackByCode, GetRouteTrackById.
    """
    points = store.points_of(tx, actor.account.id, _find(tx, actor, key))
    if not points:
        raise NotFound(f"The route with {key} has no track.")
    return RouteTrack(track_points=points)


def _find(tx: Tx, actor: Actor, key: RouteKey) -> str:
    found = routes.find(tx, actor.account.id, key)
    if found is None:
        raise NotFound(f"There is no route with {key}.")
    return found
