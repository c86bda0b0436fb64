### The outbox.

items-heading = Outbox
items-lead = What was handed over for the platform, newest first.
items-none = Nothing was handed over yet
items-none-advice = Items come by the API or by bursar gateway import.
items-replay-all = Replay all with this reason
items-key = Key
items-user = User
items-type = Type
items-state = State
items-reason = Reason
items-accepted = Accepted

find-user = User, by your own name
find-key = Key
find-reason = Reason of parked items

item-back = Outbox
item-facts = The item
item-user = User
item-type = Type
item-reason = Reason
item-attempts = Attempts
item-connection = Connection
item-connection-link = The connection that it goes out for
item-accepted = Accepted
item-first-attempt = First sent
item-due = Next attempt
item-give-up = Given up
item-ended = Ended
item-remote-id = Id at the platform
item-location = Location
item-image = Image
item-image-link = Download ({ $type })
item-body = JSON
item-body-link = Download the JSON
item-calls = Calls
item-calls-none = No call was made for it yet.
item-replayed = It is on its way again.

correct-title = Send it again
correct-lead = As it is, once what hindered it is gone. What the platform may have is looked for before.
correct-doubtful = The platform may have it: the outcome of an attempt is unknown, and quick expenses cannot be looked for. Look there first.
correct-replay = Replay as it is
correct-json-title = Correct it
correct-json = Corrected JSON
correct-submit = Correct and replay
correct-refused = It was not sent again.
correct-fault = { $path }: expected { $expected }; there was { $got }
correct-fault-whole = The whole: expected { $expected }; there was { $got }

replay-title = Replay parked items
replay-heading = { $count ->
    [one] Replay { $shown } parked item?
   *[other] Replay { $shown } parked items?
 }
replay-of = App
replay-reason = Reason
replay-lead = They are sent again as they are. Do this once what hindered them is gone; otherwise they come back.
replay-bound = One click sends up to about { $shown } of them; then you see how many are left.
replay-done = { $count ->
    [0] No item was sent on its way again
    [one] { $shown } item is on its way again
   *[other] { $shown } items are on their way again
 }
replay-left-out = { $count ->
    [one] { $shown } stays parked: its user is not connected.
   *[other] { $shown } stay parked: their users are not connected.
 }
replay-rest = { $count ->
    [0] None is left to be looked at.
    [one] { $shown } is left.
   *[other] { $shown } are left.
 }
replay-stopped = It stopped before its end; the log has the cause. What is told here was done.
replay-yes = Replay them
replay-more = Replay more
replay-list = Those that are parked
