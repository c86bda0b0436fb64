-- Request tokens that have expired are found and swept.
CREATE INDEX oauth_request_token_expiry ON oauth_request_token (expires_at);
-- A revocation ends codes and one-time passwords that are still open.
CREATE INDEX oauth_code_connection ON oauth_code (company_id, user_id, app_id);
CREATE INDEX oauth_otp_connection ON oauth_otp (company_id, user_id, app_id);
