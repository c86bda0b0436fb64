### What an account sees of its connection.

account-heading = My connection
account-of = Account of
account-none = { $brand } is not connected with { $platform } for this account.
account-connected = { $brand } is connected with { $platform }. Receipts are sent after payment.
account-lost = The connection is lost: { $platform } takes no more receipts from { $brand } for you. Reconnect, and they go on.
account-ending = The connection is being ended. { $brand } sends nothing any more.
account-since = Connected since
account-connect = Connect
account-reconnect = Reconnect
account-disconnect = Disconnect
account-delete-title = Delete the account
account-delete = Delete my account

ask-disconnect = Disconnect { $brand } from { $platform }?
ask-disconnect-lead = { $brand } sends no more receipts for you, and its access at { $platform } is revoked. What was sent stays there.
ask-disconnect-yes = Disconnect
ask-delete = Delete your { $brand } account?
ask-delete-lead = It is disconnected from { $platform } first. Then the account is gone; this cannot be taken back.
ask-delete-yes = Delete
ask-no = Cancel
