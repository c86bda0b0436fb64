### What is shown instead of a page.

error-not-found-title = Nothing here
error-not-found-advice = The address may be mistyped, or what was here belongs to somebody else or is gone.
error-signed-out-title = Please sign in again
error-signed-out-advice = Your session is over, or the form was opened before you last signed in. Nothing was changed.
error-internal-title = Something went wrong
error-internal-advice = It is our fault, not yours. Try again; if it keeps happening, give your administrator the id below.
error-correlation-id = Correlation id
error-to-expenses = Go to your expenses
error-to-signin = Sign in
