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
