-- People are found by their primary address; its case does not matter.
CREATE INDEX directory_user_email ON directory_user (lower(email));
