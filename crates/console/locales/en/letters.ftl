### Mails.

letter-subject-signin = Sign in to { $brand }
letter-subject-app = { $app }: sign in with { $brand }
letter-greeting = Hello { $name },
letter-reason-signin = Somebody, most likely you, asked for a link that signs in to { $brand }.
letter-reason-app = { $app } asks to connect to your { $brand } account.
letter-reason-company = { $company } (app: { $app }) asks to connect to your { $brand } account.
letter-button = Sign in with { $brand }
letter-secret = Your one-time password, for this app only:
letter-life = It works once, within 15 minutes of when it was asked for.
letter-warning = If you did not ask for this, do nothing: nobody gets in without this mail. Do not pass it on.
