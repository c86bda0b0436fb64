### The App Center: the list, a listing, its terms.

apps-title = App Center
apps-lead = Services that work with your account. Each of them sees only what you agree to.
apps-user = User connections
apps-user-lead = You connect these for yourself.
apps-enterprise = Enterprise applications
apps-enterprise-lead = Administrators connect these for the whole company.
apps-none = Nothing is released here yet.
apps-not-for-you = Your role connects no apps.
apps-turned-off = Turned off by your company

app-kind-user = User connection
app-kind-enterprise = Enterprise application
app-by = by { $partner }
app-test = Test listing
app-test-lead = You came by a deep link: this listing may not be released, and it connects the partner's development app.
app-connected = Connected
app-about = About
app-connect-title = Connect
app-connect-lead = You see what the app may do before anything happens.
app-connect = Connect
app-connect-again = Connect again
app-to-connections = See your connected apps
app-help = Terms and help
app-terms = The partner's terms
app-support = Get support
app-block-not-traveller = Only travellers connect apps of this kind.
app-block-not-admin = Only your company's administrators can connect this app. Ask one of them.
app-block-turned-off = Your company has turned this app off.
app-block-stopped = The partner has stopped this app for now. Try again later.
app-block-no-landing-page = The partner has not said yet where connecting goes on.

terms-title = Connect { $app }
terms-lead-user = You allow { $partner } to do this with your account:
terms-lead-enterprise = You allow { $partner } to do this for everybody at { $company }:
terms-after-user = Administrators of your company see that you connected it. You can disconnect it at any time.
terms-after-enterprise = You agree for your company. Any administrator can disconnect it at any time.
terms-of-partner = The partner's own terms apply too
terms-new-window = The partner's page opens in a new window. Sign in there to finish.
terms-agree = I Agree
terms-cancel = Cancel

scope-openid = Know who connected it
scope-user-read = Read the profile
scope-receipts-read = Read receipts
scope-receipts-write = Add and read receipts
scope-receipts-writeonly = Add receipts

connections-title = Connected apps
connections-lead = What acts for you, and since when. Disconnected, an app cannot do anything within a second.
connections-user = For you
connections-enterprise = For your company
connections-none = Nothing is connected.
connections-to-apps = Find apps in the App Center
connection-connected = Connected
connection-de-linked = Expired: connect it again
connection-revoked = Disconnected
connection-since = Since
connection-used = Last used
connection-disconnect = Disconnect
connection-disconnect-app = Disconnect { $app }
disconnect-title = Disconnect { $app }?
disconnect-lead-user = It cannot act for you any more. What it has sent stays.
disconnect-lead-enterprise = It cannot act for your company any more. What it has sent stays.
disconnect-yes = Yes, disconnect
disconnect-no = Keep it
