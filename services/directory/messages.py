"""Entries as the contract shows them. Pure."""

from kith.directory.v1 import directory_pb2 as pb
from services.directory import sensitivity
from services.directory.entries import Organisation, Service


def organisation(entry: Organisation) -> pb.Organisation:
    """Return the organisation's message; without an adviser if there is none."""
    message = pb.Organisation(
        id=str(entry.id), display_name=entry.display_name, kind=entry.kind, phone=entry.phone
    )
    if entry.adviser_display_name or entry.adviser_phone or entry.adviser_email:
        message.information_sharing_adviser.display_name = entry.adviser_display_name
        message.information_sharing_adviser.phone = entry.adviser_phone
        message.information_sharing_adviser.email = entry.adviser_email
    message.update_time.FromDatetime(entry.update_time)
    return message


def service(entry: Service) -> pb.Service:
    """Return the service's message, with the sensitivity that its kind has."""
    message = pb.Service(
        id=str(entry.id),
        organisation_id=str(entry.organisation_id),
        display_name=entry.display_name,
        description=entry.description,
        kind=entry.kind,
        sensitivity=sensitivity.of(entry.kind),
        phone=entry.phone,
        email=entry.email,
    )
    message.update_time.FromDatetime(entry.update_time)
    return message
