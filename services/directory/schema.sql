-- The directory: who works with children and how to reach them at work. Nothing about any child (SD-1).
-- Kinds and states are the numbers of the enums in kith/directory/v1/directory.proto. Nothing is ever deleted.

CREATE TABLE organisation (
    id uuid PRIMARY KEY,
    display_name text NOT NULL,
    kind smallint NOT NULL,
    phone text NOT NULL,
    -- Whom to ask how information may be shared (SD-5).
    adviser_display_name text NOT NULL,
    adviser_phone text NOT NULL,
    adviser_email text NOT NULL,
    update_time timestamptz NOT NULL
);

-- Its sensitivity follows from its kind in sensitivity.py and is stored nowhere.
CREATE TABLE service (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    display_name text NOT NULL,
    description text NOT NULL,
    kind smallint NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    -- Grows by one with each event about the service.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX service_organisation ON service (organisation_id);
-- The order of ListServices.
CREATE INDEX service_name ON service (lower(display_name), id);

CREATE TABLE practitioner (
    id uuid PRIMARY KEY,
    service_id uuid NOT NULL REFERENCES service (id),
    display_name text NOT NULL,
    job_title text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    state smallint NOT NULL,
    -- Grows by one with each event about the practitioner.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX practitioner_service ON practitioner (service_id);

GRANT SELECT, INSERT ON organisation, service, practitioner TO kith_directory_app;
GRANT UPDATE (state, version, update_time) ON practitioner TO kith_directory_app;

-- Entries of the directory in the terms of HSDS 3.0: who owns them, every revision, and what the public may read now.
-- Kinds and states are the numbers of the enums in kith/directory/v1/entry.proto. Nothing is ever deleted.

CREATE TABLE entry (
    id uuid PRIMARY KEY,
    kind smallint NOT NULL,
    -- The organisation whose people may edit it; null for vocabularies.
    organisation_id uuid,
    -- The import source it came from; null if written here.
    source_id uuid,
    state smallint NOT NULL,
    -- The number of the revision that is public; null if none ever was.
    published_revision bigint,
    latest_revision bigint NOT NULL,
    -- Grows by one with each change of the entry, and with each event about it. Its etag.
    version bigint NOT NULL,
    -- From when and until when it may be seen; null for always.
    visible_from timestamptz,
    visible_until timestamptz,
    -- When somebody last confirmed that it is right, and their work e-mail address.
    assured_time timestamptz,
    assurer text,
    review_due_date date,
    -- When its source no longer had it.
    vanished_time timestamptz,
    -- Whether it takes people now (Capacity.State), and since when that is known. Beside the revisions: it changes
    -- from day to day and needs nobody's approval.
    capacity smallint,
    waiting_weeks smallint,
    capacity_time timestamptz,
    update_time timestamptz NOT NULL
);
CREATE INDEX entry_organisation ON entry (organisation_id, kind, id);
CREATE INDEX entry_source ON entry (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX entry_visible_from ON entry (visible_from) WHERE visible_from IS NOT NULL;
CREATE INDEX entry_visible_until ON entry (visible_until) WHERE visible_until IS NOT NULL;

-- Numbered from 1 and never overwritten, with two exceptions: the review is added, and when a place is declared
-- confidential what tells where it is goes from every earlier revision too. `document` is HSDS in its own names, with
-- Kith's own facts of a service in `kith`.
CREATE TABLE revision (
    entry_id uuid NOT NULL REFERENCES entry (id),
    number bigint NOT NULL,
    document jsonb NOT NULL,
    state smallint NOT NULL,
    -- Who wrote it: the subject of the token, and its organisation.
    author text NOT NULL,
    author_organisation_id uuid,
    -- Who handed it to the editors; null while a draft. Neither of the two may approve it.
    submitter text,
    note text NOT NULL,
    create_time timestamptz NOT NULL,
    reviewer text,
    review_note text,
    review_time timestamptz,
    -- JSON pointer -> {"source": id of the import source or organisation, "date": day}.
    provenance jsonb NOT NULL,
    PRIMARY KEY (entry_id, number)
);
-- The editors' list of what waits for them.
CREATE INDEX revision_submitted ON revision (create_time, entry_id) WHERE state = 2;

-- Which entries stand in the publications of others: a service in that of its organization and of each of its
-- locations. Of published revisions only.
CREATE TABLE entry_link (
    entry_id uuid NOT NULL REFERENCES entry (id),
    target_id uuid NOT NULL,
    PRIMARY KEY (entry_id, target_id)
);
CREATE INDEX entry_link_target ON entry_link (target_id);

CREATE SEQUENCE publication_sequence;

-- What the public may read now, and nothing else. Rendered once when something changes.
CREATE TABLE publication (
    -- PublicationKind: those of entries, and SERVICE_AT_LOCATION 6.
    kind smallint NOT NULL,
    id uuid NOT NULL,
    -- The entry it is made from.
    entry_id uuid NOT NULL,
    organization_id uuid,
    -- HSDS JSON, full and list form; both null once it is gone, kept so that followers learn of it.
    full_json text,
    list_json text,
    etag text NOT NULL,
    modified_time timestamptz NOT NULL,
    -- Followers read what is below the oldest running transaction, in the order of (change_xid, sequence).
    change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sequence bigint NOT NULL DEFAULT nextval('publication_sequence'),
    PRIMARY KEY (kind, id)
);
CREATE INDEX publication_change ON publication (change_xid, sequence);
CREATE INDEX publication_entry ON publication (entry_id);
CREATE INDEX publication_organization ON publication (organization_id, kind);

GRANT SELECT, INSERT, UPDATE ON entry TO kith_directory_app;
GRANT SELECT, INSERT ON revision TO kith_directory_app;
GRANT UPDATE (document, state, note, submitter, reviewer, review_note, review_time) ON revision TO kith_directory_app;
GRANT SELECT, INSERT, DELETE ON entry_link TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE ON publication TO kith_directory_app;
GRANT USAGE ON SEQUENCE publication_sequence TO kith_directory_app;
-- A published entry is known to the rest of Kith by its rows here.
GRANT UPDATE ON organisation, service TO kith_directory_app;

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
    -- Of the ids on the last page that was staged: a publisher that repeats it never ends.
    page_digest bytea,
    loss_held boolean NOT NULL,
    -- Who approved, and whether local edits give way.
    reviewer text,
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
    -- HSDS with `kith`, as in revision; null if it is unchanged, invalid or vanished.
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
