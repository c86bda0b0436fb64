-- An app may have several secrets, to change from one to the next.
CREATE TABLE oauth_app_secret (
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    -- The first secret of an app has the app's own id.
    id BLOB NOT NULL,
    -- Keyed: the secret itself is nowhere.
    hash BLOB NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (app_id, id)
) STRICT, WITHOUT ROWID;
INSERT INTO oauth_app_secret (app_id, id, hash, active, created_at, updated_at)
    SELECT id, id, secret_hash, 1, created_at, created_at FROM oauth_app;
ALTER TABLE oauth_app DROP COLUMN secret_hash;
