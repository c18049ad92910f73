-- Other publishers' services on their way in: sources, runs, what was staged, and which entry came from where.
-- Kinds, scopes, states, outcomes and decisions are the numbers of the enums in kith/directory/v1/import_run.proto.

CREATE TABLE import_source (
    id uuid PRIMARY KEY,
    kind smallint NOT NULL,
    display_name text NOT NULL,
    -- The publisher, which owns what comes from here.
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    base_url text NOT NULL,
    allowed_hosts text[] NOT NULL,
    licence text NOT NULL,
    attribution text NOT NULL,
    interval_hours smallint NOT NULL,
    full_interval_hours smallint NOT NULL,
    loss_limit_percent smallint NOT NULL,
    default_kind smallint NOT NULL,
    -- [{"taxonomy", "term", "taxonomy_term_id", "kind"}] and {heading: field}.
    terms jsonb NOT NULL,
    columns jsonb NOT NULL,
    paused boolean NOT NULL,
    -- Null: only by hand.
    next_run_time timestamptz,
    -- When the last full run began that came to its end; null: the next one is full.
    full_run_time timestamptz,
    -- From when on changes have not been asked for.
    modified_after timestamptz,
    update_time timestamptz NOT NULL
);
CREATE INDEX import_source_next_run ON import_source (next_run_time) WHERE next_run_time IS NOT NULL;

CREATE TABLE import_run (
    id uuid PRIMARY KEY,
    source_id uuid NOT NULL REFERENCES import_source (id),
    scope smallint NOT NULL,
    state smallint NOT NULL,
    failure smallint NOT NULL,
    failure_row bigint NOT NULL,
    modified_after timestamptz,
    -- How far it is: pages or pieces that are staged and need not be read again, rows of a CSV, bytes.
    page_count bigint NOT NULL,
    row_count bigint NOT NULL,
    byte_count bigint NOT NULL,
    loss_held boolean NOT NULL,
    -- The person whose CSV it is, who does not approve it; null for a feed, and for a client of the platform.
    uploader text,
    -- Who approved; what (0 what is approved by itself, 1 all that has not vanished, 2 all); whether local edits give way.
    reviewer text,
    approval smallint NOT NULL,
    take_published boolean NOT NULL,
    create_time timestamptz NOT NULL,
    start_time timestamptz,
    end_time timestamptz
);
CREATE INDEX import_run_source ON import_run (source_id, create_time DESC, id DESC);
CREATE INDEX import_run_newest ON import_run (create_time DESC, id DESC);
-- One run of a source at a time: those that have not ended.
CREATE UNIQUE INDEX import_run_open ON import_run (source_id) WHERE state <= 6;

-- What the publisher sent, as it came, sealed: a feed may hold the address of a refuge. Deleted after 30 days.
CREATE TABLE import_raw (
    run_id uuid NOT NULL REFERENCES import_run (id),
    number bigint NOT NULL,
    key_version text NOT NULL,
    sealed bytea NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (run_id, number)
);
CREATE INDEX import_raw_create_time ON import_raw (create_time);

-- What a run makes of each object of the publisher. Without all that would say where a confidential service is.
-- Deleted some time after the run has ended.
CREATE TABLE import_record (
    run_id uuid NOT NULL REFERENCES import_run (id),
    -- The entry, existing or to come.
    id uuid NOT NULL,
    kind smallint NOT NULL,
    publisher_id text NOT NULL,
    display_name text NOT NULL,
    -- HSDS with `kith`, as in revision; null if it is unchanged, invalid, vanished or applied.
    document jsonb,
    -- Of the document: equal to that in import_link if nothing changed.
    digest bytea NOT NULL,
    -- Of copies that differ the one of most weight counts, whichever comes first.
    weight bigint NOT NULL,
    confidential boolean NOT NULL,
    -- Entries that have to be there first.
    needs uuid[] NOT NULL,
    outcome smallint NOT NULL,
    decision smallint NOT NULL,
    -- [{"field", "reason", "fatal"}], [{"field", "before", "after", "conflict"}].
    problems jsonb NOT NULL,
    changes jsonb NOT NULL,
    conflicting boolean NOT NULL,
    duplicate_ids uuid[] NOT NULL,
    PRIMARY KEY (run_id, id)
);
CREATE INDEX import_record_outcome ON import_record (run_id, outcome, kind, id);
CREATE INDEX import_record_decision ON import_record (run_id, decision, kind, id);
CREATE INDEX import_record_entry ON import_record (id);

-- Terms of a publisher that stand for nothing here, by run.
CREATE TABLE import_term (
    run_id uuid NOT NULL REFERENCES import_run (id),
    taxonomy text NOT NULL,
    term text NOT NULL,
    use_count bigint NOT NULL,
    PRIMARY KEY (run_id, taxonomy, term)
);

-- Which entry is which object of which source, and what was last taken from it.
CREATE TABLE import_link (
    entry_id uuid PRIMARY KEY,
    source_id uuid NOT NULL REFERENCES import_source (id),
    kind smallint NOT NULL,
    publisher_id text NOT NULL,
    display_name text NOT NULL,
    digest bytea NOT NULL
);
CREATE INDEX import_link_source ON import_link (source_id, kind, entry_id);

GRANT SELECT, INSERT, UPDATE ON import_source, import_run, import_link TO kith_directory_app;
GRANT SELECT, INSERT, DELETE ON import_raw TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON import_record, import_term TO kith_directory_app;
