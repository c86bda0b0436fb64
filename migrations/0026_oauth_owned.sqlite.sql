-- The company that made the app; none for one that came with the installation.
ALTER TABLE oauth_app ADD COLUMN owner_id BLOB;
-- Companies that turned an app off, or on again. Without a row it is on.
CREATE TABLE oauth_app_company (
    company_id BLOB NOT NULL,
    app_id BLOB NOT NULL REFERENCES oauth_app (id),
    enabled INTEGER NOT NULL,
    PRIMARY KEY (company_id, app_id)
) STRICT, WITHOUT ROWID;
