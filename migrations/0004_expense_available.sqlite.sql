-- What a traveller can put into an expense report. One row for each source document.
CREATE TABLE expense_available (
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    -- Time-ordered, so that the newest come first by key.
    id BLOB NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('receipt')),
    source_id BLOB NOT NULL,
    source_app TEXT NOT NULL,
    merchant TEXT NOT NULL,
    -- As the source wrote it, with its own offset.
    transacted_at_text TEXT NOT NULL,
    -- Decimal text as the source wrote it; any number of digits.
    amount TEXT NOT NULL,
    currency_code TEXT NOT NULL,
    expense_type_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, user_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX expense_available_source ON expense_available (company_id, source, source_id);
