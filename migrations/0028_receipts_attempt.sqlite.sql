-- The log of a receipt is told from what happened, instead of being kept as text beside it: the
-- attempt that ended it stands in its own row, and only those that failed have rows here.
ALTER TABLE receipts_receipt ADD COLUMN began_at INTEGER;
ALTER TABLE receipts_receipt ADD COLUMN ended_at INTEGER;
CREATE TABLE receipts_attempt (
    id INTEGER PRIMARY KEY,
    company_id BLOB NOT NULL,
    receipt_id BLOB NOT NULL,
    began_at INTEGER NOT NULL,
    failed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_attempt_receipt ON receipts_attempt (company_id, receipt_id, id);

INSERT INTO receipts_attempt (company_id, receipt_id, began_at, failed_at)
    SELECT l.company_id, l.receipt_id, COALESCE((SELECT MAX(b.at) FROM receipts_log b
        WHERE b.company_id = l.company_id AND b.receipt_id = l.receipt_id AND b.id < l.id
            AND b.message = 'Initiated receipt processing.'), l.at), l.at
    FROM receipts_log l WHERE l.message LIKE 'Error during image generation%' ORDER BY l.id;
UPDATE receipts_receipt SET
    began_at = (SELECT MAX(l.at) FROM receipts_log l WHERE l.company_id = receipts_receipt.company_id
        AND l.receipt_id = receipts_receipt.id AND l.message = 'Initiated receipt processing.'),
    ended_at = (SELECT MAX(l.at) FROM receipts_log l WHERE l.company_id = receipts_receipt.company_id
        AND l.receipt_id = receipts_receipt.id
        AND l.message IN ('Processing finished.', 'Processing failed.'))
    WHERE status IN ('PROCESSED', 'FAILED');
DROP TABLE receipts_log;
