-- Shields: children whose whereabouts could endanger them (DESIGN 5 no. 7, 8). Why is not recorded (X-2).

-- Whether somebody put a shield on the child that no officer has lifted.
ALTER TABLE child ADD COLUMN shielded boolean NOT NULL DEFAULT false;

-- Whether the record may be of a shielded child of which it knows more than others may see: until an officer has decided,
-- nobody but its own organisation is shown it.
ALTER TABLE source_record ADD COLUMN look_alike boolean NOT NULL DEFAULT false;
-- Not concurrently: it runs in a transaction, and no record is one yet.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX source_record_look_alike ON source_record (organisation_id) WHERE look_alike;

-- What an officer has to decide, or has decided, about a child: of one that is shielded, or has look-alike records.
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

GRANT SELECT, INSERT, UPDATE ON shield TO kith_child_index_app;
-- Visible keys become hidden ones and the other way round.
GRANT UPDATE ON child_key TO kith_child_index_app;
