"""Tests of the repository itself: rules about protos, code and files that no test of behaviour would notice.

They read what is there, so a new service, method, event or setting is covered from its first day.
"""
