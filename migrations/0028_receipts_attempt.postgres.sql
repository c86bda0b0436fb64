-- The log of a receipt is told from what happened, instead of being kept as text beside it: the
-- attempt that got through stands in its own row, and only the others have rows here.
ALTER TABLE receipts_receipt ADD COLUMN began_at BIGINT;
ALTER TABLE receipts_receipt ADD COLUMN ended_at BIGINT;
CREATE TABLE receipts_attempt (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id BYTEA NOT NULL,
    receipt_id BYTEA NOT NULL,
    began_at BIGINT NOT NULL,
    -- None for one that was stalled by trouble that is no fault of the receipt.
    ended_at BIGINT,
    outcome TEXT NOT NULL CHECK (outcome IN ('stalled', 'again', 'failed'))
);
CREATE INDEX receipts_attempt_receipt ON receipts_attempt (company_id, receipt_id, id);

INSERT INTO receipts_attempt (company_id, receipt_id, began_at, ended_at, outcome)
    SELECT l.company_id, l.receipt_id, COALESCE((SELECT MAX(b.at) FROM receipts_log b
        WHERE b.company_id = l.company_id AND b.receipt_id = l.receipt_id AND b.id < l.id
            AND b.message = 'Initiated receipt processing.'), l.at), l.at,
        CASE l.message WHEN 'Processing failed.' THEN 'failed' ELSE 'again' END
    FROM receipts_log l WHERE l.level = 'ERROR' ORDER BY l.id;
UPDATE receipts_receipt SET
    began_at = (SELECT MAX(l.at) FROM receipts_log l WHERE l.company_id = receipts_receipt.company_id
        AND l.receipt_id = receipts_receipt.id AND l.message = 'Initiated receipt processing.'),
    ended_at = (SELECT MAX(l.at) FROM receipts_log l WHERE l.company_id = receipts_receipt.company_id
        AND l.receipt_id = receipts_receipt.id AND l.message = 'Processing finished.')
    WHERE status = 'PROCESSED';
DROP TABLE receipts_log;
