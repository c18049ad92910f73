-- Whose word on name and date of birth is shown of a shielded child stands fixed from the day of the shield: were it
-- found anew with each change, an agency could see from what is shown whether a name it writes is also another's.
ALTER TABLE child ADD COLUMN shown_record_id uuid;
