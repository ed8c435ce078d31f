"""What do people see of messages and attempts, and what do they ask for?

    message_log, attempt_search         messages and attempts, page by page
    waiting_messages, failed_messages   what waits at an endpoint, and what failed there
    lane_positions                      what is before and behind a message
    explain, explain_facts              why an endpoint did or did not get an event; causes: why an attempt failed
    event_outcomes, fingerprints        events by their outcomes; what has changed since a page was shown
    queue_metrics                       how much waits, for operators
    resend, cancel_message, test_send   one message at a time
    jobs, job_slices, selection         many messages, slice by slice

This room reads the tables of `webhooks/messages`, and moves messages only by the functions of that room.
"""
