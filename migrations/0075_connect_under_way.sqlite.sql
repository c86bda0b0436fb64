-- What is under way, so that nothing else gets in between.

-- Until when a revocation may reach the platform, where it ends every token of its user: one that
-- was asked for before is not to be relied on.
ALTER TABLE connect_connection ADD COLUMN revoking_until INTEGER;
CREATE INDEX connect_connection_revoking ON connect_connection (app_id, principal_id)
    WHERE revoking_until IS NOT NULL;

-- Until when what the session had pending may be exchanged; null when nothing is.
ALTER TABLE connect_session ADD COLUMN connecting_until INTEGER;

-- The secrets of a sign-in at an identity provider, sealed; null when none is under way.
ALTER TABLE connect_session ADD COLUMN openid BLOB;
