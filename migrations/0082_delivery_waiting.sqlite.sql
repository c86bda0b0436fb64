-- What waits, the oldest first: so it is counted and measured without a look at the items.
CREATE INDEX delivery_item_waiting ON delivery_item (app_id, give_up_at) WHERE state = 'waiting';

-- Reasons of one line: a form turns line breaks into others, and finds no such reason again.
UPDATE delivery_item SET reason = (
    WITH RECURSIVE delivery_cleaned (code, text) AS (
        SELECT 1, replace(reason, char(13, 10), ' ')
        UNION ALL
        SELECT code + 1, CASE WHEN code BETWEEN 32 AND 126 THEN text
            ELSE replace(text, char(code), ' ') END
        FROM delivery_cleaned WHERE code < 160)
    SELECT text FROM delivery_cleaned WHERE code = 160)
WHERE state = 'parked'
    AND reason GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*';
