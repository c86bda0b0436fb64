### Where operators enter.

signin-heading = Sign in
signin-lead = This console is for the people who run the gateway.
signin-name = Name
signin-password = Password
signin-submit = Sign in
signin-incorrect = That name and password do not match.
signin-incorrect-advice = Check both and try again. Passwords tell upper case from lower case.
signin-locked = Too many wrong passwords for that name.
signin-locked-advice = It is locked for 15 minutes, even for the right password. Try again after that.
signin-nobody = Nobody can sign in yet
signin-nobody-lead = The configuration names no operator. Make the hash of a password:
signin-nobody-then = Then name the operator in the configuration file, and start the gateway again:
