-- The company that made the app; none for one that came with the installation.
ALTER TABLE oauth_app ADD COLUMN owner_id BYTEA;
-- Companies that turned an app off, or on again. Without a row it is on.
CREATE TABLE oauth_app_company (
    company_id BYTEA NOT NULL,
    app_id BYTEA NOT NULL REFERENCES oauth_app (id),
    enabled BIGINT NOT NULL,
    PRIMARY KEY (company_id, app_id)
);
