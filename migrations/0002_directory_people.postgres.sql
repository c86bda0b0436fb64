-- Companies and who works there.
CREATE TABLE directory_company (
    id BYTEA PRIMARY KEY,
    name TEXT NOT NULL,
    edition TEXT NOT NULL CHECK (edition IN ('professional', 'standard')),
    -- Names, separated by spaces.
    products TEXT NOT NULL,
    -- The id of its data center.
    home TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE directory_user (
    company_id BYTEA NOT NULL REFERENCES directory_company (id),
    id BYTEA NOT NULL UNIQUE,
    user_name TEXT NOT NULL,
    -- The user name in lower case: sign-in does not mind the case.
    user_name_key TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Argon2id in PHC form; none for a user who cannot sign in by password.
    password_hash TEXT,
    email TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    locale TEXT NOT NULL,
    employee_number TEXT,
    role TEXT NOT NULL CHECK (role IN ('traveller', 'admin')),
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
