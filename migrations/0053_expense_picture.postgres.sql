-- The picture that came with a quick expense: as it was sent, until the one that is kept is made.
-- The type stays.
ALTER TABLE expense_quick ADD COLUMN sent_blob TEXT;
ALTER TABLE expense_quick ADD COLUMN sent_type TEXT;
ALTER TABLE expense_quick ADD COLUMN image_blob TEXT;
ALTER TABLE expense_quick ADD COLUMN image_type TEXT;
-- Which files the sweep must keep.
CREATE INDEX expense_quick_sent ON expense_quick (sent_blob) WHERE sent_blob IS NOT NULL;
CREATE INDEX expense_quick_image ON expense_quick (image_blob) WHERE image_blob IS NOT NULL;

-- Whether its document has a picture, or gets one: 1 or 0. Every receipt has.
ALTER TABLE expense_available ADD COLUMN has_picture BIGINT NOT NULL DEFAULT 0;
UPDATE expense_available SET has_picture = 1 WHERE source = 'receipt';
