"""Documents in the terms of HSDS 3.0 and Open Referral UK 3.0: read, judged, compared, rendered. Pure."""
