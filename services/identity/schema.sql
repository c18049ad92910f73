-- Who may use Kith, and what the issuer has to remember. Nothing here is about children or families.

-- Organisations of the directory that were admitted, with the dates of their sharing agreement (CI-10).
CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    agreement_start_time timestamptz NOT NULL,
    agreement_end_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organisation_agreement CHECK (agreement_start_time < agreement_end_time)
);

-- Systems of organisations (CI-12). Only public keys.
CREATE TABLE client (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    display_name text NOT NULL,
    public_jwk text NOT NULL,
    scopes text[] NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX client_organisation ON client (organisation_id);

-- People who may log in (CI-10, CI-11).
CREATE TABLE person (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    username text NOT NULL,
    -- The username without regard to case and width: what it is found by.
    username_key text NOT NULL CONSTRAINT person_username_key UNIQUE,
    display_name text NOT NULL,
    role text NOT NULL CONSTRAINT person_role
    CHECK (role IN ('PRACTITIONER', 'INDEX_DESK', 'PRIVACY_OFFICER', 'SHIELD_OFFICER', 'DIRECTORY_EDITOR')),
    -- The practitioner they are in the directory; null for none.
    practitioner_id uuid,
    -- Argon2id.
    password_hash text NOT NULL,
    vetting_expire_time timestamptz NOT NULL,
    training_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_organisation ON person (organisation_id);

-- Assertions that clients have used: each is good once, on whichever replica (S9).
CREATE TABLE client_assertion (
    client_id text NOT NULL,
    jti text NOT NULL,
    expire_time timestamptz NOT NULL,
    PRIMARY KEY (client_id, jti)
);
CREATE INDEX client_assertion_expire_time ON client_assertion (expire_time);

-- Tries to log in, for counting. Keyed hashes: people type passwords into the field for the name.
CREATE TABLE login_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username_hash bytea NOT NULL,
    source_hash bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_attempt_username ON login_attempt (username_hash, create_time);
CREATE INDEX login_attempt_source ON login_attempt (source_hash, create_time);
CREATE INDEX login_attempt_create_time ON login_attempt (create_time);

-- A person logged in to a web client: what its codes and refresh tokens belong to and end with.
CREATE TABLE login (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),
    client_id text NOT NULL,
    -- As asked for; held against the person's role at every issue.
    scopes text[] NOT NULL,
    nonce text NOT NULL,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    revoke_time timestamptz
);
CREATE INDEX login_expire_time ON login (expire_time);
CREATE INDEX login_person ON login (person_id);

-- Authorization codes, by hash. Used ones stay until the login is swept, to know a second use.
CREATE TABLE authorization_code (
    code_hash bytea PRIMARY KEY,
    login_id uuid NOT NULL REFERENCES login (id) ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    code_challenge text NOT NULL,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX authorization_code_login ON authorization_code (login_id);

-- Refresh tokens, by hash; as above.
CREATE TABLE refresh_token (
    token_hash bytea PRIMARY KEY,
    login_id uuid NOT NULL REFERENCES login (id) ON DELETE CASCADE,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX refresh_token_login ON refresh_token (login_id);

-- What the service does and no more.
GRANT SELECT, INSERT, UPDATE (agreement_start_time, agreement_end_time, update_time) ON organisation
    TO kith_identity_app;
GRANT SELECT, INSERT ON client, person TO kith_identity_app;
GRANT SELECT, INSERT, DELETE ON client_assertion, login_attempt TO kith_identity_app;
GRANT SELECT, INSERT, DELETE, UPDATE (revoke_time) ON login TO kith_identity_app;
GRANT SELECT, INSERT, UPDATE (use_time) ON authorization_code, refresh_token TO kith_identity_app;
