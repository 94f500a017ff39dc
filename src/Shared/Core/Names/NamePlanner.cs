using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>Keeps split DNS pointed at the resolvers of the VPCs that have a router. Touches only domains that the ledger says are ours.</summary>
public static class NamePlanner
{
    /// <returns>The whole wanted set of owned domains, also when nothing changes.</returns>
    public static ImmutableArray<DomainRecord> Plan(
        Snapshot seen,
        ImmutableArray<ServedVpc> served,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var candidates = DomainCandidates.Of(seen, served, findings).ToLookup(candidate => candidate.Domain);
        var owned = seen.Domains.Items.DistinctBy(record => record.Domain).ToDictionary(record => record.Domain);
        var current = seen.SplitDns.Items.DistinctBy(domain => domain.Domain).ToDictionary(domain => domain.Domain, domain => domain.Resolvers);
        var known = seen.SplitDns.IsComplete && seen.Domains.IsComplete;
        var wanted = ImmutableArray.CreateBuilder<DomainRecord>();
        foreach (var domain in candidates.Select(group => group.Key).Union(owned.Keys).Order(StringComparer.Ordinal))
        {
            var record = owned.GetValueOrDefault(domain);
            var want = Wanted(seen, domain, [.. candidates[domain]], record, findings);
            if (want is not null && (record is not null || !current.ContainsKey(domain)))
            {
                wanted.Add(want);
            }

            if (!known)   // what the tailnet has, or whose it is, cannot be said: leave it
            {
                continue;
            }

            var has = current.TryGetValue(domain, out var resolvers) ? resolvers : (ImmutableArray<string>?)null;
            if (want is null)
            {
                Withdraw(record, has, withdrawals, findings);
            }
            else
            {
                Set(want, record, has, additions, findings);
            }
        }

        return wanted.ToImmutable();
    }

    private static string Group(string domain) => $"dns:{domain}";

    /// <returns>What the domain should be; null where it should not be forwarded.</returns>
    private static DomainRecord? Wanted(Snapshot seen, string domain, ImmutableArray<DomainCandidate> candidates, DomainRecord? record, ICollection<Finding> findings)
    {
        var possible = candidates.Where(candidate => candidate.Answer != Answer.No).ToImmutableArray();
        var views = possible.Select(candidate => candidate.View).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
        var ownedView = record is null ? null : record.Zone.Length > 0 ? record.Zone : record.Vpc.ToString();
        if (ownedView is not null && !views.Contains(ownedView) && MayBeMissing(seen, record!))
        {
            return record;   // unknown is not empty: what it stands on may be there all the same
        }

        var view = ownedView is not null && views.Contains(ownedView)
            ? ownedView   // the first owner keeps it
            : possible.Where(candidate => candidate.Answer == Answer.Yes).Select(candidate => candidate.View).Order(StringComparer.Ordinal).FirstOrDefault();
        // A VPC without a router answers nobody: its view counts only while it is the one that is forwarded.
        ImmutableArray<string> live = [.. possible.Where(candidate => !candidate.Served.Routers.IsEmpty || candidate.View == view).Select(candidate => candidate.View).Distinct().Order(StringComparer.Ordinal)];
        if (live.Length > 1)
        {
            // Of EC2's own names every VPC has another view, so this is no fault of anyone's.
            findings.Add(new("two-views", possible.Any(candidate => candidate.Zone.Length > 0) ? Finding.Warning : Finding.Info, domain, $"It has different answers in {string.Join(" and ", live)}; {(view is null ? "none of them is" : $"only {view} is")} forwarded, since the answers of two would race."));
        }

        ImmutableArray<DomainCandidate> answering = [.. possible.Where(candidate => candidate.View == view && candidate.Answer == Answer.Yes).OrderBy(candidate => candidate.Resolver)];
        var owns = record is not null && ownedView == view;
        if (answering.IsEmpty)
        {
            if (owns && possible.FirstOrDefault(candidate => candidate.View == view) is { Served.Routers.IsEmpty: true } silent
                && seen.Scopes.First(scope => scope.Scope == silent.Served.Scope).Instances.IsComplete)   // else they may only not have been read
            {
                findings.Add(new("resolver-without-router", Finding.Warning, domain, $"It is forwarded into {silent.Served.Vpc.Id}, which has no router now: start one, or set tailscale:advertise = false on the VPC."));
            }

            return owns ? record : null;
        }

        var resolvers = answering.Select(candidate => candidate.Resolver.ToString());
        if (owns)
        {
            // Unknown is not empty: no resolver is dropped unseen, nor while its VPC's routers are being replaced.
            var silent = possible.Where(candidate => candidate.View == view && candidate.Answer == Answer.NotNow).Select(candidate => candidate.Resolver.ToString());
            resolvers = resolvers.Concat(AllRead(seen) ? record!.Resolvers.Intersect(silent) : record!.Resolvers);
        }

        var first = answering[0];
        return new(domain, [.. resolvers.Distinct().Order(StringComparer.Ordinal)], first.Zone, first.Served.Scope, first.Served.Vpc.Id, Confirmed: true);
    }

    // A zone may be associated with VPCs of any scope, and any VPC that answers may take a domain over: with one part unread it cannot be said.
    private static bool MayBeMissing(Snapshot seen, DomainRecord record) =>
        !AllRead(seen) || !seen.Scopes.Any(scope => scope.Scope == record.Scope);

    private static bool AllRead(Snapshot seen) => seen.Devices.IsComplete && seen.Nodes.IsComplete && seen.Scopes.All(IsComplete);

    private static bool IsComplete(ScopeSeen scope) => scope.Vpcs.IsComplete && scope.Instances.IsComplete && scope.Zones.IsComplete;

    private static void Set(DomainRecord want, DomainRecord? record, ImmutableArray<string>? has, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        ImmutableArray<string> after = [RoutePlanner.Group(want.Vpc)];   // a resolver is worth forwarding to once its route is in place
        switch (has, record)
        {
            case (null, _):
                additions.Add(new(new PlanAction.SetSplitDns(want, null), Group(want.Domain), after));
                break;
            case ({ } resolvers, null):
                findings.Add(new("split-dns-not-owned", Finding.Warning, want.Domain, $"Somebody else forwards it to {string.Join(", ", resolvers)}, and it is left alone; {string.Join(", ", want.Resolvers)} would be right. Remove it by hand to let the automation set it."));
                break;
            case ({ } resolvers, { Confirmed: false }) when !resolvers.SequenceEqual(record.Resolvers) && !resolvers.SequenceEqual(want.Resolvers):
                findings.Add(new("split-dns-not-owned", Finding.Warning, want.Domain, $"Somebody else set it to {string.Join(", ", resolvers)} before the automation could, and it is left alone. Remove it by hand to let the automation set it."));
                break;
            case ({ } resolvers, _) when !resolvers.SequenceEqual(want.Resolvers):
                if (!resolvers.SequenceEqual(record!.Resolvers))
                {
                    findings.Add(new("split-dns-drift", Finding.Warning, want.Domain, $"Somebody changed it to {string.Join(", ", resolvers)}: it is set right again."));
                }

                additions.Add(new(new PlanAction.SetSplitDns(want, resolvers), Group(want.Domain), after));
                break;
            case (_, { } owned) when !owned.Confirmed || !owned.Resolvers.SequenceEqual(want.Resolvers) || owned.Zone != want.Zone || owned.Vpc != want.Vpc || owned.Scope != want.Scope:
                additions.Add(new(new PlanAction.ConfirmSplitDns(want), Group(want.Domain), []));
                break;
            default:
                break;
        }
    }

    private static void Withdraw(DomainRecord? record, ImmutableArray<string>? has, ICollection<PlannedStep> withdrawals, ICollection<Finding> findings)
    {
        if (record is null)
        {
            return;
        }

        if (has is { } resolvers && resolvers.SequenceEqual(record.Resolvers))
        {
            withdrawals.Add(new(new PlanAction.RemoveSplitDns(record.Domain, resolvers), Group(record.Domain), []));
            return;
        }

        if (has is not null)
        {
            findings.Add(new("split-dns-taken-over", Finding.Info, record.Domain, $"Somebody set it to {string.Join(", ", has.Value)}: it is theirs from now on."));
        }

        withdrawals.Add(new(new PlanAction.ForgetSplitDns(record.Domain), Group(record.Domain), []));
    }
}
