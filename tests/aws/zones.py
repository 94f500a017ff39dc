"""Which VPCs a private zone answers, across accounts too: moto knows no authorisations, takes any VPC, and is done with a change at once.

A zone carries its authorisations, as (VPC, Region) pairs, and lives and dies with them. A change is pending for two looks.
"""

import secrets
import string

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.route53 import urls
from moto.route53.exceptions import InvalidVPCId, LastVPCAssociation, NoSuchHostedZone, PublicZoneVPCAssociation, Route53ClientError
from moto.route53.models import Route53Backend, route53_backends
from moto.route53.responses import Route53

_LOOKS_PENDING = 2
_changes = {}  # looks that a change is still pending for, by its id


def install():
    for verb in ("authorizevpcassociation", "deauthorizevpcassociation"):
        urls.url_paths[rf"{{0}}/(?P<api_version>[\d_-]+)/hostedzone/(?P<zone_id>[^/]+)/{verb}/?$"] = Route53.dispatch
    Route53.associate_vpc_with_hosted_zone = _associate
    Route53.disassociate_vpc_from_hosted_zone = _disassociate
    Route53.create_vpc_association_authorization = _authorize
    Route53.delete_vpc_association_authorization = _deauthorize
    Route53.list_vpc_association_authorizations = _list_authorizations
    Route53.get_change = _get_change
    Route53Backend.list_hosted_zones_by_vpc = lambda backend, vpc: [
        {"HostedZoneId": zone.resource_id, "Name": zone.name, "Owner": {"OwningAccount": account}} for account, zone in _zones_of(vpc)
    ]


def _associate(response):
    (vpc, region), (owner, zone) = _asked(response)
    if not zone.private_zone:
        raise PublicZoneVPCAssociation()
    if vpc not in ec2_backends[response.current_account][region].vpcs:
        raise InvalidVPCId()
    if owner != response.current_account and (vpc, region) not in _authorizations(zone):
        raise Route53ClientError(
            "NotAuthorizedException",
            f"The VPC: {vpc} has not authorized to associate with your hosted zone.",
        )
    if any(other.name == zone.name for _, other in _zones_of(vpc)):
        raise Route53ClientError(
            "ConflictingDomainExists",
            f"The VPC that you chose, {vpc} in region {region}, is already associated with another private hosted zone that has an overlapping "
            f"name space, {zone.name}.",
        )
    zone.add_vpc(vpc, region)
    return _change(response)


def _disassociate(response):
    """Either end may: the zone's account, and the VPC's."""
    (vpc, region), (owner, zone) = _asked(response)
    if owner != response.current_account and vpc not in ec2_backends[response.current_account][region].vpcs:
        raise InvalidVPCId()
    if all(one["vpc_id"] != vpc for one in zone.vpcs):
        raise Route53ClientError("VPCAssociationNotFound", f"The VPC: {vpc} is not associated with the hosted zone.")
    if len(zone.vpcs) == 1:
        raise LastVPCAssociation()
    zone.delete_vpc(vpc)
    return _change(response)


def _authorize(response):
    (vpc, region), zone = _asked(response, own=True)
    _authorizations(zone).add((vpc, region))
    return ActionResult({"HostedZoneId": zone.resource_id, "VPC": {"VPCId": vpc, "VPCRegion": region}})


def _deauthorize(response):
    pair, zone = _asked(response, own=True)
    if pair not in _authorizations(zone):
        raise Route53ClientError("VPCAssociationAuthorizationNotFound", f"The VPC: {pair[0]} is not authorized.")
    _authorizations(zone).remove(pair)
    return EmptyResult()


def _list_authorizations(response):
    zone = response.backend.get_hosted_zone(response._get_param("HostedZoneId"))
    vpcs = [{"VPCId": vpc, "VPCRegion": region} for vpc, region in sorted(_authorizations(zone))]
    return ActionResult({"HostedZoneId": zone.resource_id, "VPCs": vpcs})


def _get_change(response):
    id = response._get_param("Id").rpartition("/")[2]
    if id not in _changes:
        raise Route53ClientError("NoSuchChange", f"Could not find resource with ID: {id}")
    left, _changes[id] = _changes[id], max(_changes[id] - 1, 0)
    return ActionResult({"ChangeInfo": {"Id": f"/change/{id}", "Status": "PENDING" if left else "INSYNC", "SubmittedAt": utcnow()}})


def _change(response):
    id = "C" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))
    _changes[id] = _LOOKS_PENDING
    comment = response._get_param("Comment")
    return ActionResult({"ChangeInfo": {"Id": f"/change/{id}", "Status": "PENDING", "SubmittedAt": utcnow(), "Comment": comment}})


def _asked(response, own=False):
    """The VPC and its Region, and the zone: of this account, or of any with its owner."""
    pair = response._get_param("VPC.VPCId"), response._get_param("VPC.VPCRegion")
    id = response._get_param("HostedZoneId")
    if own:
        return pair, response.backend.get_hosted_zone(id)
    found = next(((account, zone) for account, zone in _all_zones() if zone.resource_id == id), None)
    if found is None:
        raise NoSuchHostedZone(id)
    return pair, found


def _authorizations(zone):
    return zone.__dict__.setdefault("authorizations", set())


def _zones_of(vpc):
    return [(account, zone) for account, zone in _all_zones() if zone.private_zone and any(one["vpc_id"] == vpc for one in zone.vpcs)]


def _all_zones():
    """Lists of what there is now: other tests add accounts and zones meanwhile."""
    return [(account, zone) for account in list(route53_backends) for zone in list(route53_backends[account]["aws"].zones.values())]
