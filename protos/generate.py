"""Generates gen/ from protos/: Python code, type stubs and the image that buf reads.

Third-party protos are not kept in this repository. google/type and google/rpc lie in site-packages, put there by
googleapis-common-protos together with their modules, so they are imported and never generated. protovalidate ships
only the descriptor of buf/validate/validate.proto; handed to protoc as a descriptor set it serves as the import and as
the source of `buf.validate.validate_pb2`.

Everything is made in a new folder which then replaces gen/, so that a module whose proto has gone does not linger and
a failed run leaves the old code as it was.

Run as `python protos/generate.py`, or by `make protos`, which runs it only when a proto has changed.
"""

import shutil
import sys
import sysconfig
import tempfile
from importlib.resources import files
from pathlib import Path

import protovalidate
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent
GEN = PROTOS.parent / "gen"
VALIDATE = "buf/validate/validate.proto"

# Their modules come in a wheel that has no type stubs.
UNTYPED = (
    "google/type/date.proto",
    "google/type/dayofweek.proto",
    "google/type/timeofday.proto",
    "google/rpc/code.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
)


def generate(out: Path) -> None:
    """Writes modules, type stubs and `kith.binpb` for every proto below protos/kith into `out`.

    Raises SystemExit with protoc's code when a proto does not compile; protoc has then said why on stderr.
    """
    validate = out / "validate.binpb"
    validate.write_bytes(validate_descriptor())
    sources = sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.glob("kith/**/*.proto"))
    _protoc(
        f"--descriptor_set_in={validate}",
        f"-I{PROTOS}",
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
        # protoc leaves *_pb2_grpc.py untyped. Servicers are not abstract: a method that a service does not have yet
        # answers UNIMPLEMENTED.
        f"--plugin=protoc-gen-mypy_grpc={Path(sys.executable).parent / 'protoc-gen-mypy_grpc'}",
        f"--mypy_grpc_out=only_async,generate_concrete_servicer_stubs,quiet:{out}",
        "--include_imports",
        "--include_source_info",
        f"--descriptor_set_out={out / 'kith.binpb'}",
        *sources,
        VALIDATE,
    )
    _protoc(f"--pyi_out={out}", *UNTYPED)


def _protoc(*arguments: str) -> None:
    includes = [f"-I{sysconfig.get_path('purelib')}"]
    # google/protobuf/*.proto; `python -m grpc_tools.protoc` would add this folder by itself.
    includes.append(f"-I{files('grpc_tools') / '_proto'}")
    code = protoc.main(["protoc", "--fatal_warnings", *includes, *arguments])
    if code != 0:
        sys.exit(code)


def validate_descriptor() -> bytes:
    """A serialized FileDescriptorSet with buf/validate/validate.proto alone.

    The descriptor belongs to another protobuf runtime than google.protobuf, hence the way over bytes.
    """
    found = FileDescriptorSet()
    found.file.add().ParseFromString(protovalidate.ViolationPb.desc().file.proto.to_binary())
    return found.SerializeToString()


def main() -> None:
    """Replaces gen/'s code by newly generated code; front-end assets in gen/ stay."""
    GEN.mkdir(exist_ok=True)
    # Inside gen/ so that the moves below stay on one file system.
    with tempfile.TemporaryDirectory(dir=GEN, prefix=".new-") as folder:
        new = Path(folder)
        generate(new)
        for made in sorted(new.iterdir()):
            old = GEN / made.name
            if old.is_dir():
                shutil.rmtree(old)
            made.replace(old)


if __name__ == "__main__":
    main()
