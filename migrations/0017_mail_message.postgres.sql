-- The sandbox's mailbox; empty elsewhere.
CREATE TABLE mail_message (
    id BYTEA PRIMARY KEY,
    received_at BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL
);
CREATE INDEX mail_message_newest ON mail_message (received_at);
