-- What is shown is counted and recorded in one round trip (G6, S17; DESIGN 5 no. 16).

-- Counts children shown to a subject today and writes the access records of it, one after the other; says of each record
-- whether the subject was below the limit when its turn came. What was not counted was not shown. Without a limit it is
-- not looked how many there were.
-- A function, because each of its statements sees what was committed before it: whoever waited for the lock counts with
-- what the last holder counted. And because it is one round trip.
CREATE FUNCTION disclose(
    subject text, in_turn boolean, most bigint, record_ids uuid[], records bytea[], of_record int[], child_ids uuid[]
) RETURNS boolean[] LANGUAGE plpgsql AS $$
DECLARE
    shown bigint := 0;
    added bigint;
    told boolean[] := '{}';
BEGIN
    -- Else a person's searches sent at once, of up to 50 children each, would none see what the others spend.
    IF in_turn THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(disclose.subject, 0));
    END IF;
    IF most IS NOT NULL THEN
        SELECT count(*) INTO shown FROM disclosure AS d WHERE d.subject = disclose.subject AND d.day = current_date;
    END IF;
    FOR number IN 1 .. cardinality(record_ids) LOOP
        told := told || (most IS NULL OR shown < most);
        CONTINUE WHEN shown >= most;
        INSERT INTO disclosure (subject, day, child_id)
        SELECT disclose.subject, current_date, c.child_id
          FROM unnest(of_record, child_ids) AS c (of_record, child_id)
         WHERE c.of_record = number
            ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS added = ROW_COUNT;
        shown := shown + added;
        INSERT INTO chassis.audit_outbox (record_id, payload) VALUES (record_ids[number], records[number]);
    END LOOP;
    RETURN told;
END
$$;
