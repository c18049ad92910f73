"""`python -m services.directory` serves the directory."""

from kith.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from kith.directory.v1.duplicate_service_pb2_grpc import add_DuplicateServiceServicer_to_server
from kith.directory.v1.enquiry_service_pb2_grpc import add_EnquiryServiceServicer_to_server
from kith.directory.v1.entry_service_pb2_grpc import add_EntryServiceServicer_to_server
from kith.directory.v1.import_service_pb2_grpc import add_ImportServiceServicer_to_server
from kith.directory.v1.organisation_contacts_service_pb2_grpc import (
    add_OrganisationContactsServiceServicer_to_server,
)
from kith.directory.v1.panel_service_pb2_grpc import add_PanelServiceServicer_to_server
from kith.directory.v1.people_service_pb2_grpc import add_PeopleServiceServicer_to_server
from kith.directory.v1.publication_service_pb2_grpc import add_PublicationServiceServicer_to_server
from kith.directory.v1.quality_service_pb2_grpc import add_QualityServiceServicer_to_server
from kith.directory.v1.team_service_pb2_grpc import add_TeamServiceServicer_to_server
from services.chassis import database, telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import BadSettings, load
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.paging import PageTokens
from services.chassis.server import Background, run, serve
from services.chassis.writes import Writes
from services.directory.clock import shifted_clock, system_clock
from services.directory.config import Config
from services.directory.editing.entry_service import EntryService
from services.directory.editing.timing import Timing
from services.directory.enquiries.enquiry_service import EnquiryService
from services.directory.enquiries.tidying import Tidying
from services.directory.events import TOPIC
from services.directory.finding.follower import Follower
from services.directory.finding.index import Index
from services.directory.finding.service import PublicationService
from services.directory.importing.runner import Runner
from services.directory.importing.service import ImportService
from services.directory.outbound import SafeClient
from services.directory.parts import Parts
from services.directory.people.organisation_contacts_service import OrganisationContactsService
from services.directory.people.panel_service import PanelService
from services.directory.people.people_service import PeopleService
from services.directory.people.team_service import TeamService
from services.directory.quality import completeness, link_checker
from services.directory.quality import policy as quality_policy
from services.directory.quality.duplicate_service import DuplicateService
from services.directory.quality.link_checker import LinkChecker
from services.directory.quality.policy import Policy, PolicyInvalid
from services.directory.quality.quality_service import QualityService
from services.directory.quality.rounds import Rounds
from services.directory.service import DirectoryService

# What is past its time is deleted within this time; nothing that is shown waits for it.
_TIDY_SECONDS = 20.0
_TIDY_SECONDS_LOCALLY = 2.0
# Before what failed for the moment at a publisher is tried again.
_FEED_PAUSES = (1.0, 5.0)
_FEED_PAUSES_LOCALLY = (0.1,)
# Between two questions to one host for pages that entries name.
_LINK_SPACING_SECONDS = 2.0


async def main(config: Config) -> None:
    """Put the service together and serve until told to stop."""
    telemetry.start("directory", config)
    keyring = Keyring.load(config.keyring_file)
    kafka = KafkaSettings(config.kafka_bootstrap_servers, config.kafka_bootstrap_servers_file)
    clock = shifted_clock(config.clock_shift_file) if config.clock_shift_file else system_clock
    async with (
        TokenVerifier(config.issuer) as verifier,
        database.pool(config.database_url_file, name="directory") as db,
        SafeClient(link_checker.BOUNDS) as web,
    ):
        relay = Relay(db, TOPIC, kafka, "directory")
        parts = Parts(db, Writes(db, keyring, relay.wake), PageTokens(keyring), clock)
        service = DirectoryService(parts, relay.wake)
        pause = _TIDY_SECONDS_LOCALLY if config.local_mode else _TIDY_SECONDS
        tidying = Tidying(db, clock, relay.wake, pause)
        timing = Timing(db, clock, relay.wake, pause)
        index = Index()
        follower = Follower(db, index, clock)
        pauses = _FEED_PAUSES_LOCALLY if config.local_mode else _FEED_PAUSES
        runner = Runner(db, keyring, relay.wake, clock, inside=config.inside_hosts, pauses=pauses)
        imports = ImportService(db, keyring, clock, runner.wake)
        policy = _quality_policy(config)
        background: list[Background] = [relay.run, timing.run, tidying.run, follower.run, runner.run]
        background.append(Rounds(db, policy, clock, relay.wake, pause).run)
        if config.link_check:
            background.append(LinkChecker(db, web, clock, pause, _LINK_SPACING_SECONDS).run)
        await serve(
            "directory",
            config,
            [
                (add_DirectoryServiceServicer_to_server, service),
                (add_EntryServiceServicer_to_server, EntryService(parts)),
                (add_PeopleServiceServicer_to_server, PeopleService(parts)),
                (add_TeamServiceServicer_to_server, TeamService(parts)),
                (add_OrganisationContactsServiceServicer_to_server, OrganisationContactsService(parts)),
                (add_PanelServiceServicer_to_server, PanelService(parts)),
                (add_EnquiryServiceServicer_to_server, EnquiryService(parts)),
                (add_ImportServiceServicer_to_server, imports),
                (add_QualityServiceServicer_to_server, QualityService(parts, policy)),
                (add_DuplicateServiceServicer_to_server, DuplicateService(parts)),
                (
                    add_PublicationServiceServicer_to_server,
                    PublicationService(db, keyring, index, follower),
                ),
            ],
            error_domain="directory.kith",
            verifier=verifier,
            ready=db.ready,
            background=background,
        )


def _quality_policy(config: Config) -> Policy:
    """The partnership's policy of freshness and quality. Raises BadSettings if the file is none."""
    path = config.quality_policy_file or quality_policy.SHIPPED
    try:
        policy = quality_policy.load(path)
    except (OSError, PolicyInvalid):
        raise BadSettings(f"{path}: is no policy of quality") from None
    if unknown := completeness.unknown(policy.completeness):
        raise BadSettings(f"{path}: asks for what nothing looks for: {', '.join(unknown)}")
    return policy


if __name__ == "__main__":
    run(main(load(Config)))
