using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Where packets to all that is not of a subnet's own VPC come out.</summary>
internal sealed class Outlooks(Topology topology, Walker walker)
{
    // Where nobody's addresses are: whatever has no narrower route takes the default one.
    private static readonly Prefix[] s_defaults = [Prefix.Parse("0.0.0.0/8"), Prefix.Parse("::/8")];

    private readonly Dictionary<(VpcId, RouteTableId, string), Outlook> _known = [];

    /// <summary>Subnets of the same zone with the same table see the same.</summary>
    /// <returns>null where no route table of it was seen.</returns>
    public Outlook? From(Subnet place)
    {
        if (topology.TableOf(place) is not { } table)
        {
            return null;
        }

        var key = (place.Vpc, table.Id, place.Zone);
        if (!_known.TryGetValue(key, out var outlook))
        {
            _known[key] = outlook = Look(place, table);
        }

        return outlook;
    }

    private Outlook Look(Subnet place, SubnetTable table)
    {
        var vpcs = new Dictionary<VpcId, List<Prefix>>();
        var beyond = new List<(Prefix, string)>();
        var unknown = new List<Prefix>();
        var lost = new List<Leg>(s_defaults.SelectMany(everything => walker.From(place, everything)).Where(leg => leg.IsLost));
        foreach (var range in new Horizon(topology).Of(place.Vpc, table))
        {
            foreach (var leg in walker.From(place, range))
            {
                if (leg.IsLost)
                {
                    lost.Add(leg);
                }

                switch (leg.Landing)
                {
                    case Landing.Vpc when leg.Vpc is { } vpc && vpc != place.Vpc:
                        if (!vpcs.TryGetValue(vpc, out var pieces))
                        {
                            vpcs[vpc] = pieces = [];
                        }

                        pieces.Add(leg.Piece);
                        break;
                    case Landing.Beyond:
                        beyond.Add((leg.Piece, leg.What));
                        break;
                    case Landing.Unknown:
                        unknown.Add(leg.Piece);
                        break;
                    default:
                        break;
                }
            }
        }

        return new(
            vpcs.ToDictionary(far => far.Key, far => PrefixTable<Prefix>.OfThemselves(PrefixSet.Of(far.Value))),
            [.. beyond.GroupBy(range => range.Item2, range => range.Item1).OrderBy(same => same.Key, StringComparer.Ordinal).SelectMany(same => PrefixSet.Minimal(same).Select(range => (range, same.Key)))],
            PrefixTable<Prefix>.OfThemselves(PrefixSet.Of(unknown)),
            [.. lost]);
    }
}

/// <param name="Vpcs">What leads to each far VPC.</param>
/// <param name="Unknown">Where packets to these come out cannot be said.</param>
internal sealed record Outlook(Dictionary<VpcId, PrefixTable<Prefix>> Vpcs, ImmutableArray<(Prefix, string)> Beyond, PrefixTable<Prefix> Unknown, ImmutableArray<Leg> Lost)
{
    public ImmutableArray<VpcId> Neighbours { get; } = [.. Vpcs.Keys.Order()];
}
