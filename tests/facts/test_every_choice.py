"""The facts: what the Track-POD API does as far as it is publicly known, and what Waybell chose where it is not.

Each has a test here whose name states it. The tests of a choice say its number, "Choice 23.", at the beginning of their
docstring: search for that. This file is the list of the choices, so that none gets lost.
"""

import ast
import re
from pathlib import Path

CHOICES = """
1 names of the four events that are not public
2 signature of webhooks
3 null members
4 a Number or Id that is there already
5 which of several matches is meant
6 whether a PUT is partial
7 when Client and Address are required
8 no Date
9 empty text
10 codes of a bulk
11 200 or 202
12 Location of what was made
13 first status of a route
14 the start of a route and the status of its orders
15 Status and StatusId on the way
16 the status event or OrderUpdated
17 RouteUpdated for changes of orders
18 an order for an unknown route
19 export of an unknown route, and a second confirmation
20 ids that are no UUID
21 a vehicle without a check
22 the list of an unknown Number
23 for how long 410, and a newer order with the Number
24 what a restricted key may not do
25 body and headers of a 429
26 X-Rate-Limit-Limit and -Remaining
27 what the test operation answers
28 when it is 415
29 an Accept that cannot be met
30 types that stand for each other
31 unknown members
32 the Detail of a 400
33 encoded slashes in keys
34 blanks around keys and logins
35 slots of time alone
36 lists of photos in XML
37 a rejection without a reason
38 an outcome that is there already
39 mergeAddresses=false
40 Codes of routes that are used again
41 TrackLink and TrackKey
42 values and labels of custom fields
43 MaxWorkTime
44 the zone of status dates
45 who sees passwords
46 facts of several lines with the same goods
47 an order that is not loaded
48 numbers of stops when one goes
49 another name or login of a driver
50 a DriverName without a DriverLogin
51 empty text that clears a member
52 the time slot of an address
53 paths at the root
54 texts from templates, and the time that was never set
""".strip()


def test_each_choice_has_a_test_and_each_number_in_a_test_is_a_choice():
    listed = [int(line.partition(" ")[0]) for line in CHOICES.splitlines()]
    assert listed == list(range(1, 55))
    tested = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                tested |= {int(number) for number in re.findall(r"^Choice (\d+)\.", ast.get_docstring(node) or "")}
    assert tested == set(listed)
