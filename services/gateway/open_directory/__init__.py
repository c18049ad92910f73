"""The open API of the service directory under `/directory/`: Open Referral UK 3.0, for everybody, without login."""
