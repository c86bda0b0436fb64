### From an account to a connection.

connect-footer = This is how { $brand } connects with { $platform }. { $brand } runs these pages.
connect-terms = Terms
connect-privacy = Privacy
connect-support = Support
connect-nav-account = My connection
connect-step = Step { $step } of 3
connect-failed = Error: { $title }
connect-email-error = Type an e-mail address, such as name@example.com.

confirm-heading = Connect your { $brand } account with { $platform }?
confirm-heading-company = Connect your company’s { $platform } with { $brand }?
confirm-as = You are signed in as
confirm-lead = After you confirm, { $brand } sends your receipts to your { $platform } account.
confirm-lead-company = After you confirm, { $brand } acts for your whole company at { $platform }.
confirm-own = Confirm only if you began this yourself. Your { $platform } password stays with { $platform }.
confirm-yes = Connect
confirm-no = If you do not want this, close this window. Nothing is connected until you confirm.

choose-heading = Connect your { $brand } account with { $platform }
choose-heading-lost = Reconnect your { $brand } account with { $platform }
choose-lead = Your receipts from { $brand } then go to your { $platform } account by themselves. You sign in at { $platform }; { $brand } does not see your password.
choose-web = Sign in at { $platform }
choose-mail-title = By e-mail
choose-mail-lead = { $platform } sends a link to the primary e-mail address of your account there.
choose-email = E-mail address at { $platform }
choose-mail-submit = Send me a link

sent-heading = Look at your mail
sent-lead = If the address belongs to an account at { $platform }, a link is on its way there.
sent-advice = Open it soon; it works once. You may open it in another browser, where you sign in here first.
sent-back = Choose another way

connected-heading = { $brand } and { $platform } are connected
connected-as = Connected for
connected-next = What happens next
connected-pay = You pay at { $brand } as always.
connected-post = After payment, { $brand } sends the receipt to { $platform }.
connected-use = The receipt waits in { $platform } for your next expense report.
connected-close = You can close this window.
connected-account = See or end the connection
