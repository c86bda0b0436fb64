### What needs somebody, and how everything stands.

overview-heading = Overview
overview-alerts = What needs you
overview-fine = Nothing needs you
overview-fine-lead = No connection is lost or at risk, nothing is parked or late, and the data centers answer.
overview-connections = Connections
overview-items = Outbox
overview-oldest = The oldest waiting item has waited for { $age }, since
overview-none-waits = Nothing waits.

alert-lost = { $count ->
    [one] { $shown } connection is lost
   *[other] { $shown } connections are lost
 }
alert-lost-advice = The platform takes their tokens no more. Their users have to reconnect; until then their items wait, for up to 72 hours.
alert-at-risk = { $count ->
    [one] { $shown } connection is at risk
   *[other] { $shown } connections are at risk
 }
alert-at-risk-advice = Their tokens expire within a week, and could not be refreshed. It is tried again every hour; look at the last trouble.
alert-parked = { $count ->
    [one] { $shown } item is parked
   *[other] { $shown } items are parked
 }
alert-parked-else = { $count ->
    [one] { $shown } more item is parked, for another reason
   *[other] { $shown } more items are parked, for other reasons
 }
alert-parked-advice = Mend what is wrong, and replay them. They are not sent by themselves.
alert-parked-bound = Only the newest { $shown } parked items were looked at; there are more.
alert-overdue = { $count ->
    [one] { $shown } item has waited for over an hour
   *[other] { $shown } items have waited for over an hour
 }
alert-overdue-advice = They are tried again by themselves. Their reasons say what they wait for.
alert-failing = { $count ->
    [one] The last call to a data center failed
   *[other] All of the last { $shown } calls to a data center failed
 }
alert-failing-advice = Among the app’s newest { $shown } calls of the last 15 minutes none there succeeded. Items wait; run bursar gateway doctor.
