### What is shown instead of a page.

error-not-found-title = Nothing here
error-not-found-advice = The address may be mistyped, or what was here belongs to somebody else or is gone.
error-signed-out-title = Please sign in again
error-signed-out-advice = Your session is over, or the form was opened before you last signed in. Nothing was changed.
error-forbidden-title = Not for this account
error-forbidden-advice = This page is for people with another role in your company. Ask your administrator if you should have it.
error-unreadable-title = That form could not be read
error-unreadable-advice = What was sent is damaged. Nothing was changed; go back and try again.
error-too-large-title = That is too large
error-too-large-advice = What was sent is larger than we take. Nothing was changed; go back and try with less.
error-busy-title = Busy
error-busy-advice = There is too much to do at this moment. Nothing was changed; try again a little later.
error-full-title = The disk is full
error-full-advice = There is no room to keep what was asked for. Nothing was changed; make room on the disk of the database and of the files, then try again.
error-internal-title = Something went wrong
error-internal-advice = It is our fault, not yours. Try again; if it keeps happening, give your administrator the id below.
error-correlation-id = Correlation id
error-to-start = Go to your start page
error-to-signin = Sign in
