-- Quick expenses are available expenses too, and what an expense was for has a name.
-- A constraint cannot be changed here: the table is made anew.
CREATE TABLE expense_available_anew (
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    -- Time-ordered, so that the newest come first by key.
    id BLOB NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('receipt', 'quick_expense')),
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
    -- As the company called the type when the expense came.
    expense_type_name TEXT NOT NULL DEFAULT 'Undefined',
    PRIMARY KEY (company_id, user_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO expense_available_anew (company_id, user_id, id, source, source_id, source_app,
        merchant, transacted_at_text, amount, currency_code, expense_type_id, created_at)
    SELECT company_id, user_id, id, source, source_id, source_app,
        merchant, transacted_at_text, amount, currency_code, expense_type_id, created_at
    FROM expense_available;
DROP TABLE expense_available;
ALTER TABLE expense_available_anew RENAME TO expense_available;
CREATE UNIQUE INDEX expense_available_source ON expense_available (company_id, source, source_id);
