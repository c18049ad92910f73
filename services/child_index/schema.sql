-- The child index: one row per child, what each agency wrote down sealed beside it, and who is involved.
-- Nothing here can be read for a name: facts are sealed, keys and identifiers are keyed hashes (DESIGN 5 no. 4, 5).
-- No column could hold an alert, a reason or a note (X-1, X-2, CI-9).

CREATE TABLE child (
    id uuid PRIMARY KEY,
    -- Grows by one with each change and is the version of the event that tells of it.
    version bigint NOT NULL,
    -- The child's data key, wrapped; destroying it erases every fact about the child from dumps and replicas too.
    wrapped_key bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    -- Whether somebody put a shield on the child that no officer has lifted (DESIGN 5 no. 7).
    shielded boolean NOT NULL DEFAULT false,
    -- The source record whose name and date of birth are shown while the child is shielded.
    shown_record_id uuid
);

-- What one organisation's system wrote down of a child: the unit of merging (DESIGN 5 no. 12).
CREATE TABLE source_record (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL REFERENCES child (id),
    organisation_id uuid NOT NULL,
    -- Keyed hash of (organisation, system, local id).
    local_key_hash bytea NOT NULL UNIQUE,
    -- The Facts message, sealed under the child's data key.
    sealed_facts bytea NOT NULL,
    -- The version of the model that decided where the record belongs.
    model_version text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    -- Whether the record may be of a shielded child of which it knows more than others may see: until an officer has
    -- decided, nobody but its own organisation is shown it (DESIGN 5 no. 8).
    look_alike boolean NOT NULL DEFAULT false,
    -- The version of the secret `identifier` that local_key_hash was made with.
    local_key_version text NOT NULL DEFAULT 'i1',
    -- The versions of which the record has all its keys, though they may be none.
    key_versions text [] NOT NULL DEFAULT '{k2-s1,i1}'
);
CREATE INDEX source_record_child ON source_record (child_id);
CREATE INDEX source_record_feed ON source_record (organisation_id, update_time);
CREATE INDEX source_record_look_alike ON source_record (organisation_id) WHERE look_alike;

-- The versions of keys that records are given: `k<key schema>-s<version of the secret match>`, or `i<version of the secret
-- identifier>`. Empty until the first registration.
CREATE TABLE key_version (
    version text PRIMARY KEY,
    -- Whether every record has its keys of this version: only then is anybody looked up by them.
    complete boolean NOT NULL
);

-- Hashed match keys of each record. Those that are not visible serve registration only (DESIGN 5 no. 5).
CREATE TABLE child_key (
    key bigint NOT NULL,
    source_record_id uuid NOT NULL REFERENCES source_record (id),
    child_id uuid NOT NULL,
    visible boolean NOT NULL,
    version text NOT NULL DEFAULT 'k2-s1',
    -- The lookup by key is answered from this index alone.
    PRIMARY KEY (key, source_record_id) INCLUDE (child_id, visible)
);
CREATE INDEX child_key_record ON child_key (source_record_id);

-- NHS numbers and UPNs as keyed hashes under a secret of their own.
CREATE TABLE identifier (
    hash bytea NOT NULL,
    source_record_id uuid NOT NULL REFERENCES source_record (id),
    child_id uuid NOT NULL REFERENCES child (id),
    version text NOT NULL DEFAULT 'i1',
    PRIMARY KEY (hash, source_record_id)
);
CREATE INDEX identifier_child ON identifier (child_id);
CREATE INDEX identifier_record ON identifier (source_record_id);

-- Pairs that may be one child, for people to decide (CI-16).
CREATE TABLE match_proposal (
    child_id uuid NOT NULL REFERENCES child (id),
    other_child_id uuid NOT NULL REFERENCES child (id),
    model_version text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (child_id, other_child_id),
    CONSTRAINT match_proposal_ordered CHECK (child_id < other_child_id)
);
CREATE INDEX match_proposal_other ON match_proposal (other_child_id);

-- That a service works, or worked, with a child (CI-2). Why is not recorded.
CREATE TABLE involvement (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL REFERENCES child (id),
    organisation_id uuid NOT NULL,
    service_id uuid NOT NULL,
    practitioner_id uuid,
    role text NOT NULL,
    regarding smallint NOT NULL,
    sensitive boolean NOT NULL,
    -- What a sensitive one rests on: a consent or a ground (DESIGN 5 no. 9).
    consent_id uuid,
    ground smallint,
    start_date date NOT NULL,
    end_date date,
    review_due boolean NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT involvement_basis CHECK (NOT sensitive OR num_nonnulls(consent_id, ground) = 1),
    CONSTRAINT involvement_dates CHECK (end_date >= start_date)
);
CREATE INDEX involvement_child ON involvement (child_id);
CREATE INDEX involvement_practitioner ON involvement (practitioner_id) WHERE end_date IS NULL;
CREATE INDEX involvement_consent ON involvement (consent_id) WHERE consent_id IS NOT NULL;

-- Whether a CAF exists (CI-5), never what it says.
CREATE TABLE caf_indicator (
    child_id uuid PRIMARY KEY REFERENCES child (id),
    is_open boolean NOT NULL,
    assessment_date date NOT NULL,
    version_number bigint NOT NULL,
    holder_organisation_id uuid NOT NULL,
    holder_practitioner_id uuid NOT NULL,
    review_date date NOT NULL,
    consent_id uuid,
    ground smallint,
    update_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT caf_indicator_basis CHECK (num_nonnulls(consent_id, ground) = 1)
);

-- Who leads (CI-6); the primary key is LP-1: at most one.
CREATE TABLE lead_professional (
    child_id uuid PRIMARY KEY REFERENCES child (id),
    organisation_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    start_date date NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lead_professional_practitioner ON lead_professional (practitioner_id);

-- Which children each person or system was shown on a day: the budget counts distinct ones (S17).
CREATE TABLE disclosure (
    subject text NOT NULL,
    day date NOT NULL,
    child_id uuid NOT NULL,
    PRIMARY KEY (subject, day, child_id)
);

-- What an officer has to decide, or has decided, about a child: of one that is shielded, or has look-alike records. Why
-- a child is shielded is not recorded (X-2).
CREATE TABLE shield (
    child_id uuid PRIMARY KEY REFERENCES child (id),
    -- 1 provisional, 2 confirmed, 3 lifted
    state smallint NOT NULL,
    -- The day by which a confirmed one is looked at again. It does not end by itself.
    review_date date,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT shield_state CHECK (state BETWEEN 1 AND 3),
    CONSTRAINT shield_review CHECK ((state = 2) = (review_date IS NOT NULL))
);
CREATE INDEX shield_open ON shield (child_id) WHERE state <> 3;

-- Counts children shown to a subject today and writes the access records of it, one after the other; says of each record
-- whether the subject was below the limit when its turn came. What was not counted was not shown. Without a limit it is
-- not looked how many there were.
-- A function, because each of its statements sees what was committed before it: whoever waited for the lock counts with
-- what the last holder counted. And because it is one round trip.
CREATE FUNCTION disclose(
    subject text, in_turn boolean, most bigint, record_ids uuid[], records bytea[], of_record int[], child_ids uuid[]
) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
    shown bigint := 0;
    added bigint;
    told boolean[] := '{}';
BEGIN
    -- Else a person's searches sent at once, of up to 50 children each, would none see what the others spend.
    IF in_turn THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(disclose.subject, 0));
    END IF;
    IF most IS NOT NULL THEN
        SELECT count(*) INTO shown FROM disclosure AS d WHERE d.subject = disclose.subject AND d.day = current_date;
    END IF;
    FOR number IN 1 .. cardinality(record_ids) LOOP
        told := told || (most IS NULL OR shown < most);
        CONTINUE WHEN shown >= most;
        INSERT INTO disclosure (subject, day, child_id)
        SELECT disclose.subject, current_date, c.child_id
          FROM unnest(of_record, child_ids) AS c (of_record, child_id)
         WHERE c.of_record = number
            ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS added = ROW_COUNT;
        shown := shown + added;
        INSERT INTO chassis.audit_outbox (record_id, payload) VALUES (record_ids[number], records[number]);
    END LOOP;
    RETURN told;
END
$$;

GRANT SELECT, INSERT, UPDATE ON child, source_record, involvement, caf_indicator, lead_professional, shield
TO kith_child_index_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON child_key, key_version TO kith_child_index_app;
GRANT SELECT, INSERT, DELETE ON identifier, disclosure TO kith_child_index_app;
GRANT SELECT, INSERT ON match_proposal TO kith_child_index_app;
