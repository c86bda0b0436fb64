### The mail to somebody who has been inactive for long.

warning-mail-subject = Your connection of { $brand } with { $platform } will end
warning-mail-reason = For a long time { $brand } has sent nothing to { $platform } for you, and you have not signed in.
warning-mail-end = If that stays so, the connection ends on { $date } and the access of { $brand } at { $platform } is revoked. What was sent before stays at { $platform }.
warning-mail-keep = Sign in to keep it
warning-mail-again = If you do not need it any more, do nothing. You can connect again at any time.
