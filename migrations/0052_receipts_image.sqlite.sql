-- What the partner sent, until the picture that is kept is made of it. The type stays: it tells
-- that no picture was generated.
ALTER TABLE receipts_receipt ADD COLUMN sent_blob TEXT;
ALTER TABLE receipts_receipt ADD COLUMN sent_type TEXT;
CREATE INDEX receipts_receipt_sent ON receipts_receipt (sent_blob) WHERE sent_blob IS NOT NULL;

-- Why the last attempt failed.
ALTER TABLE receipts_attempt ADD COLUMN reason TEXT;

-- Image-only receipts. Their attempts are in receipts_attempt, too: no two receipts share an id.
CREATE TABLE receipts_image_only (
    company_id BLOB NOT NULL,
    -- Time-ordered, so that a user's newest come first by key.
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    app_name TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ACCEPTED', 'PROCESSING', 'PROCESSED', 'FAILED')),
    -- As above.
    sent_blob TEXT,
    sent_type TEXT NOT NULL,
    image_blob TEXT,
    image_type TEXT,
    began_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (company_id, id)
) STRICT;
CREATE INDEX receipts_image_only_user ON receipts_image_only (company_id, user_id, id);
-- Which files the sweep must keep.
CREATE INDEX receipts_image_only_sent ON receipts_image_only (sent_blob)
    WHERE sent_blob IS NOT NULL;
CREATE INDEX receipts_image_only_image ON receipts_image_only (image_blob)
    WHERE image_blob IS NOT NULL;
