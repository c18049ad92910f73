-- The service's role may change what its statements change and nothing else: never whose an entry is or of what kind.

REVOKE UPDATE ON organisation, service, entry, publication FROM kith_directory_app;
GRANT UPDATE (phone, adviser_display_name, adviser_phone, adviser_email, update_time) ON organisation TO kith_directory_app;
GRANT UPDATE (
    organisation_id, display_name, description, kind, phone, email, version, update_time
) ON service TO kith_directory_app;
GRANT UPDATE (
    state, published_revision, latest_revision, visible_from, visible_until, in_time, assured_time, assurer,
    review_due_date, unconfirmed_since, vanished_time, capacity, waiting_weeks, capacity_time, update_time
) ON entry TO kith_directory_app;
GRANT UPDATE (
    organization_id, full_json, list_json, etag, modified_time, version, change_xid, sequence
) ON publication TO kith_directory_app;
REVOKE UPDATE ON finding, link_use, block FROM kith_directory_app;
REVOKE DELETE ON link FROM kith_directory_app;
