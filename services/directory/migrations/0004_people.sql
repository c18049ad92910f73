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

-- Constants and no volatile defaults: nothing is rewritten. The table is small, and its lock is held for a moment.
-- squawk-ignore adding-field-with-default
ALTER TABLE practitioner
-- squawk-ignore adding-foreign-key-constraint
ADD COLUMN team_id uuid REFERENCES team (id),
ADD COLUMN role text NOT NULL DEFAULT '',
ADD COLUMN engagement smallint NOT NULL DEFAULT 1,
-- When trained to undertake an Early Help Assessment, and the last day on which that counts.
ADD COLUMN training_date date,
ADD COLUMN lapse_date date;
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
