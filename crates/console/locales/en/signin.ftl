### The sign-in page.

signin-title = Sign in
signin-title-failed = Error: Sign in
signin-lead = Use the account that your company gave you.
signin-user-name = User name
signin-password = Password
signin-submit = Sign in
signin-failed = That user name and password do not match.
signin-failed-advice = Check both and try again. Passwords tell upper case from lower case.
