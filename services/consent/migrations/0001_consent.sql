-- Consents (CON-1, CON-3, CON-11): who agreed to what being shared with whom, and until when. Nothing of the child but
-- its internal id, nothing of what was said; nobody can be named from it.
-- Scopes, givers, methods and states are the numbers of the enums in kith/consent/v1/consent.proto.

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
    -- The last day it holds.
    expire_date date NOT NULL,
    state smallint NOT NULL,
    -- Grows by one with each event about the consent.
    version bigint NOT NULL,
    update_time timestamptz NOT NULL,
    CONSTRAINT consent_dates CHECK (expire_date >= start_date)
);

-- What was agreed to stays as it was: only its state can change.
GRANT SELECT, INSERT ON consent TO kith_consent_app;
GRANT UPDATE (state, version, update_time) ON consent TO kith_consent_app;
