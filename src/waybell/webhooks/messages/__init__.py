"""The states of a message and the moves between them: the only package that writes `messages` and `attempts`.

                 fan_in            claims             results
    (nothing) ----------> waiting ---------> sending -----------> succeeded   the receiver answered 2xx
                          ^  |                |  |
                          |  | canceling      |  +--------------> failed      no retry is left, or it answered 410
                          |  +-> canceled     |
                          +-------------------+
                            results: the attempt failed, and a retry follows
                            claims: the lease ran out

    succeeded, failed, canceled --resending--> waiting     a person asks for a fresh round
    all but sending --pruning--> (nothing)                 the message is older than messages are kept

    lanes       of the waiting messages of one lane only the head is due; finishing it promotes the next
    due_times   when a waiting message is due: put forward, given back after an outage, moved with the clock
    locks       the order in which messages are locked, so that no transactions deadlock
    attempts    the rows that record each POST
    conditions  states and parts as the partial indexes spell them
    records     messages and attempts as typed values, for other packages

Each move names the state that it moves a message from, and the claim if there is one, so a move that comes too late
matches no row. The package knows endpoints by their ids only. `webhooks/history` reads these tables and writes none.
"""
