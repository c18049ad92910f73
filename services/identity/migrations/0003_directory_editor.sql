-- A role for those who keep the service directory in order.

-- What was a role before is one still.
-- squawk-ignore ban-drop-constraint
ALTER TABLE person DROP CONSTRAINT person_role;
ALTER TABLE person ADD CONSTRAINT person_role
CHECK (role IN ('PRACTITIONER', 'INDEX_DESK', 'PRIVACY_OFFICER', 'SHIELD_OFFICER', 'DIRECTORY_EDITOR')) NOT VALID;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE person VALIDATE CONSTRAINT person_role;
