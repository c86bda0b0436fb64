-- Whoever changes a password ends all of a user's sessions.
CREATE INDEX console_session_user ON console_session (company_id, user_id);
