"""The heart: events become messages, messages become signed POSTs, and each attempt is kept.

    fanout      an event becomes a message for each endpoint that listens, in the transaction of the change
    messages/   where can a message be, and who moves it? The one room that writes messages and attempts
    sending/    claim, POST, decide, record: what a dispatcher does all day
    endpoints/  who gets webhooks, what people set, how each endpoint fares, and events about endpoints
    jobs/       which jobs over many messages are there?
    history/    what people see of messages and attempts, and what they ask to be sent again or canceled

All of them share the facts of sending (model), the signatures (signing), and the check of addresses (address).
"""
