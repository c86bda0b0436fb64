-- Identity look-ups find people of a company by their address; its case does not matter.
CREATE INDEX directory_user_company_email_key ON directory_user (company_id, lower(email));
DROP INDEX directory_user_company_email;
