-- Support wants every header field of an answer; calls from before have none.
ALTER TABLE connect_call ADD COLUMN response_headers TEXT;
