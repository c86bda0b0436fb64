-- What the App Center shows of a partner's product.
CREATE TABLE appcenter_listing (
    -- The partner.
    company_id BLOB NOT NULL,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'enterprise')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'in_review', 'certified')),
    name TEXT NOT NULL,
    summary TEXT NOT NULL,
    description TEXT NOT NULL,
    terms_url TEXT NOT NULL,
    support_url TEXT NOT NULL,
    -- The file's id; none until there is one.
    logo TEXT,
    -- Opens the test listing to whoever has it.
    preview_code TEXT NOT NULL,
    -- What the reviewer said last.
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, id)
) STRICT;
CREATE INDEX appcenter_listing_state ON appcenter_listing (state, id);
CREATE INDEX appcenter_listing_logo ON appcenter_listing (logo);
-- The pair of apps behind a listing, each with its own credentials and landing page.
CREATE TABLE appcenter_listing_app (
    company_id BLOB NOT NULL,
    listing_id BLOB NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('development', 'production')),
    app_id BLOB NOT NULL UNIQUE,
    -- The landing page; empty until the partner gives it.
    connect_url TEXT NOT NULL,
    PRIMARY KEY (company_id, listing_id, stage),
    FOREIGN KEY (company_id, listing_id) REFERENCES appcenter_listing (company_id, id)
) STRICT;
-- Where a listing is shown, and from which day on.
CREATE TABLE appcenter_release (
    company_id BLOB NOT NULL,
    listing_id BLOB NOT NULL,
    -- The id of a data center.
    region TEXT NOT NULL,
    -- YYYY-MM-DD.
    released_on TEXT NOT NULL,
    PRIMARY KEY (company_id, listing_id, region),
    FOREIGN KEY (company_id, listing_id) REFERENCES appcenter_listing (company_id, id)
) STRICT;
