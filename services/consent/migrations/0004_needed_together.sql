-- Where everybody's consent is needed, each says whose else: a decision permits once all of them are on record.
ALTER TABLE consent ADD COLUMN needed_person_ids uuid [] NOT NULL DEFAULT '{}';

CREATE OR REPLACE VIEW decision_record AS
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
