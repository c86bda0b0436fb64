-- Companies and who works there.
CREATE TABLE directory_company (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    edition TEXT NOT NULL CHECK (edition IN ('professional', 'standard')),
    -- Names, separated by spaces.
    products TEXT NOT NULL,
    -- The id of its data center.
    home TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE directory_user (
    company_id BLOB NOT NULL REFERENCES directory_company (id),
    id BLOB NOT NULL UNIQUE,
    user_name TEXT NOT NULL,
    -- The user name in lower case: sign-in does not mind the case.
    user_name_key TEXT NOT NULL UNIQUE,
    -- Argon2id in PHC form; none for a user who cannot sign in by password.
    password_hash TEXT,
    email TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    locale TEXT NOT NULL,
    employee_number TEXT,
    role TEXT NOT NULL CHECK (role IN ('traveller', 'admin')),
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, id)
) STRICT;
