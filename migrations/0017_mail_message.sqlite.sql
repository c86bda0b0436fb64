-- The sandbox's mailbox; empty elsewhere.
CREATE TABLE mail_message (
    id BLOB PRIMARY KEY,
    received_at INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_message_newest ON mail_message (received_at);
