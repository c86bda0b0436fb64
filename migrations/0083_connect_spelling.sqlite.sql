-- People type an id of the platform in upper case or lower case, with hyphens or without.
DROP INDEX connect_call_user;
CREATE INDEX connect_call_user ON connect_call (replace(lower(user_id), '-', ''), id)
    WHERE user_id IS NOT NULL;
DROP INDEX connect_connection_every_principal;
CREATE INDEX connect_connection_every_principal ON connect_connection
    (replace(lower(principal_id), '-', ''), id);
-- And a user's name as they please.
CREATE INDEX connect_account_ref_lower ON connect_account (lower(user_ref));
