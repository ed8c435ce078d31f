"""Waybell: every change to an order or a route becomes a signed, ordered, retried webhook.

The flow, with the room of each step:

    HTTP request       web/api                       authenticates, opens one transaction, calls one action
      business change  orders, routes ...            model decides, store writes
      event            events/outbox                 appended in the same transaction
      fan-out          webhooks/fanout               event x matching endpoints -> messages, same transaction
      COMMIT, then a wake-up hint (it may be lost: polling is the truth)
      claim            webhooks/sending/dispatcher   lease due messages, only as many as can start now
      POST             webhooks/sending/exchange     sign, check the address, many at once
      decide           webhooks/sending/verdict      outcome + history -> succeeded / retry at / failed / park
      record           webhooks/messages/results     results of many messages in one transaction
"""

__version__ = "0.2.0"
