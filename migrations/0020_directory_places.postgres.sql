-- Where else a company is hosted, how its users are found, and where it has lived.
-- The id of a second data center that hosts the company; none for most.
ALTER TABLE directory_company ADD COLUMN second_home TEXT COLLATE "C";
-- A user for trying things out, whose data is kept apart from what counts. Never changes.
ALTER TABLE directory_user ADD COLUMN is_test_user BIGINT NOT NULL DEFAULT 0;
CREATE INDEX directory_user_employee_number ON directory_user (company_id, employee_number);
CREATE INDEX directory_user_company_email ON directory_user (company_id, email);
-- Every move of a company to another data center.
CREATE TABLE directory_move (
    company_id BYTEA NOT NULL REFERENCES directory_company (id),
    id BYTEA NOT NULL,
    from_home TEXT COLLATE "C" NOT NULL,
    to_home TEXT COLLATE "C" NOT NULL,
    moved_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
