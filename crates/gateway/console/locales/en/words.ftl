### Words that several pages have.

console-brand = Bursar gateway
console-footer = The operators’ console of this gateway. What you do here is written to its log.
console-nav-overview = Overview
console-nav-items = Outbox
console-nav-connections = Connections
console-nav-calls = Calls

title-failed = Error: { $title }
app-development = development
app-production = production

count-more = { $count }+
age-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
 }
age-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
 }
age-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
 }

item-waiting = waiting
item-sending = sending
item-delivered = delivered
item-parked = parked
item-overdue = waiting for over an hour
item-delivered-lately = delivered, 24 h

connection-connected = connected
connection-troubled = refresh failed
connection-at-risk = at risk
connection-lost = lost
connection-ending = ending
connection-ended = ended

call-unanswered = no answer

find-title = Find
find-app = App
find-state = State
find-any-state = any state
find-submit = Find
find-clear = Show all
mistake-state = There is no such state. Choose one of the list, or any.
mistake-outcome = There is no such outcome. Choose one of the list, or any.
mistake-connection = The address names no connection: the id of one is a UUID. Show all, or come from the page of a connection.
mistake-before = The address says no place where the list goes on. Show all, and begin with the newest.
mistake-reason = Only parked items are found by a reason. Choose the state parked or any state, or leave the reason empty.
list-newest = Newest
list-older = Older
list-none = Nothing is like that
list-none-advice = Change the filters, or show all.
body-cut = This is the beginning only.
body-bytes = { $count } bytes
confirm-no = Cancel
