-- People are found by directory_user_email_key, in a company too.
DROP INDEX directory_user_company_email;
