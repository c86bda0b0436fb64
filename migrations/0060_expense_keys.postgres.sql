-- What a traveller's list sorts, searches and compares by. Rows of the time before have an empty
-- date_key until the next start of the program, which reads what their documents say.
-- The day as the document wrote it, as a number: 20261119; 0 where there is none.
ALTER TABLE expense_available ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
-- Bytes that compare as the instants, the amounts within a currency, and the names do.
ALTER TABLE expense_available ADD COLUMN date_key BYTEA NOT NULL DEFAULT '';
ALTER TABLE expense_available ADD COLUMN amount_key BYTEA NOT NULL DEFAULT '';
ALTER TABLE expense_available ADD COLUMN merchant_key BYTEA NOT NULL DEFAULT '';
-- The same for what looks like the same purchase; none without a merchant's reference.
ALTER TABLE expense_available ADD COLUMN twin_key BYTEA;
-- Folded to small letters: engines do not agree on how.
ALTER TABLE expense_available ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE expense_available ADD COLUMN comment_search TEXT NOT NULL DEFAULT '';
-- 1 where the document's amounts do not add up.
ALTER TABLE expense_available ADD COLUMN sums_differ BIGINT NOT NULL DEFAULT 0;
CREATE INDEX expense_available_unkeyed ON expense_available (company_id, user_id, id)
    WHERE LENGTH(date_key) = 0;
