using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>What every domain should be, whosever it is now.</summary>
/// <param name="Candidates">By domain.</param>
/// <param name="Wants">By domain, in order; null where it should not be forwarded.</param>
internal sealed record WantedNames(ILookup<string, DomainCandidate> Candidates, SortedDictionary<string, WantedDomain?> Wants)
{
    private const int MostNamed = 10;

    public static WantedNames Of(Snapshot seen, Routing routing, Associations associations, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        var choice = new ResolverChoice(seen, routing, additions, findings);
        var candidates = DomainCandidates.Of(seen, routing.Served, choice, associations, findings).ToLookup(candidate => candidate.Domain);
        var owned = seen.Domains.Items.DistinctBy(record => record.Domain).ToDictionary(record => record.Domain);
        var current = seen.SplitDns.Items.DistinctBy(domain => domain.Domain).ToDictionary(domain => domain.Domain);
        var wants = new SortedDictionary<string, WantedDomain?>(StringComparer.Ordinal);
        foreach (var domain in candidates.Select(group => group.Key).Union(owned.Keys))
        {
            wants[domain] = Wanted(seen, domain, [.. candidates[domain]], owned.GetValueOrDefault(domain), current.GetValueOrDefault(domain), findings);
        }

        return new(candidates, wants);
    }

    /// <returns>What the domain should be; null where it should not be forwarded.</returns>
    private static WantedDomain? Wanted(Snapshot seen, string domain, ImmutableArray<DomainCandidate> candidates, DomainRecord? record, SplitDnsDomain? has, ICollection<Finding> findings)
    {
        var possible = candidates.Where(candidate => candidate.Answer != Answer.No).ToImmutableArray();
        var views = possible.Select(candidate => candidate.View).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
        var ownedView = record is null ? null : record.Zone.Length > 0 ? record.Zone : record.Vpc.ToString();
        if (ownedView is not null && !views.Contains(ownedView) && MayBeMissing(seen, record!))
        {
            return WantedDomain.AsItIs(record!, has);   // unknown is not empty: what it stands on may be there all the same
        }

        var view = ownedView is not null && views.Contains(ownedView)
            ? ownedView   // the first owner keeps it
            : possible.Where(candidate => candidate.Answer == Answer.Yes).Select(candidate => candidate.View).Order(StringComparer.Ordinal).FirstOrDefault();
        // A VPC without a router answers nobody: its view counts only while it is the one that is forwarded.
        ImmutableArray<string> live = [.. possible.Where(candidate => candidate.Answer == Answer.Yes || !candidate.Served.Routers.IsEmpty || candidate.View == view).Select(candidate => candidate.View).Distinct().Order(StringComparer.Ordinal)];
        if (live.Length > 1)
        {
            // Of EC2's own names every VPC has another view, so this is no fault of anyone's.
            findings.Add(new("two-views", possible.Any(candidate => candidate.Zone.Length > 0) ? Finding.Warning : Finding.Info, domain, $"It has different answers in {string.Join(" and ", live.Take(MostNamed))}{(live.Length > MostNamed ? $" and {live.Length - MostNamed} more" : "")}; {(view is null ? "none of them is" : $"only {view} is")} forwarded, since the answers of two would race."));
        }

        ImmutableArray<DomainCandidate> answering = [.. possible.Where(candidate => candidate.View == view && candidate.Answer == Answer.Yes).OrderBy(candidate => candidate.Served.Vpc.Id).ThenBy(candidate => candidate.Served.Scope)];
        var owns = record is not null && ownedView == view;
        if (answering.IsEmpty)
        {
            if (owns && possible.FirstOrDefault(candidate => candidate.View == view) is { } silent
                && silent.Served.Routers.All(router => router.Device is null)
                && seen.Scopes.First(scope => scope.Scope == silent.Served.Scope).Instances.IsComplete)   // else they may only not have been read
            {
                findings.Add(new("resolver-without-router", Finding.Warning, domain, $"It is forwarded into {silent.Served.Vpc.Id}, which has no router in the tailnet now: start one, or set tailscale:advertise = false on the VPC."));
            }

            // What no longer answers for the zone is not asked, even if nothing else does.
            var left = owns ? record!.Resolvers.Except(candidates.Where(candidate => candidate.View == view && candidate.Answer == Answer.No).SelectMany(candidate => candidate.Resolvers.Now)).ToImmutableArray() : [];
            return left.IsEmpty ? null : WantedDomain.AsItIs(record! with { Resolvers = left }, has);
        }

        // Unknown is not empty: no resolver is dropped unseen, nor while its VPC's routers only blink.
        IEnumerable<string> kept = !owns ? []
            : AllRead(seen) ? record!.Resolvers.Intersect(possible.Where(candidate => candidate.View == view && candidate.Answer == Answer.NotNow).SelectMany(candidate => candidate.Resolvers.Now))
            : record!.Resolvers;
        var later = Sorted(answering.SelectMany(candidate => candidate.Resolvers.Later));
        var now = Sorted(answering.SelectMany(candidate => candidate.Resolvers.Now).Concat(kept).Concat(has is null || !owns ? [] : has.Resolvers.Intersect(later)));
        var first = answering[0];
        return new(
            new(domain, Sorted(now.Concat(later)), first.Zone, first.Served.Scope, first.Served.Vpc.Id, Confirmed: true, UseWithExitNode: record?.UseWithExitNode == true || (record is not null && has?.UseWithExitNode == true)),
            now,
            Sorted(answering.SelectMany(candidate => candidate.Resolvers.After)),
            Sorted(answering.SelectMany(candidate => candidate.Resolvers.Until)));
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> texts) => [.. texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // A zone may be associated with VPCs of any scope, and any VPC that answers may take a domain over: with one part unread it cannot be said.
    private static bool MayBeMissing(Snapshot seen, DomainRecord record) =>
        !AllRead(seen) || !seen.Scopes.Any(scope => scope.Scope == record.Scope);

    public static bool AllRead(Snapshot seen) => seen.Devices.IsComplete && seen.Health.IsComplete && seen.Nodes.IsComplete && seen.Sites.IsComplete && seen.Associations.IsComplete && seen.Scopes.All(IsComplete);

    private static bool IsComplete(ScopeSeen scope) => scope.Vpcs.IsComplete && scope.Instances.IsComplete && scope.Zones.IsComplete && scope.Endpoints.IsComplete && !scope.Network.Problems().Any();
}

/// <summary>What a domain should be, and what has to come before.</summary>
/// <param name="Now">The resolvers that answer already.</param>
/// <param name="After">Groups of steps without which it is not forwarded: a resolver is worth forwarding to once its route is in place.</param>
/// <param name="Until">Groups of steps without which the resolvers that are not in <paramref name="Now"/> do not answer.</param>
internal sealed record WantedDomain(DomainRecord Record, ImmutableArray<string> Now, ImmutableArray<string> After, ImmutableArray<string> Until)
{
    public static WantedDomain AsItIs(DomainRecord record, SplitDnsDomain? has) =>
        new(record with { UseWithExitNode = record.UseWithExitNode || has?.UseWithExitNode == true }, record.Resolvers, [RoutePlanner.Group(record.Vpc)], []);
}
