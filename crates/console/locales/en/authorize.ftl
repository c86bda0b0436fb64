### An app asks for access.

consent-heading = Connect { $app }?
consent-lead = { $app } asks to act for you at { $brand }.
consent-lead-publisher = { $app } by { $publisher } asks to act for you at { $brand }.
consent-permissions = It would be allowed to:
consent-advice = You will be taken back to it, whatever you choose.
consent-allow = Allow
consent-deny = Do not allow

scope-openid = learn who you are: your user id, nothing more
scope-offline-access = keep its access when you are away
scope-user-read = read your profile: name, e-mail address, company
scope-user-write = read and change your profile
scope-company-read = read facts about your company
scope-company-write = read and change facts about your company
scope-identity-ids = look up the ids and user names of people at your company
scope-identity-core = look up names and languages of people at your company
scope-identity-sensitive = look up e-mail addresses of people at your company
scope-identity-enterprise = look up employee numbers of people at your company
scope-receipts-read = see your receipts
scope-receipts-write = see your receipts and add new ones
scope-receipts-writeonly = add receipts, without seeing those you have
scope-quickexpense-writeonly = add expenses, without seeing those you have
scope-config = look up which expense types, payment types and policies your company has
scope-expense-report-read = see your expense reports
scope-expense-report-readwrite = see and change your expense reports
scope-travelrequest-write = see and change your travel requests
scope-other = use the permission “{ $scope }”

not-asked-title = This app cannot be connected
not-asked-advice = The app that sent you here did not ask in a way that can be trusted, so you were not sent back to it. Go back and try again; if it keeps happening, give its makers the reason below.
not-asked-reason = Reason
