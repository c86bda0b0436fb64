### Connections.

connections-heading = Connections
connections-lead = Who of your users is connected with the platform, newest first.
connections-none = Nobody is connected yet
connections-none-advice = Users connect on the landing page of their app.
connections-who = Who
connections-principal = At the platform
connections-state = State
connections-place = Data center
connections-connected = Connected
connections-expires = Token expires

find-who = Who
find-who-hint = Whole: your own name of the user, the e-mail address, or the UUID at the platform.

connection-back = Connections
connection-facts = The connection
connection-kind = Of
connection-of-user = a user
connection-of-company = a company
connection-name = Name
connection-email = E-mail address
connection-principal = UUID at the platform
connection-company-id = Company’s UUID
connection-place = Data center
connection-scopes = Permissions
connection-connected-at = Connected
connection-refreshed-at = Last token
connection-expires-at = Token expires
connection-last-delivered = Last delivery
connection-trouble = Last trouble
connection-lost-advice = The platform takes its token no more. Its user has to reconnect; until then the user’s items wait, for up to 72 hours.
connection-deleted = A deleted account
connection-company = The company
connection-items = Newest items
connection-items-all = All items of this user
connection-items-none = Nothing was handed over for this user.
connection-calls = Newest calls
connection-calls-all = All calls of this connection
connection-calls-none = No call is kept.
connection-disconnect = Disconnect

disconnect-heading = Disconnect { $who }?
disconnect-lead = The token is revoked at the platform and forgotten. Items that wait are parked. Only the user can connect again.
disconnect-yes = Disconnect
