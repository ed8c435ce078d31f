"""Who gets webhooks, which event types and how, and how does each endpoint fare?

    actions             what people do to endpoints; secrets, alerts: to their secrets, and to the alert URL
    settings            what they may set: pure rules
    store               the rows of endpoints; secret_store and subscriptions: those of their secrets and event types
    parking             outages, pauses and probes, which follow from attempts
    hourly_counts       attempts counted by the hour, and their durations by duration_steps
    down_endpoints      the endpoints that are down, for every page
    operational_events  the events by which an account learns that an endpoint is down or disabled
    tools               what the actions need beside a transaction

Sending and upkeep change how an endpoint fares; people change what it is.
"""
