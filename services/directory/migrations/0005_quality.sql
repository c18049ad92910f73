-- Freshness and quality: what is to be confirmed, what is wrong or missing, what is there twice.
-- Kinds and states are the numbers of the enums in kith/directory/v1/quality.proto and duplicate.proto.

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
GRANT SELECT, INSERT, UPDATE, DELETE ON review, quality, finding, link, link_use, block, duplicate TO kith_directory_app;
GRANT SELECT, INSERT, UPDATE ON hiding, quality_month TO kith_directory_app;
GRANT SELECT, INSERT ON merger TO kith_directory_app;
GRANT UPDATE (undoer, undo_time) ON merger TO kith_directory_app;
