-- What a traveller changes of an expense, and the history of that.
ALTER TABLE expense_available ADD COLUMN comment TEXT;
ALTER TABLE expense_available ADD COLUMN hidden BIGINT NOT NULL DEFAULT 0;
-- It answers alone whether an expense has twins in sight: without that, SQLite would rather look at
-- all expenses of a traveller for each of them.
CREATE INDEX expense_available_twin ON expense_available (company_id, user_id, twin_key, hidden)
    WHERE twin_key IS NOT NULL;
-- Counts changes of type and comment.
ALTER TABLE expense_available ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
-- Rows are only ever appended.
CREATE TABLE expense_change (
    company_id BYTEA NOT NULL,
    -- Whose expense it is.
    user_id BYTEA NOT NULL,
    expense_id BYTEA NOT NULL,
    -- Time-ordered; one change of several things has it in several rows.
    id BYTEA NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('type', 'comment', 'hidden')),
    was TEXT,
    became TEXT,
    changed_by BYTEA NOT NULL,
    changed_by_name TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, user_id, expense_id, id, what)
);
