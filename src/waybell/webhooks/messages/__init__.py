"""Where a message can be, and who moves it: the one room that writes the tables `messages` and `attempts`.

                 fan_in            claims             results
    (nothing) ----------> waiting ---------> sending -----------> succeeded   the receiver answered 2xx
                          ^  |                |  |
                          |  | canceling      |  +--------------> failed      no retry is left, or it answered 410
                          |  +-> canceled     |
                          +-------------------+
                            results: the attempt failed, and a retry follows
                            claims: the lease ran out

    succeeded, failed, canceled --resending--> waiting     a person asks for a fresh round
    all but sending --pruning--> (nothing)                 the time is over for which messages are kept

    lanes       of the waiting messages of one lane only the head is due; finishing it promotes the next
    due_times   when a waiting message is due: put forward, given back after an outage, moved with the clock
    locks       the order in which messages are locked, so that no transactions deadlock
    attempts    what is kept of each POST
    conditions  states and parts as the partial indexes spell them
    records     what leaves the room: messages and attempts as values

Each move names the state, and where there is one the claim, that it moves a message from: a move that comes too late
matches no row. The room knows endpoints by their ids only. `webhooks/history` reads these tables too, and writes none.
"""
