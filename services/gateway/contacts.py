"""Entries of the directory that a page needs."""

from dataclasses import dataclass

from kith.directory.v1 import directory_pb2, duty_pb2


@dataclass(frozen=True, slots=True)
class Contacts:
    """Entries of the directory by id. Those that do not exist are left out."""

    organisations: dict[str, directory_pb2.Organisation]
    services: dict[str, directory_pb2.Service]
    practitioners: dict[str, directory_pb2.Practitioner]
    duty: dict[str, duty_pb2.DutyCover]
    """Who answers now for a service, by its id. Services without a duty team are left out."""
