"""The gateway: the pages people use. Owns nothing but their web sessions."""
