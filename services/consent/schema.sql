-- Consents of every kind and state with all their versions, who may decide for a child (sealed), decisions about
-- sharing with what went to whom, notices, and the partnership's texts and agreements (CON-1 to CON-15). Of a child there
-- is its internal id alone; names, relations and words are sealed, so nobody can be named from it (DESIGN 5 no. 4).
-- Scopes, givers, kinds, states and the like are the numbers of the enums in kith/consent/v1.

CREATE TABLE consent (
    id uuid PRIMARY KEY,
    -- The record it was given for; a merge does not move it (DESIGN 5 no. 9).
    child_id uuid NOT NULL,
    recording_organisation_id uuid NOT NULL,
    scope smallint NOT NULL,
    recipient_organisation_ids uuid [] NOT NULL,
    giver smallint NOT NULL,
    method smallint NOT NULL,
    wording_version text NOT NULL,
    start_date date NOT NULL,
    -- The last day it holds; of one that was asked for, the day by which an answer is expected.
    expire_date date NOT NULL,
    state smallint NOT NULL,
    -- Grows by one with each event about the consent.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL,
    kind smallint NOT NULL DEFAULT 1,
    -- The default of what is not said: to provide a service, to safeguard, to coordinate support; in the index.
    purposes smallint [] NOT NULL DEFAULT '{1,2,3}',
    means smallint [] NOT NULL DEFAULT '{1}',
    recipient_service_ids uuid [] NOT NULL DEFAULT '{}',
    giver_person_id uuid,
    entitled boolean NOT NULL DEFAULT true,
    competence_assessment_id uuid,
    recorder_practitioner_id uuid,
    -- The day it was given, refused or asked for.
    say_date date NOT NULL DEFAULT '2026-01-01',
    review_date date,
    wording_id uuid,
    wording_sha256 bytea NOT NULL DEFAULT '',
    superseding_consent_id uuid,
    invalidity smallint NOT NULL DEFAULT 0,
    freeze_reason smallint NOT NULL DEFAULT 0,
    -- The first day on which what it rests on is over, as far as is known.
    freeze_date date,
    limits_explained boolean NOT NULL DEFAULT true,
    create_time timestamptz NOT NULL DEFAULT now(),
    -- Who else has to give it, if that is all it lacks.
    needed_person_ids uuid [] NOT NULL DEFAULT '{}',
    CONSTRAINT consent_dates CHECK (expire_date >= start_date)
);
-- Every decision is made on all that is recorded of the child.
CREATE INDEX consent_child ON consent (child_id);
CREATE INDEX consent_recorder ON consent (recording_organisation_id, create_time, id);
-- For the clock and for what is due: requested, given, frozen.
CREATE INDEX consent_expire ON consent (expire_date) WHERE state IN (1, 3, 8);
CREATE INDEX consent_freeze ON consent (freeze_date) WHERE state = 1;
CREATE INDEX consent_due ON consent (recording_organisation_id) WHERE state IN (1, 3, 8);


-- What was agreed to stays as it was: only what became of it can change.
GRANT SELECT, INSERT ON consent TO kith_consent_app;
GRANT UPDATE (state, version, update_time) ON consent TO kith_consent_app;
GRANT UPDATE (
    giver_person_id, entitled, review_date, superseding_consent_id, invalidity, freeze_reason, freeze_date
) ON consent TO kith_consent_app;

-- What each consent was after each change: a serialized kith.consent.v1.Consent without the child.
CREATE TABLE consent_version (
    consent_id uuid NOT NULL REFERENCES consent (id),
    version bigint NOT NULL,
    consent bytea NOT NULL,
    subject text NOT NULL,
    method text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (consent_id, version)
);
GRANT SELECT, INSERT ON consent_version TO kith_consent_app;

-- A data key for each child, wrapped; destroying it erases every word and name about the child (DESIGN 5 no. 4).
CREATE TABLE child_key (
    child_id uuid PRIMARY KEY,
    wrapped_key bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, DELETE ON child_key TO kith_consent_app;

-- Who may decide for a child, as one organisation recorded it: a kith.consent.v1.Family, sealed.
CREATE TABLE family (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    sealed bytea NOT NULL,
    version bigint NOT NULL,
    update_time timestamptz NOT NULL,
    CONSTRAINT family_of_child UNIQUE (child_id, organisation_id)
);
GRANT SELECT, INSERT ON family TO kith_consent_app;
GRANT UPDATE (sealed, version, update_time) ON family TO kith_consent_app;

CREATE TABLE family_version (
    family_id uuid NOT NULL REFERENCES family (id),
    version bigint NOT NULL,
    sealed bytea NOT NULL,
    subject text NOT NULL,
    method text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (family_id, version)
);
GRANT SELECT, INSERT ON family_version TO kith_consent_app;

-- A child's wish that is respected, or that a person is told nothing: what every decision has to know, without names.
CREATE TABLE restriction (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    wish boolean NOT NULL,
    -- Of a wish: empty for everybody with parental responsibility.
    person_ids uuid [] NOT NULL,
    start_date date NOT NULL,
    end_date date
);
CREATE INDEX restriction_child ON restriction (child_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON restriction TO kith_consent_app;

-- Decisions to share or not to (golden rule 7; CON-2, CON-7, CON-8, CON-14).
CREATE TABLE sharing_decision (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    outcome smallint NOT NULL,
    scope smallint NOT NULL,
    purposes smallint [] NOT NULL,
    means smallint [] NOT NULL,
    recipient_organisation_ids uuid [] NOT NULL,
    recipient_service_ids uuid [] NOT NULL,
    consent_id uuid REFERENCES consent (id),
    ground smallint NOT NULL,
    order_end_date date,
    consent_not_used smallint NOT NULL,
    family_informed smallint NOT NULL,
    not_shared smallint NOT NULL,
    -- What it says: necessity, proportionality, threshold; as a kith.consent.v1.SharingDecision, sealed.
    sealed_words bytea NOT NULL,
    -- Which of them it says.
    says text [] NOT NULL,
    decider_practitioner_id uuid NOT NULL,
    reviewer_practitioner_id uuid,
    decide_date date NOT NULL,
    review_date date NOT NULL,
    -- The last day it holds, if it was ended early.
    end_date date,
    onward_of_share_id uuid,
    version bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);
CREATE INDEX sharing_decision_child ON sharing_decision (child_id);
CREATE INDEX sharing_decision_decider ON sharing_decision (organisation_id, create_time, id);
GRANT SELECT, INSERT ON sharing_decision TO kith_consent_app;
GRANT UPDATE (family_informed, says, reviewer_practitioner_id, review_date, end_date, version, update_time)
ON sharing_decision TO kith_consent_app;

CREATE TABLE sharing_decision_version (
    sharing_decision_id uuid NOT NULL REFERENCES sharing_decision (id),
    version bigint NOT NULL,
    -- A kith.consent.v1.SharingDecision without the child and without words.
    decision bytea NOT NULL,
    subject text NOT NULL,
    method text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (sharing_decision_id, version)
);
GRANT SELECT, INSERT ON sharing_decision_version TO kith_consent_app;

-- What went to whom, and what they said to it (CON-12, CON-15, X-9).
CREATE TABLE share (
    id uuid PRIMARY KEY,
    sharing_decision_id uuid NOT NULL REFERENCES sharing_decision (id),
    recipient_organisation_id uuid NOT NULL,
    recipient_service_id uuid,
    state smallint NOT NULL,
    end_reason smallint NOT NULL,
    share_time timestamptz NOT NULL,
    receive_time timestamptz,
    understood boolean NOT NULL,
    end_time timestamptz
);
CREATE INDEX share_decision ON share (sharing_decision_id);
CREATE INDEX share_recipient ON share (recipient_organisation_id, share_time, id);
GRANT SELECT, INSERT ON share TO kith_consent_app;
GRANT UPDATE (state, end_reason, receive_time, understood, end_time) ON share TO kith_consent_app;

-- What recipients have to be told because something changed at the giver (CON-11).
CREATE TABLE notice (
    id uuid PRIMARY KEY,
    child_id uuid NOT NULL,
    recipient_organisation_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    kind smallint NOT NULL,
    consent_id uuid,
    share_id uuid,
    create_time timestamptz NOT NULL,
    acknowledge_time timestamptz
);
CREATE INDEX notice_recipient ON notice (recipient_organisation_id, create_time, id);
CREATE INDEX notice_sender ON notice (organisation_id, create_time) WHERE acknowledge_time IS NULL;
GRANT SELECT, INSERT ON notice TO kith_consent_app;
GRANT UPDATE (acknowledge_time) ON notice TO kith_consent_app;

-- Texts of the partnership as they were in use (CON-3).
CREATE TABLE wording (
    id uuid PRIMARY KEY,
    kind smallint NOT NULL,
    version text NOT NULL,
    language text NOT NULL,
    words text NOT NULL,
    sha256 bytea NOT NULL,
    start_date date NOT NULL,
    end_date date,
    -- The first day on which nothing rests on it any more.
    void_date date,
    create_time timestamptz NOT NULL,
    CONSTRAINT wording_version UNIQUE (kind, version, language)
);
CREATE INDEX wording_newest ON wording (create_time, id);
GRANT SELECT, INSERT ON wording TO kith_consent_app;
GRANT UPDATE (end_date, void_date) ON wording TO kith_consent_app;

-- Who is bound by the partnership's sharing agreement, and when. Who has no row is judged by identity alone.
CREATE TABLE organisation_agreement (
    organisation_id uuid PRIMARY KEY,
    organisation_kind text NOT NULL,
    wording_id uuid REFERENCES wording (id),
    start_date date NOT NULL,
    end_date date
);
GRANT SELECT, INSERT, UPDATE ON organisation_agreement TO kith_consent_app;

-- What a decision has to know about a child, whatever it is; decision_facts.py says what each column means in each row.
-- `what`: 0 a consent, 1 a decision to share without consent or not to share, 2 a restriction.
CREATE VIEW decision_record AS
SELECT
    0 AS what, c.id, c.child_id, c.recording_organisation_id AS organisation_id, c.scope, c.purposes, c.means,
    c.recipient_organisation_ids AS organisation_ids, c.recipient_service_ids AS service_ids, c.state, c.kind,
    c.start_date, c.expire_date AS end_date, c.freeze_date AS bound_date, c.giver AS detail, c.entitled AS flag,
    c.giver_person_id AS person_id, c.wording_id, w.void_date AS other_date,
    -- The moment of the last word: of its end, or of its giving, at the end of that day if it was recorded later.
    CASE
        WHEN c.state IN (2, 4) THEN c.update_time
        WHEN c.say_date >= (c.create_time AT TIME ZONE 'UTC')::date THEN c.create_time
        ELSE (c.say_date + interval '1 day' - interval '1 microsecond') AT TIME ZONE 'UTC'
    END AS said,
    NULL::text [] AS says,
    NULL::text AS organisation_kind, NULL::date AS agreement_start, NULL::date AS agreement_end,
    c.needed_person_ids AS needed_ids
FROM consent AS c
LEFT JOIN wording AS w ON c.wording_id = w.id
UNION ALL
-- Of a decision to share with consent (1), the consent decides.
SELECT
    1, d.id, d.child_id, d.organisation_id, d.scope, d.purposes, d.means,
    d.recipient_organisation_ids, d.recipient_service_ids, d.outcome, d.ground,
    d.decide_date, d.end_date, d.order_end_date, d.family_informed, NULL::boolean,
    NULL::uuid, NULL::uuid, d.review_date,
    NULL::timestamptz,
    d.says,
    a.organisation_kind, a.start_date, a.end_date,
    NULL::uuid []
FROM sharing_decision AS d
LEFT JOIN organisation_agreement AS a ON d.organisation_id = a.organisation_id
WHERE d.outcome <> 1
UNION ALL
SELECT
    2, r.id, r.child_id, NULL::uuid, NULL::smallint, NULL::smallint [], NULL::smallint [],
    r.person_ids, NULL::uuid [], NULL::smallint, NULL::smallint,
    r.start_date, r.end_date, NULL::date, NULL::smallint, r.wish,
    NULL::uuid, NULL::uuid, NULL::date,
    NULL::timestamptz,
    NULL::text [],
    NULL::text, NULL::date, NULL::date,
    NULL::uuid []
FROM restriction AS r;

GRANT SELECT ON decision_record TO kith_consent_app;

-- What an organisation has to look at, and by when; kinds are numbers of kith.consent.v1.DueItem.Kind. What falls due twice
-- on one day is listed once, so that a page has one place for it. Two days are given to acknowledge.
CREATE VIEW due_item AS
SELECT 1 AS kind, recording_organisation_id AS organisation_id, id, child_id, expire_date AS due_date
FROM consent WHERE state = 3
UNION ALL
SELECT 2, recording_organisation_id, id, child_id, review_date
FROM consent WHERE state = 1 AND review_date <> expire_date AND review_date IS DISTINCT FROM freeze_date
UNION ALL
SELECT 3, recording_organisation_id, id, child_id, expire_date
FROM consent WHERE state = 1
UNION ALL
SELECT 4, recording_organisation_id, id, child_id, freeze_date
FROM consent WHERE state = 1 AND freeze_date <> expire_date
UNION ALL
SELECT 4, recording_organisation_id, id, child_id, (update_time AT TIME ZONE 'UTC')::date
FROM consent WHERE state = 8
UNION ALL
SELECT 5, d.organisation_id, d.id, d.child_id, d.review_date
FROM sharing_decision AS d
WHERE
    d.end_date IS NULL AND (d.review_date <> d.decide_date OR d.family_informed <> 2)
    AND (d.outcome = 3 OR EXISTS (SELECT FROM share AS s WHERE s.sharing_decision_id = d.id AND s.state = 1))
UNION ALL
SELECT 6, d.organisation_id, s.id, d.child_id, (s.share_time AT TIME ZONE 'UTC')::date + 2
FROM share AS s INNER JOIN sharing_decision AS d ON s.sharing_decision_id = d.id
WHERE s.state = 1 AND NOT s.understood
UNION ALL
SELECT 6, s.recipient_organisation_id, s.id, d.child_id, (s.share_time AT TIME ZONE 'UTC')::date + 2
FROM share AS s INNER JOIN sharing_decision AS d ON s.sharing_decision_id = d.id
WHERE s.state = 1 AND NOT s.understood AND s.recipient_organisation_id <> d.organisation_id
UNION ALL
SELECT 7, recipient_organisation_id, id, child_id, (create_time AT TIME ZONE 'UTC')::date + 2
FROM notice WHERE acknowledge_time IS NULL
UNION ALL
SELECT 8, organisation_id, id, child_id, (create_time AT TIME ZONE 'UTC')::date + 2
FROM notice WHERE acknowledge_time IS NULL AND recipient_organisation_id <> organisation_id
UNION ALL
SELECT 9, organisation_id, id, child_id, decide_date
FROM sharing_decision WHERE family_informed = 2 AND end_date IS NULL;

GRANT SELECT ON due_item TO kith_consent_app;
