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
signin-locked = Too many wrong passwords for that user name.
signin-locked-advice = It is locked for 15 minutes, even for the right password. Try again after that, or have a link sent to your mail.
signin-sso = This account is for your company’s single sign-on.
signin-sso-advice = Its password does not sign in here. Have a link sent to the e-mail address of your account instead, below.
signin-moved = Your account lives at this data center. Sign in here to go on.
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

password-title = Change your password
password-title-failed = Error: Change your password
password-lead = You stay signed in here. Everywhere else you will have to sign in again.
password-must = Your password has to be changed before you can go on. The one that you were given works here only.
password-current = Current password
password-new = New password
password-hint = At least { $min } characters. Several words are easier to remember than one that is hard to guess.
password-again = New password, once more
password-submit = Change password
password-changed = Your password was changed. Other sessions of yours have ended.
password-short = The new password is too short.
password-mismatch = The two new passwords are not the same.
password-same = The new password is the current one.
password-unchanged = Your password was not changed. Type all three again.
password-sso-advice = There is no password of yours to change here.
