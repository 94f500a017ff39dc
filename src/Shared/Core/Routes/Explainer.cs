using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Tells of an address which router serves it and why, hop by hop, and what else was considered.</summary>
public sealed class Explainer
{
    private readonly Routing _routing;
    private readonly Plan _plan;
    private readonly PrefixTable<ImmutableArray<ServedPrefix>> _served;
    private readonly Dictionary<InstanceId, Router> _routers;

    public Explainer(Snapshot seen)
    {
        _plan = ReconcilePlanner.Plan(seen);
        _routing = Routing.Of(seen, [], [], []);
        _served = new(_plan.Prefixes.GroupBy(served => served.Prefix).Select(same => (same.Key, same.ToImmutableArray())));
        _routers = _routing.Served.SelectMany(vpc => vpc.Routers).DistinctBy(router => router.Instance.Id).ToDictionary(router => router.Instance.Id);
    }

    /// <param name="target">An address, a prefix, or either in 4via6 form.</param>
    public Explanation Explain(Prefix target)
    {
        var pieces = _served.Split(target).SelectMany(match => match.By is { } prefix ? match.Value.Select(served => Piece(match.Piece, prefix, served)) : [Unserved(match.Piece)]).ToImmutableArray();
        var about = pieces.SelectMany(piece => piece.Routers.Select(router => router.InstanceId).Concat(piece.Others.Select(other => other.What)).Append(piece.VpcId)).OfType<string>().ToHashSet();
        return new(
            TextOf(target),
            pieces.Any(piece => piece.Prefix is not null),
            pieces,
            [.. _plan.Findings.Where(finding => finding.IsIncomplete || about.Contains(finding.Resource)).Select(finding => new ReportFinding(finding.Rule, finding.Severity, finding.Resource, finding.Text))]);
    }

    private static string TextOf(Prefix prefix) => prefix.Length == prefix.First.Bits ? prefix.First.ToString() : prefix.ToString();

    private ExplainedPiece Piece(Prefix range, Prefix prefix, ServedPrefix served)
    {
        // Behind a 4via6 prefix are the IPv4 addresses that it stands for.
        var inside = Via6.TryRead(range, out _, out var ipv4) && served.Vpc is not null ? ipv4 : range;
        var routers = served.Direct.Concat(served.StandIns).Select(id => _routers[id]).ToImmutableArray();
        var used = routers.Where(router => Carries(router, prefix)).OrderBy(router => router.Device!.Created).ThenBy(router => router.Device!.Id).FirstOrDefault();
        return new(
            TextOf(range),
            prefix.ToString(),
            served.Vpc?.ToString(),
            Via6Of(served.Vpc, inside)?.ToString(),
            NameOf(served.Vpc, inside),
            [.. routers.OrderBy(router => router != used).ThenBy(router => !Carries(router, prefix)).ThenBy(router => router.Instance.Id).Select(router => Explained(router, prefix, inside, served.Vpc, router == used))],
            [.. Others(inside, [.. routers.Select(router => router.Instance.Id)], served.Vpc)]);
    }

    private ExplainedPiece Unserved(Prefix range)
    {
        var inside = Via6.TryRead(range, out _, out var ipv4) ? ipv4 : range;
        return new(TextOf(range), null, null, null, null, [], [.. Others(inside, [], null)]);
    }

    private ExplainedRouter Explained(Router router, Prefix prefix, Prefix inside, VpcId? vpc, bool used)
    {
        var (hops, back) = Way(router, inside, vpc);
        return new(router.Instance.Id.ToString(), router.HostName, router.Device?.Id.ToString(), StateOf(router, prefix), used, hops, back);
    }

    private (ImmutableArray<string> Hops, string Back) Way(Router router, Prefix inside, VpcId? vpc)
    {
        if (vpc is null || router.Instance.Vpc == vpc)
        {
            var beyond = _routing.Reachability.Walk(router, inside).FirstOrDefault(leg => vpc is null && leg.Landing == Landing.Beyond);
            return vpc is null && beyond.Trail is { } way
                ? ([router.HostName, .. way.FromStart().Select(hop => hop.ToString()), beyond.What], "not known: nothing there is looked at")
                : ([router.HostName, $"{router.Instance.Vpc}"], "ok");
        }

        var leg = _routing.Reachability.Walk(router, inside).FirstOrDefault(leg => leg.Vpc == vpc);
        return leg.Trail is null
            ? ([router.HostName], "no way there was found")
            : ([router.HostName, .. leg.Trail.FromStart().Select(hop => hop.ToString())], _routing.Reachability.Back(router, vpc, leg.Piece));
    }

    private static bool Carries(Router router, Prefix prefix) => router.Serves && router.Device!.Enabled.Contains(prefix) && router.Device.Advertised.Contains(prefix);

    private static string StateOf(Router router, Prefix prefix) => router.Device switch
    {
        null => "has not joined the tailnet",
        { Authorized: false } => "waits for device approval",
        { Connected: false } => "has no connection to the tailnet",
        { } device when !device.Advertised.Contains(prefix) => "does not advertise it yet",
        { } device when !device.Enabled.Contains(prefix) => "is not approved for it yet",
        _ => router.Drain switch
        {
            Drain.None => "carries traffic",
            Drain.Leaving => "carries traffic, and is about to leave",
            _ => "carries traffic as far as the tailnet can tell, and did not reach its VPC when it was asked",
        },
    };

    private Prefix? Via6Of(VpcId? vpc, Prefix inside) =>
        vpc is { } id && !inside.IsIPv6 && _plan.Sites.TryGetValue(id, out var site) ? Via6.Of(site, inside) : null;

    private string? NameOf(VpcId? vpc, Prefix inside) =>
        vpc is { } id && inside is { IsIPv6: false, Length: 32 } && _plan.Sites.TryGetValue(id, out var site) ? Via6.NameOf(site, inside.First) : null;

    private IEnumerable<ExplainedOther> Others(Prefix inside, ImmutableHashSet<InstanceId> serving, VpcId? served)
    {
        if (RefusedRanges.WhyRefused(inside) is { } refused)
        {
            yield return new(inside.ToString(), $"is never advertised: {refused}");
        }

        foreach (var vpc in _routing.Served.DistinctBy(vpc => vpc.Vpc.Id).Where(vpc => vpc.Vpc.Id != served))
        {
            foreach (var cidr in vpc.Vpc.Cidrs.Where(cidr => cidr.Prefix.Overlaps(inside)))
            {
                yield return new(vpc.Vpc.Id.ToString(), WhyNot(vpc, cidr));
            }
        }

        foreach (var router in _routers.Values.Where(router => !serving.Contains(router.Instance.Id)).OrderBy(router => router.Instance.Id))
        {
            foreach (var why in WhyNot(router, inside, served).Distinct())
            {
                yield return new(router.Instance.Id.ToString(), why);
            }
        }
    }

    private string WhyNot(ServedVpc vpc, VpcCidr cidr) =>
        vpc.IsOptedOut ? $"has {cidr.Prefix}, and opted out by {VpcTags.Advertise} = false"
        : cidr.State != VpcCidr.Associated ? $"has {cidr.Prefix} in state {Printable.Of(cidr.State)}"
        : _routing.Addresses.FirstOrDefault(reached => reached.Service.Vpc.Id == vpc.Vpc.Id) is not { Service.Servers.IsEmpty: false } reached
            ? $"has {cidr.Prefix}, and no router serves it"
        : vpc.Site is { } site && !cidr.Prefix.IsIPv6 ? $"has {cidr.Prefix} too, and is reached as {Via6.Of(site, cidr.Prefix)} of site {site}"
        : reached.Plain.Covers(cidr.Prefix) ? $"has {cidr.Prefix} too"
        : $"has {cidr.Prefix}, which is held back or not reached wholly";

    private IEnumerable<string> WhyNot(Router router, Prefix inside, VpcId? served)
    {
        if (_routing.Reachability.Problem(router) is { } problem)
        {
            yield return $"what it reaches is not known: {problem}";
            yield break;
        }

        foreach (var leg in _routing.Reachability.Walk(router, inside))
        {
            yield return leg.Landing switch
            {
                Landing.Vpc when leg.Vpc == router.Instance.Vpc => $"{leg.Piece} is of its own {leg.Vpc}",
                Landing.Vpc when _routing.Reachability.Back(router, leg.Vpc!, leg.Piece) is not "ok" and var back => $"reaches {leg.Piece} in {leg.Vpc}, and answers do not come back: {back}",
                Landing.Vpc when leg.Vpc == served => $"reaches {leg.Vpc}, which its own routers serve",
                Landing.Vpc => $"reaches {leg.Piece} in {leg.Vpc}",
                Landing.Beyond => $"{leg.Piece} is behind {leg.What}, which is no VPC that is looked at, and not in OPT_IN_PREFIXES",
                _ => leg.What,
            };
        }
    }
}
