"""What goes between a practitioner and a service before a referral: capacity, and the wish to be rung back."""
