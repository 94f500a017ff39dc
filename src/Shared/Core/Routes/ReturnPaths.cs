using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Whether packets that a subnet sends to a router arrive in the router's VPC.</summary>
internal sealed class ReturnPaths(Topology topology, Walker walker)
{
    private readonly Dictionary<SubnetId, Exit?> _exits = [];
    private readonly Dictionary<(VpcId, RouteTableId, string), Exit> _sharedExits = [];

    /// <param name="home">The router's VPC.</param>
    /// <param name="sources">What the router's packets come from.</param>
    public ReturnPath Of(Subnet subnet, VpcId home, ImmutableArray<PacketSource> sources)
    {
        if (ExitOf(subnet) is not { } exit)
        {
            return ReturnPath.Unknown;
        }

        var all = ReturnPath.Arrives;
        foreach (var source in sources)
        {
            var one = Of(exit, home, source);
            all = one == ReturnPath.Arrives || all == ReturnPath.Lost ? all : one;
        }

        return sources.IsEmpty ? ReturnPath.Lost : all;   // without an address of the family it cannot even ask
    }

    // Where all packets to a VPC's CIDR go the same way, so do those to an address in it.
    private ReturnPath Of(Exit exit, VpcId home, PacketSource source) =>
        (source.Cidr is { } cidr ? Whole(exit, home, cidr) : null)
        ?? Whole(exit, home, source.Addresses)
        ?? (walker.From(exit.From, source.Addresses).Exists(leg => leg.Landing == Landing.Unknown) ? ReturnPath.Unknown : ReturnPath.Lost);

    /// <returns>null where packets to some of the range go another way than packets to the rest.</returns>
    private ReturnPath? Whole(Exit exit, VpcId home, Prefix range)
    {
        if (!exit.Known.TryGetValue((home, range), out var known))
        {
            var legs = walker.From(exit.From, range);
            exit.Known[(home, range)] = known = legs.TrueForAll(leg => leg.Landing == Landing.Vpc && leg.Vpc == home) ? ReturnPath.Arrives
                : legs.TrueForAll(leg => leg.Landing == Landing.Unknown) ? ReturnPath.Unknown
                : legs.TrueForAll(leg => leg.Landing != Landing.Unknown && !(leg.Landing == Landing.Vpc && leg.Vpc == home)) ? ReturnPath.Lost
                : null;
        }

        return known;
    }

    // Subnets of the same zone with the same table send packets the same way.
    private Exit? ExitOf(Subnet subnet)
    {
        if (!_exits.TryGetValue(subnet.Id, out var exit))
        {
            if (topology.TableOf(subnet) is { } table && !_sharedExits.TryGetValue((subnet.Vpc, table.Id, subnet.Zone), out exit))
            {
                _sharedExits[(subnet.Vpc, table.Id, subnet.Zone)] = exit = new(subnet, []);
            }

            _exits[subnet.Id] = exit;
        }

        return exit;
    }

    /// <param name="Known">By the VPC that packets are to come to, and what they are sent to.</param>
    private sealed record Exit(Subnet From, Dictionary<(VpcId, Prefix), ReturnPath?> Known);
}

internal enum ReturnPath
{
    Arrives,
    Lost,
    Unknown,
}

/// <param name="Cidr">That of the router's VPC that has the addresses; null where none does.</param>
internal readonly record struct PacketSource(Prefix Addresses, Prefix? Cidr);
