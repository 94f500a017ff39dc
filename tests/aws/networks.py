"""How VPCs are connected, as EC2 shows it: what moto keeps and does not tell, or tells wrongly.

A transit gateway's routes come with the attachments that they lead to, those of propagations too, and in pages; an attachment shows the
route table that it is associated with; a peering of gateways looks different from its two ends; a peering of VPCs has all their CIDRs;
a subnet's IPv6 CIDR has a state.
"""

import ipaddress

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidRouteTableIdError
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.transit_gateway_attachments import TransitGatewayAttachment as Attachment
from moto.ec2.models.transit_gateway_attachments import TransitGatewayPeeringAttachment, TransitGatewayVpcAttachment
from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRouteTableBackend
from moto.ec2.models.vpc_peering_connections import VPCPeeringConnection
from moto.ec2.responses.transit_gateway_attachments import TransitGatewayAttachment as AttachmentResponse
from moto.ec2.responses.transit_gateway_route_tables import TransitGatewayRouteTable as RouteTableResponse

_requester, _accepter = VPCPeeringConnection.requester_vpc_info.fget, VPCPeeringConnection.accepter_vpc_info.fget
_associate = TransitGatewayRouteTableBackend.associate_transit_gateway_route_table


def install():
    VPCPeeringConnection.requester_vpc_info = property(lambda peering: _end(_requester(peering), peering.vpc))
    VPCPeeringConnection.accepter_vpc_info = property(lambda peering: _end(_accepter(peering), peering.peer_vpc))
    Subnet.ipv6_cidr_block_association_set = property(_ipv6_cidrs)
    Attachment.association = property(_association)
    AttachmentResponse.describe_transit_gateway_attachments = _describe_attachments
    AttachmentResponse.describe_transit_gateway_vpc_attachments = _describe_vpc_attachments
    RouteTableResponse.search_transit_gateway_routes = _search_routes
    TransitGatewayRouteTableBackend.associate_transit_gateway_route_table = _associate_moved


def _end(shown, vpc):
    ipv4, ipv6 = ([cidr for cidr in _cidrs(vpc) if (":" in cidr) == wanted] for wanted in (False, True))
    return {
        **shown,
        "CidrBlockSet": [{"CidrBlock": cidr} for cidr in ipv4],
        "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": cidr} for cidr in ipv6],
    }


def _ipv6_cidrs(subnet):
    return [
        {"Ipv6CidrBlock": one["ipv6CidrBlock"], "AssociationId": one["associationId"], "Ipv6CidrBlockState": one["ipv6CidrBlockState"]}
        for one in subnet.ipv6_cidr_block_associations.values()
    ]


def _association(attachment):
    """moto goes on showing the gateway's default table after another association."""
    table = getattr(attachment, "table", attachment.transit_gateway_route_table)
    if attachment.state != "available" or not table:
        return None
    return {"State": "associated", "TransitGatewayRouteTableId": getattr(table, "id", table)}


def _associate_moved(backend, transit_gateway_attachment_id, transit_gateway_route_table_id):
    association = _associate(backend, transit_gateway_attachment_id, transit_gateway_route_table_id)
    attachment = backend.transit_gateway_attachments[transit_gateway_attachment_id]
    if attachment.resource_type == "peering":
        attachment.__dict__.setdefault("tables", {})[backend.account_id, backend.region_name] = transit_gateway_route_table_id
    else:
        attachment.table = transit_gateway_route_table_id
    return association


class _FromOneEnd:
    """A peering as the account and Region of one of its ends sees it."""

    def __init__(self, peering, backend):
        here = backend.account_id, backend.region_name
        ends = [peering.requester_tgw_info, peering.accepter_tgw_info]
        if (ends[0]["OwnerId"], ends[0]["Region"]) != here:
            ends.reverse()
        table = getattr(peering, "tables", {}).get(here)
        self.transit_gateway_attachment_id = peering.id
        self.transit_gateway_id, self.transit_gateway_owner_id = ends[0]["TransitGatewayId"], ends[0]["OwnerId"]
        self.resource_id, self.resource_owner_id = ends[1]["TransitGatewayId"], ends[1]["OwnerId"]
        self.resource_type, self.state, self.creation_time = "peering", peering.state, peering.creation_time
        self.association = {"State": "associated", "TransitGatewayRouteTableId": table} if table else None
        self.tags = []


def _describe_attachments(response):
    attachments = response.ec2_backend.describe_transit_gateway_attachments(
        transit_gateways_attachment_ids=response._get_param("TransitGatewayAttachmentIds", []),
        filters=response._filters_from_querystring(),
    )
    shown = [_FromOneEnd(one, response.ec2_backend) if isinstance(one, TransitGatewayPeeringAttachment) else one for one in attachments]
    return ActionResult({"TransitGatewayAttachments": shown})


def _describe_vpc_attachments(response):
    """moto has those of VPNs and peerings among them."""
    attachments = response.ec2_backend.describe_transit_gateway_vpc_attachments(
        transit_gateways_attachment_ids=response._get_param("TransitGatewayAttachmentIds", []),
        filters=response._filters_from_querystring(),
    )
    return ActionResult({"TransitGatewayVpcAttachments": [one for one in attachments if isinstance(one, TransitGatewayVpcAttachment)]})


def _search_routes(response):
    backend, id = response.ec2_backend, response._get_param("TransitGatewayRouteTableId")
    table = backend.transit_gateways_route_tables.get(id)
    if table is None or table.state == "deleted":
        raise InvalidRouteTableIdError(id)
    routes = [route for route in _routes(backend, table) if _matches(route, response._filters_from_querystring())]
    start, most = int(response._get_param("NextToken") or 0), int(response._get_param("MaxResults") or 1000)
    more = len(routes) > start + most
    return ActionResult({
        "Routes": routes[start : start + most],
        "AdditionalRoutesAvailable": more,
        "NextToken": str(start + most) if more else None,
    })


def _routes(backend, table):
    """A static route goes before a propagated one to the same destination."""
    routes = {}
    for propagation in table.route_table_propagation:
        attachment = backend.transit_gateway_attachments.get(propagation.transitGatewayAttachmentId)
        if attachment is not None and attachment.state == "available" and attachment.resource_type == "vpc":
            for cidr in _cidrs(backend.get_vpc(attachment.resource_id)):
                routes[cidr] = _route(cidr, "propagated", "active", attachment)
    for cidr, route in table.routes.items():
        found = backend.transit_gateway_attachments.get(route.get("transitGatewayAttachments", {}).get("transitGatewayAttachmentId"))
        routes[cidr] = _route(cidr, "static", "active" if found else "blackhole", found)
    return [routes[cidr] for cidr in sorted(routes, key=lambda cidr: (":" in cidr, ipaddress.ip_network(cidr)))]


def _cidrs(vpc):
    associations = vpc.get_cidr_block_association_set() + vpc.get_cidr_block_association_set(ipv6=True)
    return [one["cidr_block"] for one in associations if one["cidr_block_state"]["state"] == "associated"]


def _route(cidr, type, state, attachment):
    leads_to = {"ResourceId": attachment.resource_id, "ResourceType": attachment.resource_type, "TransitGatewayAttachmentId": attachment.id} if attachment else None
    return {"DestinationCidrBlock": cidr, "Type": type, "State": state, "TransitGatewayAttachments": [leads_to] if leads_to else []}


def _matches(route, filters):
    inside = filters.get("route-search.subnet-of-match")
    network = ipaddress.ip_network(route["DestinationCidrBlock"])
    return (
        route["State"] in filters.get("state", [route["State"]])
        and route["Type"] in filters.get("type", [route["Type"]])
        and route["DestinationCidrBlock"] in filters.get("route-search.exact-match", [route["DestinationCidrBlock"]])
        and (not inside or any(network.version == other.version and network.subnet_of(other) for other in map(ipaddress.ip_network, inside)))
    )
