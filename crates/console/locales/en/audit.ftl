### The audit log.

audit-title = Audit log
audit-lead = Who decided what at your company, the newest first.
audit-lead-all = Who decided what at every company, the newest first.
audit-none = Nothing was decided yet.
audit-pages = Pages of the log
audit-older = Older
audit-actor-server = the server’s command line

audit-app-change = App settings changed
audit-app-connect = App connected
audit-app-create = App created
audit-app-disable = App turned off for the company
audit-app-disconnect = App disconnected
audit-app-enable = App turned on for the company
audit-app-start = App started by its makers
audit-app-stop = App stopped by its makers
audit-company-move = Company moved to another data center
audit-keys-rotate = Signing key replaced
audit-listing-certify = Listing certified
audit-listing-change = Listing changed
audit-listing-give-back = Listing given back
audit-listing-logo = Logo changed
audit-listing-release = Release set
audit-listing-submit = Listing submitted for review
audit-listing-withdraw = Listing taken back to a draft
audit-password-change = Password changed

audit-field-app = App id
audit-field-connect-url = Landing page
audit-field-for = For
audit-field-from = From
audit-field-grants = Grants
audit-field-kid = Key id
audit-field-listing = Listing id
audit-field-logo = Logo
audit-field-name = Name
audit-field-note = Note
audit-field-on = Day
audit-field-region = Region
audit-field-scopes = Scopes
audit-field-stage = Stage
audit-field-to = To
audit-field-was = State before
