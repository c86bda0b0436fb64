-- What waits, the oldest first: so it is counted and measured without a look at the items.
CREATE INDEX delivery_item_waiting ON delivery_item (app_id, give_up_at) WHERE state = 'waiting';

-- Reasons of one line: a form turns line breaks into others, and finds no such reason again.
UPDATE delivery_item
SET reason = regexp_replace(reason, '\r\n|[\u0001-\u001f\u007f-\u009f]', ' ', 'g')
WHERE state = 'parked' AND reason ~ '[\u0001-\u001f\u007f-\u009f]';
