"""The layout of proofs of delivery: at once, or for a long one in a process of its own."""

from waybell.documents import proof, text
from waybell.documents.proof import Evidence
from waybell.documents.text import Letterhead
from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Busy
from waybell.ground.task_processes import TaskProcesses, TookTooLongError, answer
from waybell.orders.model import Order

_LONG = 50  # lines of goods
_SECONDS = 60
_processes = TaskProcesses("waybell.documents.layout_process", Bulkhead(2, 6, text.REFUSAL), _SECONDS)


def proof_of_delivery(order: Order, head: Letterhead, evidence: Evidence) -> bytes:
    """Return the document as a PDF of A4 pages; before the order has an outcome, it is a delivery note.

    The layout of a long document takes seconds, in which a thread would stop all others, so a process does it. Raise
    `Busy` when too many are under way, or when it takes too long.
    """
    if len(order.goods_list or ()) <= _LONG:
        with text.bulkhead.slot():
            return proof.laid_out(order, head, evidence)
    try:
        document: bytes = _processes.run((order, head, evidence))
    except TookTooLongError:
        raise Busy("Laying out the document took too long: this machine has too much to do. Try again.") from None
    return document


if __name__ == "__main__":
    answer(lambda parts: proof.laid_out(*parts))
