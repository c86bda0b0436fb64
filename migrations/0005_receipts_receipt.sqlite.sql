-- E-receipts: the JSON is kept as it came, beside what was read from it.
CREATE TABLE receipts_receipt (
    company_id BLOB NOT NULL,
    -- Time-ordered, so that a user's newest come first by key.
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    receipt_type TEXT NOT NULL,
    body TEXT NOT NULL,
    app_id BLOB NOT NULL,
    app_name TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ACCEPTED', 'PROCESSING', 'PROCESSED', 'FAILED')),
    -- Name the files of the receipt's picture, once there is one.
    image_blob TEXT,
    image_type TEXT,
    preview_blob TEXT,
    PRIMARY KEY (company_id, id)
) STRICT;
CREATE INDEX receipts_receipt_user ON receipts_receipt (company_id, user_id, id);
-- Which files the sweep must keep.
CREATE INDEX receipts_receipt_image ON receipts_receipt (image_blob) WHERE image_blob IS NOT NULL;
CREATE INDEX receipts_receipt_preview ON receipts_receipt (preview_blob)
    WHERE preview_blob IS NOT NULL;

-- What happened to a receipt while it was processed.
CREATE TABLE receipts_log (
    id INTEGER PRIMARY KEY,
    company_id BLOB NOT NULL,
    receipt_id BLOB NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('DEBUG', 'INFO', 'WARNING', 'ERROR')),
    message TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_log_receipt ON receipts_log (company_id, receipt_id, id);
