### Signing in to the merchant's account.

start-heading = Connect { $brand } with { $platform }
start-lead = This is an integration of { $brand } with { $platform }: your receipts from { $brand } go to your { $platform } account. First sign in to your { $brand } account.
start-waits = { $platform } sent you here. You confirm in the next step; until then nothing is connected.
start-email = E-mail address
start-password = Password
start-submit = Sign in
start-new = New at { $brand }?
start-new-link = Create an account
start-closed = Ask { $brand } for an account: none are made on this page.
start-help = Get help
start-forgot = Forgot your password?
start-incorrect = That address and password do not match.
start-incorrect-advice = Check both and try again. Passwords tell upper case from lower case.
start-locked = Too many wrong passwords for that address.
start-locked-advice = It is locked for 15 minutes, even for the right password. Try again after that.

signup-heading = Create your { $brand } account
signup-lead = A mail with a code shows that the address is yours. Then you connect the account with { $platform }.
signup-name = Your name
signup-name-error = Type your name, in at most 100 characters.
signup-hint = At least { $min } characters. Several words are easy to remember.
signup-short = The password is too short.
signup-submit = Send me a code
signup-back = Sign in to an account that you have
