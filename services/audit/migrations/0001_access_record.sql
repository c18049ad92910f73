-- The access trail (S14, S15): ids and codes only, in the order of their arrival, each hash made over the one before.

CREATE TABLE access_record (
    -- From 1, without gaps.
    sequence bigint PRIMARY KEY,
    -- The id in the record: a second arrival is skipped.
    record_id uuid NOT NULL UNIQUE,
    -- A serialized kith.audit.v1.AccessRecord, as it was hashed.
    record bytea NOT NULL,
    hash bytea NOT NULL,
    append_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT access_record_sequence CHECK (sequence >= 1),
    CONSTRAINT access_record_hash CHECK (octet_length(hash) = 32)
);

-- No UPDATE, no DELETE, no TRUNCATE: the service itself cannot change what it has written.
GRANT SELECT, INSERT ON access_record TO kith_audit_app;
