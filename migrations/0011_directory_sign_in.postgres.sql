-- How a user signs in, and how often that failed lately.
ALTER TABLE directory_user
    ADD COLUMN sign_in TEXT NOT NULL DEFAULT 'password' CHECK (sign_in IN ('password', 'sso')),
    ADD COLUMN must_change_password BIGINT NOT NULL DEFAULT 0;
CREATE TABLE directory_sign_in_failure (
    -- The user's id, or a hash of a name that nobody has: who guesses names sees no difference.
    name_key BYTEA PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
CREATE INDEX directory_sign_in_failure_age ON directory_sign_in_failure (last_at);
