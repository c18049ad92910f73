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

GRANT SELECT, INSERT, UPDATE ON entry TO kith_directory_app;
GRANT SELECT, INSERT ON revision TO kith_directory_app;
GRANT UPDATE (document, state, note, submitter, reviewer, review_note, review_time) ON revision TO kith_directory_app;
GRANT SELECT, INSERT, DELETE ON entry_link TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE ON publication TO kith_directory_app;
GRANT USAGE ON SEQUENCE publication_sequence TO kith_directory_app;
-- A published entry is known to the rest of Kith by its rows here.
GRANT UPDATE ON organisation, service TO kith_directory_app;
