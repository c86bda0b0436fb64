-- Who is at the operators' console, and how its lists are found.

CREATE TABLE operator_session (
    -- The hash of the cookie's token.
    key BLOB PRIMARY KEY NOT NULL,
    -- The operator, as the configuration names them.
    name TEXT NOT NULL,
    -- The hash of the password's hash: with another password the session is over.
    credential BLOB NOT NULL,
    csrf TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_session_expiry ON operator_session (expires_at);

-- Wrong passwords in a row, whether or not anybody has the name.
CREATE TABLE operator_sign_in_failure (
    -- The hash of the name.
    name_key BLOB PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_sign_in_failure_last ON operator_sign_in_failure (last_at);

CREATE INDEX delivery_item_user ON delivery_item (app_id, user_ref, id);
CREATE INDEX delivery_item_delivered ON delivery_item (app_id, ended_at)
    WHERE state = 'delivered';
-- Reasons that begin alike are one.
CREATE INDEX delivery_item_parked ON delivery_item (app_id, substr(reason, 1, 200), id)
    WHERE state = 'parked';

-- Where statements seek by something rarer than the app, the index begins with that.
CREATE INDEX connect_account_email ON connect_account (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX connect_connection_state ON connect_connection (app_id, state, id);
-- Those that ended included.
CREATE INDEX connect_connection_every_account ON connect_connection (app_id, account_id, id);
CREATE INDEX connect_connection_every_principal ON connect_connection (app_id, principal_id, id);
CREATE INDEX connect_connection_trouble ON connect_connection (id)
    WHERE state = 'connected' AND trouble IS NOT NULL;

CREATE INDEX connect_call_user ON connect_call (user_id, id) WHERE user_id IS NOT NULL;
DROP INDEX connect_call_connection;
CREATE INDEX connect_call_connection ON connect_call (connection_id, id)
    WHERE connection_id IS NOT NULL;
-- Where no answer came there is no status: 600 stands for it.
CREATE INDEX connect_call_error ON connect_call (id) WHERE COALESCE(status, 600) >= 400;
