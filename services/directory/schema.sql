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
    update_time timestamptz NOT NULL,
    team_id uuid,
    role text NOT NULL DEFAULT '',
    engagement smallint NOT NULL DEFAULT 1,
    -- When trained to undertake an Early Help Assessment, and the last day on which that counts.
    training_date date,
    lapse_date date
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
    -- From when and until when it may be seen; null for always.
    visible_from timestamptz,
    visible_until timestamptz,
    -- Whether the last publishing found it within that time.
    in_time boolean NOT NULL DEFAULT true,
    -- When somebody last confirmed that it is right, and their work e-mail address.
    assured_time timestamptz,
    assurer text,
    review_due_date date,
    -- Since when nobody confirmed it, though it was due and its owner was asked; what readers are told. Null otherwise.
    unconfirmed_since date,
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
CREATE INDEX entry_timed ON entry (id) WHERE visible_from IS NOT NULL OR visible_until IS NOT NULL;

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
    -- Grows by one with each change, and so with each event about a service.
    version bigint NOT NULL,
    -- Followers read what is below the oldest running transaction, in the order of (change_xid, sequence).
    change_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sequence bigint NOT NULL DEFAULT nextval('publication_sequence'),
    PRIMARY KEY (kind, id)
);
CREATE INDEX publication_change ON publication (change_xid, sequence);
CREATE INDEX publication_entry ON publication (entry_id);
CREATE INDEX publication_organization ON publication (organization_id, kind);

-- Never whose an entry is or of what kind.
GRANT SELECT, INSERT ON entry TO kith_directory_app;
GRANT UPDATE (
    state, published_revision, latest_revision, visible_from, visible_until, in_time, assured_time, assurer,
    review_due_date, unconfirmed_since, vanished_time, capacity, waiting_weeks, capacity_time, update_time
) ON entry TO kith_directory_app;
GRANT SELECT, INSERT ON revision TO kith_directory_app;
GRANT UPDATE (document, state, note, submitter, reviewer, review_note, review_time) ON revision TO kith_directory_app;
GRANT SELECT, INSERT, DELETE ON entry_link TO kith_directory_app;
GRANT SELECT, INSERT ON publication TO kith_directory_app;
GRANT UPDATE (
    organization_id, full_json, list_json, etag, modified_time, version, change_xid, sequence
) ON publication TO kith_directory_app;
GRANT USAGE ON SEQUENCE publication_sequence TO kith_directory_app;
-- A published entry is known to the rest of Kith by its rows here.
GRANT UPDATE (phone, adviser_display_name, adviser_phone, adviser_email, update_time) ON organisation TO kith_directory_app;
GRANT UPDATE (
    organisation_id, display_name, description, kind, phone, email, version, update_time
) ON service TO kith_directory_app;

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

-- Teams and their duty, absences, safeguarding leads, assessors, panels, and enquiries (SD-3, SD-5, SD-7, CAF-3).
-- Kinds and states are the numbers of the enums in kith/directory/v1.

-- People who share a telephone. `rota` is replaced and read as a whole: {"weekly": {"1": [shift]}, "exceptions":
-- {"2026-12-25": [shift]}}, shift {"start", "end": minutes from midnight in Europe/London, "practitioner", "phone"}.
CREATE TABLE team (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    -- The service of which it is the duty team, if it is one.
    service_id uuid UNIQUE REFERENCES service (id),
    display_name text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    rota jsonb NOT NULL,
    -- Grows by one with each event about the team.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX team_organisation ON team (organisation_id, lower(display_name), id);
GRANT SELECT, INSERT ON team TO kith_directory_app;
GRANT UPDATE (display_name, phone, email, rota, version, update_time) ON team TO kith_directory_app;

ALTER TABLE practitioner ADD FOREIGN KEY (team_id) REFERENCES team (id);
GRANT UPDATE (
    service_id, team_id, display_name, job_title, role, engagement, phone, email, training_date, lapse_date
) ON practitioner TO kith_directory_app;

-- Services that a practitioner works in beside the main one; replaced as a whole.
CREATE TABLE further_post (
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    service_id uuid NOT NULL REFERENCES service (id),
    team_id uuid REFERENCES team (id),
    role text NOT NULL,
    PRIMARY KEY (practitioner_id, service_id)
);
GRANT SELECT, INSERT, DELETE ON further_post TO kith_directory_app;

-- Why somebody is away has no column. Rows are deleted 30 days after their end.
CREATE TABLE absence (
    id uuid PRIMARY KEY,
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    -- Days in Europe/London, both included; without an end until further notice.
    start_date date NOT NULL,
    end_date date,
    cover_practitioner_id uuid REFERENCES practitioner (id),
    CONSTRAINT absence_dates CHECK (end_date >= start_date)
);
CREATE INDEX absence_practitioner ON absence (practitioner_id, start_date);
CREATE INDEX absence_end ON absence (end_date);
GRANT SELECT, INSERT, DELETE ON absence TO kith_directory_app;
GRANT UPDATE (end_date) ON absence TO kith_directory_app;

-- Whom to ring at an organisation beside its switchboard and adviser. `safeguarding` is replaced and read as a whole:
-- [{"kind", "practitioner", "hours": [[weekday, start, end]]}], lead first.
CREATE TABLE organisation_contacts (
    organisation_id uuid PRIMARY KEY REFERENCES organisation (id),
    safeguarding jsonb NOT NULL,
    front_door_team_id uuid REFERENCES team (id),
    out_of_hours_team_id uuid REFERENCES team (id),
    -- Grows by one with each event about the organisation's contacts.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL
);
GRANT SELECT, INSERT ON organisation_contacts TO kith_directory_app;
GRANT UPDATE (
    safeguarding, front_door_team_id, out_of_hours_team_id, version, update_time
) ON organisation_contacts TO kith_directory_app;

-- Locality panels (SD-3). A few dozen: found by reading them all.
CREATE TABLE panel (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    display_name text NOT NULL,
    locality text NOT NULL,
    wards text [] NOT NULL,
    postcode_districts text [] NOT NULL,
    chair_practitioner_id uuid REFERENCES practitioner (id),
    contact_display_name text NOT NULL,
    contact_phone text NOT NULL,
    contact_email text NOT NULL,
    state smallint NOT NULL,
    -- Grows by one with each event about the panel.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL
);
GRANT SELECT, INSERT ON panel TO kith_directory_app;
GRANT UPDATE (
    display_name, locality, wards, postcode_districts, chair_practitioner_id, contact_display_name, contact_phone,
    contact_email, state, version, update_time
) ON panel TO kith_directory_app;

-- That a practitioner asks a service to get in touch. No column could hold a word about a child. Rows are deleted 30
-- days after they were asked.
CREATE TABLE enquiry (
    id uuid PRIMARY KEY,
    service_id uuid NOT NULL REFERENCES service (id),
    practitioner_id uuid NOT NULL REFERENCES practitioner (id),
    -- Of the practitioner, when asked.
    organisation_id uuid NOT NULL,
    topic smallint NOT NULL,
    preferred_time smallint NOT NULL,
    channel smallint NOT NULL,
    -- As stored; that it has expired follows from its time.
    state smallint NOT NULL,
    decline_reason smallint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX enquiry_service ON enquiry (service_id, create_time);
CREATE INDEX enquiry_organisation ON enquiry (organisation_id, create_time);
CREATE INDEX enquiry_create_time ON enquiry (create_time);
GRANT SELECT, INSERT, DELETE ON enquiry TO kith_directory_app;
GRANT UPDATE (state, decline_reason, update_time) ON enquiry TO kith_directory_app;

-- Freshness and quality: what is to be confirmed, what is wrong or missing, what is there twice.
-- Kinds and states are the numbers of the enums in quality.proto and duplicate.proto.

-- Who said that an entry is still correct, and when. Never changed.
CREATE TABLE confirmation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id uuid NOT NULL REFERENCES entry (id),
    revision bigint NOT NULL,
    confirm_time timestamptz NOT NULL,
    -- The subject of the token, and its organisation.
    confirmer text NOT NULL,
    confirmer_organisation_id uuid
);
CREATE INDEX confirmation_entry ON confirmation (entry_id, id);

-- The reviews that are open: asked, marked or hidden. An entry confirmed in time has none.
CREATE TABLE review (
    entry_id uuid PRIMARY KEY REFERENCES entry (id),
    state smallint NOT NULL,
    ask_date date NOT NULL,
    mark_date date,
    hide_date date,
    -- The state of the entry before it was hidden, to which a confirmation brings it back.
    state_before smallint
);
CREATE INDEX review_hidden ON review (hide_date) WHERE hide_date IS NOT NULL;

-- The days on which reviews were looked at. Steps are counted in them, so that a clock that jumps takes none.
CREATE TABLE review_day (
    day date PRIMARY KEY
);

-- Whether hiding waits for an editor, in one row.
CREATE TABLE hiding (
    id boolean PRIMARY KEY CHECK (id),
    -- Null if it does not wait.
    hold_time timestamptz,
    allowed_count bigint NOT NULL,
    waiting_count bigint NOT NULL
);

-- What was seen of a published revision.
CREATE TABLE quality (
    entry_id uuid PRIMARY KEY REFERENCES entry (id),
    revision bigint NOT NULL,
    check_date date NOT NULL,
    -- In per cent, and the codes of what is missing, the weightiest first.
    completeness smallint NOT NULL,
    missing text[] NOT NULL,
    -- To find copies of the description; null for none.
    description_hash bigint,
    -- The revision that was last compared with others; null for none yet.
    compared_revision bigint
);
CREATE INDEX quality_description ON quality (description_hash) WHERE description_hash IS NOT NULL;

-- What is wrong now.
CREATE TABLE finding (
    entry_id uuid NOT NULL REFERENCES entry (id),
    kind smallint NOT NULL,
    -- A JSON pointer into the published document.
    pointer text NOT NULL,
    severity smallint NOT NULL,
    find_time timestamptz NOT NULL,
    PRIMARY KEY (entry_id, kind, pointer)
);

-- The figures of each month as they last were in it; without organisation those of the whole directory.
CREATE TABLE quality_month (
    month date NOT NULL,
    organisation_id uuid,
    figure_date date NOT NULL,
    entry_count bigint NOT NULL,
    assured_count bigint NOT NULL,
    marked_count bigint NOT NULL,
    hidden_count bigint NOT NULL,
    mean_completeness smallint NOT NULL,
    completeness_quarters bigint[] NOT NULL,
    -- How often what is wrong, the two in step.
    finding_kinds smallint[] NOT NULL,
    finding_counts bigint[] NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organisation_id, month)
);

-- Pages that entries name, as they were last looked for.
CREATE TABLE link (
    digest bytea PRIMARY KEY,
    url text NOT NULL,
    -- How often in turn it was looked for in vain.
    failures smallint NOT NULL,
    check_time timestamptz,
    next_check_time timestamptz NOT NULL
);
CREATE INDEX link_next_check ON link (next_check_time);

CREATE TABLE link_use (
    entry_id uuid NOT NULL REFERENCES entry (id),
    pointer text NOT NULL,
    digest bytea NOT NULL REFERENCES link (digest),
    PRIMARY KEY (entry_id, pointer)
);
CREATE INDEX link_use_link ON link_use (digest);

-- What two entries must share one of to be compared at all.
CREATE TABLE block (
    kind smallint NOT NULL,
    key bigint NOT NULL,
    entry_id uuid NOT NULL REFERENCES entry (id),
    PRIMARY KEY (kind, key, entry_id)
);
CREATE INDEX block_entry ON block (entry_id);

-- Pairs of entries that may be of the same thing. What an editor decided stays, whatever the machine thinks later.
CREATE TABLE duplicate (
    id uuid PRIMARY KEY,
    kind smallint NOT NULL,
    first_entry_id uuid NOT NULL REFERENCES entry (id),
    second_entry_id uuid NOT NULL REFERENCES entry (id),
    state smallint NOT NULL,
    score smallint NOT NULL,
    -- [{"part", "points", "sentence"}], the weightiest first.
    reasons jsonb NOT NULL,
    propose_time timestamptz NOT NULL,
    decider text,
    decide_time timestamptz,
    UNIQUE (first_entry_id, second_entry_id),
    CHECK (first_entry_id < second_entry_id)
);
CREATE INDEX duplicate_second ON duplicate (second_entry_id);
CREATE INDEX duplicate_state ON duplicate (state, (-score), id);

-- Entries merged into others, and what it takes to undo it.
CREATE TABLE merger (
    id uuid PRIMARY KEY,
    duplicate_id uuid NOT NULL REFERENCES duplicate (id),
    surviving_entry_id uuid NOT NULL REFERENCES entry (id),
    merged_entry_id uuid NOT NULL REFERENCES entry (id),
    -- The published revisions before, and the state of the one that was merged.
    surviving_revision bigint NOT NULL,
    merged_revision bigint NOT NULL,
    merged_state smallint NOT NULL,
    -- The revision that the merger made.
    revision bigint NOT NULL,
    merger text NOT NULL,
    merge_time timestamptz NOT NULL,
    undoer text,
    undo_time timestamptz
);
CREATE INDEX merger_duplicate ON merger (duplicate_id);
CREATE UNIQUE INDEX merger_into ON merger (merged_entry_id) WHERE undo_time IS NULL;

GRANT SELECT, INSERT ON confirmation, review_day TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON review, quality, duplicate TO kith_directory_app;
GRANT SELECT, INSERT, DELETE ON finding, link_use, block TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE ON link TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE ON hiding, quality_month TO kith_directory_app;
GRANT SELECT, INSERT ON merger TO kith_directory_app;
GRANT UPDATE (undoer, undo_time) ON merger TO kith_directory_app;
