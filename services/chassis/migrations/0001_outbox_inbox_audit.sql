-- What every service with a database has: events to tell, events heard, requests answered, disclosures to report.
-- The role that may use it is in the setting kith.app_role, set by services.chassis.migrate.

CREATE SCHEMA chassis;

-- Events, written in the transaction of the change they tell of (DESIGN 5 no. 14).
CREATE TABLE chassis.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Where the event stands for readers (list_changes): never below that of an earlier event of the same key.
    transaction_id xid8 NOT NULL,
    event_id uuid NOT NULL UNIQUE,
    key uuid NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL,
    traceparent text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    publish_time timestamptz
);
CREATE INDEX outbox_unpublished ON chassis.outbox (position) WHERE publish_time IS NULL;
CREATE INDEX outbox_changes ON chassis.outbox (transaction_id, position);
CREATE INDEX outbox_key ON chassis.outbox (key, position);
CREATE INDEX outbox_create_time ON chassis.outbox USING brin (create_time);

-- Events heard, written in the transaction of their effect (G3).
CREATE TABLE chassis.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    receive_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_receive_time ON chassis.inbox USING brin (receive_time);

-- How far a consumer has read the changes of a producer.
CREATE TABLE chassis.consumer_checkpoint (
    consumer text PRIMARY KEY,
    after text NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now()
);

-- Requests answered: the same id gives the same answer (F2, F3). The answer is sealed.
CREATE TABLE chassis.idempotency (
    caller_key text NOT NULL,
    request_id uuid NOT NULL,
    key_version text NOT NULL,
    request_hash bytea NOT NULL,
    response bytea,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller_key, request_id)
);
CREATE INDEX idempotency_create_time ON chassis.idempotency USING brin (create_time);

-- Access records, committed before the answer leaves and shipped to audit afterwards (DESIGN 5 no. 16).
CREATE TABLE chassis.audit_outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid NOT NULL UNIQUE,
    payload bytea NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    ship_time timestamptz
);
CREATE INDEX audit_outbox_unshipped ON chassis.audit_outbox (position) WHERE ship_time IS NULL;
CREATE INDEX audit_outbox_create_time ON chassis.audit_outbox USING brin (create_time);

DO $$
DECLARE
    app text := current_setting('kith.app_role');
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA chassis TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, DELETE ON chassis.outbox, chassis.inbox, chassis.idempotency, '
                   'chassis.audit_outbox TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON chassis.consumer_checkpoint TO %I', app);
    -- What has been said stays said: only the marks can be changed.
    EXECUTE format('GRANT UPDATE (publish_time) ON chassis.outbox TO %I', app);
    EXECUTE format('GRANT UPDATE (ship_time) ON chassis.audit_outbox TO %I', app);
    EXECUTE format('GRANT UPDATE (response) ON chassis.idempotency TO %I', app);
END
$$;
