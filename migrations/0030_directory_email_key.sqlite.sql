-- An address as it is compared: in lower case by the program's rule, the same on both engines; an
-- engine's own `lower` may know ASCII only. Rows from before keep what their engine makes of them.
ALTER TABLE directory_user ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
-- What follows the @ of the key.
ALTER TABLE directory_user ADD COLUMN email_domain TEXT NOT NULL DEFAULT '';
UPDATE directory_user SET email_key = lower(email),
    email_domain = CASE WHEN instr(email, '@') = 0 THEN ''
        ELSE lower(substr(email, instr(email, '@') + 1)) END;
DROP INDEX directory_user_email;
CREATE INDEX directory_user_email_key ON directory_user (email_domain, email_key);
