-- Hashed keys carry the version they were made by, so that a new secret or a new key schema comes into use while the old
-- one still answers (DESIGN 6: secrets rotate with both versions live).

-- The versions that records are given: `k<key schema>-s<version of the secret match>`, or `i<version of the secret
-- identifier>`. Empty until the first registration.
CREATE TABLE key_version (
    version text PRIMARY KEY,
    -- Whether every record has its keys of this version: only then is anybody looked up by them.
    complete boolean NOT NULL
);

-- Constant defaults: no row is rewritten. What is there was made by these; a deployment whose secrets have other
-- versions makes its keys anew with `python -m services.child_index.rekey`.
ALTER TABLE child_key ADD COLUMN version text NOT NULL DEFAULT 'k2-s1';
ALTER TABLE identifier ADD COLUMN version text NOT NULL DEFAULT 'i1';
ALTER TABLE source_record ADD COLUMN local_key_version text NOT NULL DEFAULT 'i1';
-- The versions of which the record has all its keys, though they may be none.
ALTER TABLE source_record ADD COLUMN key_versions text [] NOT NULL DEFAULT '{k2-s1,i1}';

INSERT INTO key_version (version, complete)
SELECT made.version, true
FROM unnest(ARRAY['k2-s1', 'i1']) AS made (version)
WHERE exists(SELECT FROM source_record);

GRANT SELECT, INSERT, UPDATE, DELETE ON key_version TO kith_child_index_app;
