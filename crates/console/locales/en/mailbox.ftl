### The sandbox's mailbox.

mailbox-title = Mailbox
mailbox-lead = Mail that a real platform would have sent. Nothing leaves the sandbox.
mailbox-empty = No mail yet.
mailbox-back = All mail
mailbox-to = To
mailbox-at = Written
mailbox-html = Open as the reader sees it
mailbox-text = The text form
