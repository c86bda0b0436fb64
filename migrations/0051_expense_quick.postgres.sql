-- Quick expenses as they were posted. Rows are only ever appended.
CREATE TABLE expense_quick (
    -- The number that stands in the answer beside the id.
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id BYTEA NOT NULL,
    id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    app_id BYTEA NOT NULL,
    app_name TEXT NOT NULL,
    -- To the letter.
    body TEXT NOT NULL,
    expense_type_id TEXT NOT NULL,
    expense_type_name TEXT NOT NULL,
    payment_type_id TEXT,
    -- Decimal text with all digits given.
    amount TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    -- YYYY-MM-DD.
    transaction_date TEXT NOT NULL,
    vendor TEXT,
    comment TEXT,
    entry_details TEXT,
    -- JSON.
    location TEXT,
    received_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX expense_quick_id ON expense_quick (company_id, id);
-- How many requests there were for a user since a moment: the limit that all nodes share.
CREATE TABLE expense_quick_limit (
    company_id BYTEA NOT NULL,
    user_id BYTEA NOT NULL,
    began_at BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (company_id, user_id)
);
-- A company's expense group: its payment types, policies and expense types, as JSON.
CREATE TABLE expense_group (
    company_id BYTEA PRIMARY KEY,
    document TEXT NOT NULL
);
