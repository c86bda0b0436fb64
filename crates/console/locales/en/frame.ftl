### What surrounds every page.

# ltr or rtl, as the language is written.
frame-direction = ltr
frame-title = { $page } · { $brand }
frame-skip = Skip to the content
frame-nav = Main
frame-expenses = Expenses
frame-apps = App Center
frame-connections = Connected apps
frame-approvals = Approvals
frame-admin-apps = Company apps
frame-audit = Audit log
frame-partner-apps = My listings
frame-review = Review
frame-signed-in-as = Signed in as
frame-password = Change password
frame-sign-out = Sign out
frame-footer = Receipts are kept exactly as they were sent. Amounts are never converted.
