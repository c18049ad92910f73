-- Sessions of people who use the pages. What is in them is sealed under a key that only the cookie completes, so
-- neither this table nor the keyring nor both together open one.

CREATE TABLE web_session (
    -- SHA-256 of the cookie.
    id_hash bytea PRIMARY KEY,
    -- The version of the keyring's use `session` that it is sealed under.
    key_version text NOT NULL,
    sealed bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    -- The time it was last used; half an hour later it is over.
    use_time timestamptz NOT NULL DEFAULT now()
);
-- For the sweep.
CREATE INDEX web_session_use_time ON web_session (use_time);

GRANT SELECT, INSERT, UPDATE, DELETE ON web_session TO kith_gateway_app;
