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
    NULL::text AS organisation_kind, NULL::date AS agreement_start, NULL::date AS agreement_end
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
    a.organisation_kind, a.start_date, a.end_date
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
    NULL::text, NULL::date, NULL::date
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
