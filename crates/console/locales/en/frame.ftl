### Where the navigation leads, and what stands below every page.

frame-expenses = Expenses
frame-apps = App Center
frame-connections = Connected apps
frame-approvals = Approvals
frame-admin-apps = Company apps
frame-audit = Audit log
frame-partner-apps = My listings
frame-review = Review
frame-password = Change password
frame-footer = Receipts are kept exactly as they were sent. Amounts are never converted.
