"""The heart: events become messages, messages become signed POSTs, and what came of each is kept.

    fanout      an event becomes a message for each endpoint that listens, in the transaction of the change
    sending/    claim, POST, decide, record: what a dispatcher does all day
    endpoints/  who gets webhooks: what people set, and what sending finds out
    messages/   what people see of messages and attempts, and what is sent again because they ask
    upkeep      what nobody has to do, with retention and timekeeping

What these share: the rows (tables) and facts (model), signatures, addresses that may be called, the hours of an
endpoint, and events about endpoints themselves (operational).
"""
