-- Quick expenses as they were posted. Rows are only ever appended.
CREATE TABLE expense_quick (
    -- The number that stands in the answer beside the id.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BLOB NOT NULL,
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
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
    received_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX expense_quick_id ON expense_quick (company_id, id);
-- How many requests there were for a user since a moment: the limit that all nodes share.
CREATE TABLE expense_quick_limit (
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    began_at INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    PRIMARY KEY (company_id, user_id)
) STRICT;
-- A company's expense group: its payment types, policies and expense types, as JSON.
CREATE TABLE expense_group (
    company_id BLOB PRIMARY KEY NOT NULL,
    document TEXT NOT NULL
) STRICT;
