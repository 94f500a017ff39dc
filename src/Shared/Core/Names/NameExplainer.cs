using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>Tells of a name which domain clients match, what is asked for it and why, and what they get.</summary>
public sealed class NameExplainer
{
    private readonly Snapshot _seen;
    private readonly Plan _plan;
    private readonly Routing _routing;
    private readonly Associations _associations;
    private readonly WantedNames _names;

    public NameExplainer(Snapshot seen)
    {
        _seen = seen;
        _plan = ReconcilePlanner.Plan(seen);
        _routing = Routing.Of(seen, [], [], []);
        _associations = new(seen, _routing, []);
        _names = WantedNames.Of(seen, _routing, _associations, [], []);
    }

    public NameExplanation Explain(string name)
    {
        name = DomainName.Normal(name);
        var has = Longest(name, _seen.SplitDns.Items.Select(known => known.Domain));
        var wanted = Longest(name, _plan.Domains.Select(record => record.Domain));
        var domain = (wanted?.Length ?? 0) > (has?.Length ?? 0) ? wanted : has;
        var current = _seen.SplitDns.Items.FirstOrDefault(known => known.Domain == domain);
        var record = _seen.Domains.Items.FirstOrDefault(known => known.Domain == domain);
        var want = _plan.Domains.FirstOrDefault(planned => planned.Domain == domain);
        var candidates = domain is null ? [] : _names.Candidates[domain].ToImmutableArray();
        ImmutableArray<ExplainedResolver> resolvers =
        [
            .. (current?.Resolvers ?? []).Select(resolver => Explained(resolver, candidates, forwarded: true)),
            .. (want?.Resolvers ?? []).Except(current?.Resolvers ?? []).Select(resolver => Explained(resolver, candidates, forwarded: false)),
        ];
        var about = candidates.Select(candidate => candidate.Served.Vpc.Id.ToString()).Concat(candidates.Select(candidate => candidate.Zone)).Append(domain ?? name).Append(name).ToHashSet();
        return new(
            name,
            current is not null && (record is null || current.Resolvers.Any(resolver => candidates.Any(candidate => candidate.Answer == Answer.Yes && candidate.Resolvers.Now.Contains(resolver)))),
            domain,
            current is null ? "nobody" : record is null ? "somebody else" : "automation",
            resolvers,
            ZoneOf(want ?? record),
            [.. Answers(name, candidates.Where(candidate => candidate.View == ViewOf(want ?? record) && candidate.Answer == Answer.Yes))],
            [.. _plan.Steps.Where(step => Concerns(step.Action, domain, candidates)).Select(step => step.Action.ToString())],
            [.. (domain is null ? Unforwarded(name) : candidates.Where(candidate => candidate.View != ViewOf(want ?? record) || candidate.Answer != Answer.Yes)).Select(Other).Distinct()],
            [.. _plan.Findings.Where(finding => finding.IsIncomplete || about.Contains(finding.Resource)).Select(finding => new ReportFinding(finding.Rule, finding.Severity, finding.Resource, finding.Text))]);
    }

    private static string? Longest(string name, IEnumerable<string> domains) =>
        domains.Where(domain => name == domain || name.EndsWith("." + domain, StringComparison.Ordinal)).MaxBy(domain => domain.Length);

    private static string? ViewOf(DomainRecord? record) => record is null ? null : record.Zone.Length > 0 ? record.Zone : record.Vpc.ToString();

    // Domains that would fit and are wanted by nobody: a VPC has them, and does not answer.
    private IEnumerable<DomainCandidate> Unforwarded(string name) =>
        Longest(name, _names.Candidates.Select(group => group.Key)) is { } domain ? _names.Candidates[domain] : [];

    private ExplainedResolver Explained(string resolver, ImmutableArray<DomainCandidate> candidates, bool forwarded)
    {
        var candidate = candidates.FirstOrDefault(candidate => candidate.Answer != Answer.No && candidate.Resolvers.Now.Concat(candidate.Resolvers.Later).Contains(resolver));
        if (candidate is null)
        {
            return new(resolver, "unknown", "nothing that is looked at, and that answers for the domain, has this address", forwarded);
        }

        var vpc = candidate.Served.Vpc;
        var (what, why) = candidate.Resolvers.Through switch
        {
            Through.InboundEndpoint => (EndpointOf(resolver), $"an inbound endpoint of {vpc.Id} that a route leads to"),
            Through.Dns64 => (RouterOf(resolver, candidate.Served), $"{vpc.Id} is reached by 4via6 only: its routers ask {candidate.Served.Resolver} and answer with addresses that lead there"),
            _ => ($"resolver of {vpc.Id}", $"the base of {vpc.Primary} plus two; {vpc.Id} has a router of its own, and no inbound endpoint that a route leads to"),
        };
        return new(
            resolver,
            what,
            candidate.Answer == Answer.NotNow ? $"{why}; no router that is in service leads there now"
            : candidate.Resolvers.Later.Contains(resolver) ? $"{why}; it does not answer for the domain before {string.Join(", ", candidate.Resolvers.Until)}"
            : why,
            forwarded);
    }

    private string EndpointOf(string resolver) =>
        _seen.Scopes.SelectMany(scope => scope.Endpoints.Items).FirstOrDefault(endpoint => endpoint.Addresses.Any(address => address.Address.ToString() == resolver))?.Id ?? "inbound endpoint";

    private static string RouterOf(string resolver, ServedVpc vpc) =>
        vpc.Routers.FirstOrDefault(router => router.Device?.Addresses.Any(address => address.ToString() == resolver) == true)?.HostName ?? $"a router of {vpc.Vpc.Id}";

    private string? ZoneOf(DomainRecord? record)
    {
        if (record is null)
        {
            return null;
        }

        var zones = _seen.Scopes.SelectMany(scope => scope.Zones.Items).Where(zone => zone.Id.ToString() == record.Zone).OrderBy(zone => zone.Vpc).ToImmutableArray();
        var ours = _plan.Associations.Where(association => association.Zone.ToString() == record.Zone).ToImmutableArray();
        return zones.IsEmpty
            ? record.Zone.Length > 0 ? $"zone {record.Zone}, which no VPC that is looked at shows" : $"the names that {record.Vpc} itself has"
            : $"zone {record.Zone} of {zones[0].Owner}, associated with {string.Join(", ", zones.Select(zone => zone.Vpc).Distinct())}"
                + string.Concat(ours.Select(association => $"; {association.Vpc} by the automation, {(association.InSync ? "in sync" : "not in sync yet")}"));
    }

    private static IEnumerable<string> Answers(string name, IEnumerable<DomainCandidate> answering)
    {
        foreach (var candidate in answering.DistinctBy(candidate => candidate.Served.Vpc.Id).OrderBy(candidate => candidate.Served.Vpc.Id))
        {
            var served = candidate.Served;
            var hidden = candidate.Resolvers.Through == Through.Dns64 ? served.Vpc.Cidrs.Where(cidr => cidr is { State: VpcCidr.Associated, Prefix.IsIPv6: false } && !served.Wanted.Covers(cidr.Prefix)).Select(cidr => cidr.Prefix).Order().ToArray() : [];
            var host = PrivateName(name);
            foreach (var cidr in hidden)
            {
                var via6 = Via6.Of(served.Site!.Value, cidr);
                yield return host is { } known && cidr.Contains(known)
                    ? $"AAAA {Via6.Of(served.Site.Value, Prefix.Of(known, known.Bits)).First}, and no A: {known} of {served.Vpc.Id} in 4via6 form"
                    : $"AAAA in {via6} for an address in {cidr} of {served.Vpc.Id}, and no A";
            }

            if (hidden.Length == 0)
            {
                yield return host is { } known && served.Wanted.Covers(known)
                    ? $"A {known}, which is reached as it is: `tailnet explain {known}`"
                    : $"what {served.Vpc.Id} answers; its addresses in {served.Wanted} are reached as they are: `tailnet explain ADDRESS`";
            }
        }
    }

    // EC2's private names say the address: ip-10-0-1-5.eu-west-1.compute.internal.
    private static Address? PrivateName(string name) =>
        name.StartsWith("ip-", StringComparison.Ordinal) && Address.TryParse(name.Split('.')[0][3..].Replace('-', '.'), out var address) ? address : null;

    private static bool Concerns(PlanAction action, string? domain, ImmutableArray<DomainCandidate> candidates) => action switch
    {
        PlanAction.SetSplitDns or PlanAction.ConfirmSplitDns or PlanAction.RemoveSplitDns or PlanAction.ForgetSplitDns => action.Target == domain,
        PlanAction.AssociateZone or PlanAction.AwaitAssociation or PlanAction.DissociateZone or PlanAction.ForgetAssociation => candidates.Any(candidate => candidate.Zone == action.Target),
        PlanAction.SetDns64 a => candidates.Any(candidate => candidate.Served.Routers.Any(router => router.Instance.Id == a.Instance)),
        _ => false,
    };

    private static ExplainedView Other(DomainCandidate candidate)
    {
        var vpc = candidate.Served;
        return new(vpc.Vpc.Id.ToString(), candidate.View, candidate.Answer switch
        {
            Answer.Yes => "answers too, with another view: only one view of a domain is forwarded, since the answers of two would race",
            Answer.NotNow => vpc.Routers.IsEmpty
                ? "has no router of its own, and its resolver answers sources inside the VPC alone; an inbound endpoint that a route leads to, or an association of its zones with the VPC of a router (ZONE_ASSOCIATION), would do"
                : "no router of it is in service, or something of it could not be read",
            _ when vpc.IsOptedOut => $"opted out by {VpcTags.Advertise} = false",
            _ when vpc.Vpc.DnsSupport == false || vpc.Vpc.DnsHostNames == false => "has DNS support or host names off",
            _ when candidate.Resolvers.Through == Through.Dns64 => "is reached by 4via6 only, and none of its routers can translate names: set Dns64 = true in their stack",
            _ => $"no route is advertised to its resolver {vpc.Resolver}, or it is being dissociated",
        });
    }
}
