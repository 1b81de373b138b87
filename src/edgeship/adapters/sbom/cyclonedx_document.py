"""Writes what a lock file pins as an SBOM: CycloneDX 1.6, as JSON (https://cyclonedx.org/docs/1.6/json/)."""

from __future__ import annotations

import json
import uuid

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.exception.model import InvalidUriException
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from edgeship.domain.naming import UploadKey
from edgeship.domain.provenance.locked import LockedPackage, LockedProject

_DEVELOPMENT = Property(name="cdx:npm:package:development", value="true")
"""https://github.com/CycloneDX/cyclonedx-property-taxonomy/blob/main/cdx/npm.md"""


def write_sbom(key: UploadKey, project: LockedProject) -> bytes:
    """The document. Equal projects give equal bytes: it has no time, and its serial number is made of its contents."""
    root = Component(
        name=key.widget,
        version=str(key.version),
        type=ComponentType.APPLICATION,
        bom_ref=f"{key.widget}@{key.version}",
    )
    components = {package.id: _component(package) for package in project.packages}
    bom = Bom(components=components.values())
    bom.metadata.component = root
    bom.register_dependency(root, [components[id_] for id_ in project.direct])
    for package in project.packages:
        bom.register_dependency(components[package.id], [components[id_] for id_ in package.depends_on])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"], document["serialNumber"]
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, content)}"
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _component(package: LockedPackage) -> Component:
    group, _, name = package.name.rpartition("/")
    return Component(
        name=name,
        group=group or None,
        version=package.version,
        type=ComponentType.LIBRARY,
        # A widget's own name and version could be those of a package.
        bom_ref=f"pkg:{package.id}",
        purl=PackageURL("npm", group or None, name, package.version),
        hashes=[HashType(alg=HashAlgorithm(algorithm), content=value) for algorithm, value in package.hashes],
        licenses=[LicenseFactory().make_from_string(package.license)] if package.license else [],
        scope=ComponentScope.OPTIONAL if package.optional else ComponentScope.REQUIRED,
        properties=[_DEVELOPMENT] if package.development else [],
        external_references=_distribution(package.url),
    )


def _distribution(url: str | None) -> list[ExternalReference]:
    try:
        return [ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(url))] if url else []
    except InvalidUriException:
        return []
