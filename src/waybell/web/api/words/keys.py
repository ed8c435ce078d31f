"""What the members of API keys mean."""

WORDS = {
    "Key NewKey KeyRequest": {
        "Id": "Our id of the key.",
        "Name": "What the key is for, in your words; what it changes is shown under this name.",
        "Hint": "How the text of the key begins.",
        "Key": "What goes into the header `X-API-KEY`: shown now and never again.",
        "State": "`enabled`, `disabled` or `expired`.",
        "Methods": "The HTTP methods that it may use; an empty list stands for all. Without POST and PUT it sees no"
        " secrets of endpoints.",
        "Kinds": "What it may work with; an empty list stands for all but Keys.",
        "Shippers": "ShipperIds: it sees only their orders, and routes that hold no others. Empty for all.",
        "Depots": "DepotIds: it sees only their orders and routes. Empty for all.",
        "Networks": "IP addresses and CIDR ranges that it is accepted from. Empty for all.",
        "ExpiresAt": "Until when it is accepted (UTC); null for good.",
        "PerSecond": "How many calls a second it may make; null for what the settings say.",
        "PerMinute": "How many calls a minute it may make; null for what the settings say.",
        "PdfPerSecond": "How many proofs of delivery a second it may fetch; null for what the settings say.",
        "LabelPerSecond": "How many shipping labels a second it may fetch; null for what the settings say.",
        "CreatedAt": "When it was made (UTC).",
        "LastUsedAt": "When it was used last (UTC), to the minute or so; null when it never was.",
    },
}
