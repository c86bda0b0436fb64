### Signing in: by password, or by a mailed link.

signin-title = Sign in
signin-title-failed = Error: Sign in
signin-lead = Use the account that your company gave you.
signin-lead-app = Sign in to go on connecting { $app }.
signin-user-name = User name
signin-password = Password
signin-submit = Sign in
signin-failed = That user name and password do not match.
signin-failed-advice = Check both and try again. Passwords tell upper case from lower case.
signin-link-title = Without a password
signin-link-lead = Have a link sent to the primary e-mail address of your account.
signin-email = E-mail address
signin-link-submit = Send a link to my email

sent-title = Look at your mail
sent-lead = If { $email } is the primary address of an account, a link that signs you in is on its way there.
sent-advice = It works once, within 15 minutes. If nothing comes, check the address and the folder for unwanted mail.
sent-mailbox = Open the sandbox’s mailbox
sent-back = Back to sign-in

link-title = Go on signing in
link-lead = You are signing in as { $name }.
link-lead-app = You are signing in as { $name }, to go on connecting { $app }.
link-submit = Sign in
link-gone-title = This link no longer works
link-gone-advice = Links in mails work once, within 15 minutes. Have another one sent.
link-gone-again = Sign in
