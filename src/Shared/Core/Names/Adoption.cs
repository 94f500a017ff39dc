using System.Collections.Immutable;
using Automation.Plans;
using Automation.Routes;

namespace Automation.Names;

/// <summary>Taking over a domain that somebody else forwards: from then on the automation keeps it right.</summary>
/// <param name="Has">What it is forwarded to now.</param>
/// <param name="Wanted">What it will be forwarded to by the next reconcile.</param>
/// <param name="Record">What the ledger is to say.</param>
/// <param name="Replaces">What the ledger says now: a claim that was never carried out; null where it says nothing.</param>
public sealed record Adoption(ImmutableArray<string> Has, ImmutableArray<string> Wanted, DomainRecord Record, DomainRecord? Replaces)
{
    /// <param name="refusal">Why it cannot be taken over; null where it can.</param>
    public static Adoption? Of(Snapshot seen, string domain, out string? refusal)
    {
        var routing = Routing.Of(seen, [], [], []);
        var (candidates, wants) = WantedNames.Of(seen, routing, new(seen, routing, []), [], []);
        var owned = seen.Domains.Items.FirstOrDefault(record => record.Domain == domain);
        var has = seen.SplitDns.Items.FirstOrDefault(known => known.Domain == domain);
        refusal = seen.SplitDns.Problem is { } unread ? $"Split DNS could not be read: {unread}"
            : seen.Domains.Problem is { } unknown ? $"The ledger could not be read: {unknown}"
            : has is null ? "Nobody forwards it, so there is nothing to take over."
            : owned is { Confirmed: true } || owned?.Resolvers.SequenceEqual(has.Resolvers) == true ? "It is the automation's already."
            : wants.GetValueOrDefault(domain) is null ? candidates.Contains(domain)
                ? "Nothing would answer for it by a route that is served, so it would only be withdrawn: `tailnet explain` says what is missing."
                : "No VPC that is looked at answers for it, so the automation would only withdraw it."
            : null;
        return refusal is null && wants[domain] is { } want
            ? new(has!.Resolvers, want.Record.Resolvers, want.Record with { Resolvers = has.Resolvers, UseWithExitNode = has.UseWithExitNode == true }, owned)
            : null;
    }
}
