"""The heart: events become messages, messages become signed POSTs, and what came of each is kept.

Read in this order: fanout, dispatcher, sender, retry and outage, store. `actions` is what people do to endpoints and
messages; `upkeep` is what nobody has to do.
"""
