### What surrounds every page.

# ltr or rtl, as the language is written.
frame-direction = ltr
frame-title = { $page } · { $brand }
frame-skip = Skip to the content
frame-nav = Main
frame-signed-in-as = Signed in as
frame-sign-out = Sign out
# The name of a button that a page has several of.
button-of = { $button }: { $of }
