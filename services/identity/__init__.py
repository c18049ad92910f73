"""Who may use Kith, and the issuer of its access tokens."""
