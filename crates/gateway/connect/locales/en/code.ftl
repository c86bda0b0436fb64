### Proving that an address is one's own.

code-heading = Type the code from our mail
code-lead = { $brand } has sent a mail with eight digits to
code-code = Code
code-hint = Eight digits. They work for 15 minutes, in this browser only.
code-submit = Go on
code-wrong = That is not the code.
code-wrong-advice = Look at the newest mail and type its eight digits. After five wrong ones the code is void.
code-void = This code is void.
code-void-advice = It is older than 15 minutes, or five wrong ones were typed. Ask for another.
code-too-many = No more codes for now.
code-too-many-advice = Five were asked for within an hour. Use the newest one, or come back later.
code-again-title = No mail?
code-again-lead = Look among unwanted mail, too. A new code replaces the one before.
code-again = Send another code
code-other = Begin again with another address

forgot-heading = Set a new password
forgot-lead = { $brand } sends you a mail with a code. After that you choose a new password.
forgot-submit = Send me a code
forgot-back = Back to sign in

password-heading = Set a new password for { $brand }
password-lead = This address is yours:
password-new = New password
password-ends = You are signed out everywhere else.
password-submit = Save and sign in
password-back = Sign in with the password that you have

code-mail-subject = { $brand }: your code
code-mail-new = Somebody, most likely you, wants to use this address for a { $brand } account. There is none with it yet: this code makes one.
code-mail-known = Somebody, most likely you, wants to use this address for a { $brand } account. There is one already: this code sets a new password for it.
code-mail-code = Type it where you asked for it:
code-mail-life = It works once, within 15 minutes of when it was asked for.
code-mail-warning = If you did not ask for this, do nothing: without the code nobody gets in. Tell it to nobody, not even to { $brand }.
