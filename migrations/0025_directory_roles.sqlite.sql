-- What users may do: any number of roles each.
CREATE TABLE directory_user_role (
    company_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    role TEXT NOT NULL
        CHECK (role IN ('traveller', 'approver', 'company_admin', 'partner', 'operator')),
    PRIMARY KEY (company_id, user_id, role),
    FOREIGN KEY (company_id, user_id) REFERENCES directory_user (company_id, id)
) STRICT, WITHOUT ROWID;
-- The column directory_user.role was all there was; from now on it only tells old rows apart.
INSERT INTO directory_user_role (company_id, user_id, role)
    SELECT company_id, id, 'traveller' FROM directory_user;
INSERT INTO directory_user_role (company_id, user_id, role)
    SELECT company_id, id, 'company_admin' FROM directory_user WHERE role = 'admin';
-- Decisions and who made them. Rows are only ever appended; ids grow with time.
CREATE TABLE directory_audit (
    company_id BLOB NOT NULL REFERENCES directory_company (id),
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    actor BLOB NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- JSON.
    details TEXT NOT NULL,
    PRIMARY KEY (company_id, id)
) STRICT, WITHOUT ROWID;
