-- What a merchant handed over, until the platform has it, and afterwards as the proof.

CREATE TABLE delivery_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    connection_id BYTEA NOT NULL,
    -- Whose it is, in the merchant's own words: who connects anew has another connection.
    user_ref TEXT NOT NULL,
    -- The merchant's own name of the item: with the same one nothing is accepted twice.
    key TEXT COLLATE "C" NOT NULL,
    -- SHA-256 over kind, canonical JSON and image, as they were first accepted.
    fingerprint BYTEA NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'quick-expense')),
    -- Null for quick expenses.
    receipt_type TEXT,
    -- The JSON, to the letter.
    body TEXT NOT NULL,
    image_blob TEXT COLLATE "C",
    image_type TEXT,
    -- waiting; sending: a request may be on its way; delivered; parked: somebody has to look.
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'parked')),
    attempts BIGINT NOT NULL,
    -- Whether the platform may have it: it is looked for before it is sent again.
    doubtful BIGINT NOT NULL,
    first_attempt_at BIGINT,
    attempted_at BIGINT,
    -- When the next attempt is due; null: as soon as its turn comes.
    due_at BIGINT,
    -- When it is parked if it is not delivered.
    give_up_at BIGINT NOT NULL,
    remote_id TEXT COLLATE "C",
    location TEXT,
    correlation_id TEXT,
    -- Why it waits or is parked.
    reason TEXT,
    accepted_at BIGINT NOT NULL,
    ended_at BIGINT
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX delivery_item_key ON delivery_item (app_id, key);
-- A lane's queue.
CREATE INDEX delivery_item_open ON delivery_item (connection_id, id)
    WHERE state IN ('waiting', 'sending');
-- What the platform has belongs to one item.
CREATE UNIQUE INDEX delivery_item_remote ON delivery_item (connection_id, remote_id)
    WHERE remote_id IS NOT NULL;
CREATE INDEX delivery_item_state ON delivery_item (app_id, state, id);
CREATE INDEX delivery_item_image ON delivery_item (image_blob) WHERE image_blob IS NOT NULL;

-- A connection's queue. Whoever holds its lease delivers its items, one after another.
CREATE TABLE delivery_lane (
    connection_id BYTEA PRIMARY KEY NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    -- The data center that it leads to.
    geolocation TEXT COLLATE "C" NOT NULL,
    -- Counts what came, and calls to look again: who lets the lane rest names the number it knows.
    arrivals BIGINT NOT NULL,
    -- Null: there is nothing to do.
    due_at BIGINT,
    lease BYTEA,
    lease_until BIGINT
) WITH (fillfactor = 70);
CREATE INDEX delivery_lane_due ON delivery_lane (geolocation, COALESCE(lease_until, due_at))
    WHERE due_at IS NOT NULL;
