"""Where a message can be, and who moves it: the one room that writes the tables `messages` and `attempts`.

                fan_in                claims             results: 2xx
    (nothing) ---------> waiting ----------------> sending --------------> succeeded
                         ^ |  ^ ^                   |  |  |
                         | |  | |  results: retry   |  |  | results: five retries failed, or 410
                         | |  | +-------------------+  |  +--------------> failed
                         | |  |  claims: the lease ran out                   |
                         | |  +------------------------+                     |
                         | |         resending: a fresh round                |
                         +-|-------------------------------------------------+
                         | |
                         | +--> canceled    canceling: a person skipped it, or its endpoint was deleted;
                         +----------+       resending lets it wait again

    lanes       of the waiting messages of one lane only the head is due; finishing it promotes the next
    due_times   when a waiting message is due: put forward, given back after an outage, moved with the clock
    locks       the order in which messages are locked, so that nobody waits in a circle
    attempts    what is kept of each POST
    pruning     messages and attempts that are too old go
    conditions  states and parts as the partial indexes spell them
    records     what leaves the room: messages and attempts as values

Each move names the state, and where there is one the claim, that it moves a message from: a move that comes too late
matches no row. The room knows endpoints by their ids only. `webhooks/history` reads these tables too, and writes none.
"""
