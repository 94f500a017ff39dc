using Automation.Network;
using Automation.Plans;

namespace Automation.Simulation;

/// <summary>The network as it is, not as anybody observed it: what the packet walk walks on.</summary>
internal static class TrueSnapshot
{
    public static Snapshot Of(Stage stage) => new()
    {
        ObservedAt = stage.Now,
        NodeTags = stage.World.Settings.NodeTags,
        Scopes =
        [
            .. stage.Aws.Regions.Select(region => ScopeSeen.Unseen(region.Scope, "not asked") with
            {
                Vpcs = Seen<Vpc>.All(region.Vpcs),
                Instances = Seen<Instance>.All(region.Instances.Select(instance => instance.Shown)),
                Network = new()
                {
                    Subnets = Seen<Subnet>.All(region.Network.Subnets),
                    RouteTables = Seen<RouteTable>.All(region.Network.RouteTables),
                    Peerings = Seen<Peering>.All(stage.Aws.Peerings.SeenFrom(region.Scope)),
                    TransitAttachments = Seen<TransitAttachment>.All(stage.Aws.Transit.AttachmentsSeenFrom(region.Scope)),
                    TransitRouteTables = Seen<TransitRouteTable>.All(stage.Aws.Transit.TablesSeenFrom(region.Scope)),
                    PrefixLists = Seen<PrefixList>.All(region.Network.PrefixLists),
                },
            }),
        ],
        Devices = Seen<Device>.All([]),
        Strayed = Seen<Device>.All([]),
        Health = Seen<RouterProbe>.All([]),
        Keys = Seen<AuthKey>.All([]),
        SplitDns = Seen<SplitDnsDomain>.All([]),
        Nodes = Seen<NodeRecord>.All([]),
        Domains = Seen<DomainRecord>.All([]),
        Sites = Seen<SiteRecord>.All([]),
        Associations = Seen<AssociationRecord>.All([]),
        OptIn = PrefixSet.Empty,
        Names = stage.World.Settings.Names,
        Pools = new() { Mark = "", Folder = "", Configured = [], Records = Seen<PoolRecord>.All([]), Parameters = Seen<PoolParameter>.All([]) },
    };
}
