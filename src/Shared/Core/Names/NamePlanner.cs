using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>Keeps split DNS pointed at what answers for the VPCs that are served. Touches only domains that the ledger says are ours.</summary>
internal static class NamePlanner
{
    /// <returns>The whole wanted set of owned domains, also when nothing changes.</returns>
    public static ImmutableArray<DomainRecord> Plan(
        Snapshot seen,
        Routing routing,
        Associations associations,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var (candidates, wants) = WantedNames.Of(seen, routing, associations, additions, findings);
        var owned = seen.Domains.Items.DistinctBy(record => record.Domain).ToDictionary(record => record.Domain);
        var current = seen.SplitDns.Items.DistinctBy(domain => domain.Domain).ToDictionary(domain => domain.Domain);
        var known = seen.SplitDns.IsComplete && seen.Domains.IsComplete;

        var wanted = ImmutableArray.CreateBuilder<DomainRecord>();
        foreach (var (domain, want) in wants)
        {
            var record = owned.GetValueOrDefault(domain);
            var has = current.GetValueOrDefault(domain);
            var ours = want is not null && (record is not null || has is null);
            var parent = ours && (record is null || WantedNames.AllRead(seen)) ? ParentThatSaysTheSame(domain, want!, wants, owned, current) : null;
            if (ours && parent is null)
            {
                wanted.Add(want!.Record);
                NameFindings.Of(seen, want, candidates[domain], findings);
            }

            if (!known)   // what the tailnet has, or whose it is, cannot be said: leave it
            {
                continue;
            }

            if (want is null || parent is not null)
            {
                Withdraw(record, has?.Resolvers, parent, withdrawals, findings);
            }
            else
            {
                Set(want, record, has, additions, findings);
            }
        }

        NameFindings.OfLoad(wanted, candidates, findings);
        return wanted.ToImmutable();
    }

    public static string Group(string domain) => $"dns:{domain}";

    // Clients take the longest domain that fits: one whose parent is forwarded to the same resolvers says nothing more.
    private static string? ParentThatSaysTheSame(
        string domain,
        WantedDomain want,
        SortedDictionary<string, WantedDomain?> wants,
        Dictionary<string, DomainRecord> owned,
        Dictionary<string, SplitDnsDomain> current)
    {
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            var parent = domain[(dot + 1)..];
            var isForeign = current.ContainsKey(parent) && !owned.ContainsKey(parent);
            if (isForeign || wants.GetValueOrDefault(parent) is { } above)
            {
                return !isForeign && wants[parent]!.Record.Resolvers.SequenceEqual(want.Record.Resolvers) ? parent : null;
            }
        }

        return null;
    }

    private static void Set(WantedDomain want, DomainRecord? record, SplitDnsDomain? has, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        var wanted = want.Record;
        var group = Group(wanted.Domain);
        switch (has?.Resolvers, record)
        {
            case (null, _):
                Forward(null);
                break;
            case ({ } resolvers, null):
                findings.Add(new("split-dns-not-owned", Finding.Warning, wanted.Domain, $"Somebody else forwards it to {string.Join(", ", resolvers)}, and it is left alone; {string.Join(", ", wanted.Resolvers)} would be right. `tailnet adopt {wanted.Domain}` hands it over to the automation."));
                break;
            case ({ } resolvers, { Confirmed: false }) when !resolvers.SequenceEqual(record.Resolvers) && !resolvers.SequenceEqual(wanted.Resolvers):
                findings.Add(new("split-dns-not-owned", Finding.Warning, wanted.Domain, $"Somebody else set it to {string.Join(", ", resolvers)} before the automation could, and it is left alone. `tailnet adopt {wanted.Domain}` hands it over to the automation."));
                break;
            case ({ } resolvers, _) when !resolvers.SequenceEqual(wanted.Resolvers):
                if (!resolvers.SequenceEqual(record!.Resolvers))
                {
                    findings.Add(new("split-dns-drift", Finding.Warning, wanted.Domain, $"Somebody changed it to {string.Join(", ", resolvers)}: it is set right again."));
                }

                Forward(resolvers);
                break;
            case (_, { } owned) when !owned.Confirmed || !owned.Resolvers.SequenceEqual(wanted.Resolvers)
                || (owned.Zone, owned.Vpc, owned.Scope, owned.UseWithExitNode) != (wanted.Zone, wanted.Vpc, wanted.Scope, wanted.UseWithExitNode):
                additions.Add(new(new PlanAction.ConfirmSplitDns(wanted), group, []));
                break;
            default:
                break;
        }

        if (record is { UseWithExitNode: true } && has?.UseWithExitNode == false)
        {
            findings.Add(new("exit-node-names-lost", Finding.Warning, wanted.Domain, "Clients with an exit node no longer ask its resolvers: Tailscale's API does not keep that choice when a domain is set. Set it again in the admin console."));
        }

        // What answers now goes first, and what is still to be made ready once it is: one that fails then holds up no other.
        void Forward(ImmutableArray<string>? expected)
        {
            var isReady = want.Until.IsEmpty;
            if (!isReady && !want.Now.IsEmpty && expected?.SequenceEqual(want.Now) != true)
            {
                additions.Add(new(new PlanAction.SetSplitDns(wanted with { Resolvers = want.Now }, expected), group, want.After));
                expected = want.Now;
            }

            if (expected?.SequenceEqual(wanted.Resolvers) != true)
            {
                additions.Add(new(new PlanAction.SetSplitDns(wanted, expected), group, [.. want.After, .. want.Until, .. expected is null || isReady ? [] : new[] { group }]));
            }
        }
    }

    /// <param name="parent">The domain that says the same from now on; null where none does.</param>
    private static void Withdraw(DomainRecord? record, ImmutableArray<string>? has, string? parent, ICollection<PlannedStep> withdrawals, ICollection<Finding> findings)
    {
        if (record is null)
        {
            return;
        }

        if (has is { } resolvers && resolvers.SequenceEqual(record.Resolvers))
        {
            withdrawals.Add(new(new PlanAction.RemoveSplitDns(record.Domain, resolvers), Group(record.Domain), parent is null ? [] : [Group(parent)]));
            return;
        }

        if (has is not null)
        {
            findings.Add(new("split-dns-taken-over", Finding.Info, record.Domain, $"Somebody set it to {string.Join(", ", has.Value)}: it is theirs from now on."));
        }

        withdrawals.Add(new(new PlanAction.ForgetSplitDns(record.Domain), Group(record.Domain), []));
    }
}
