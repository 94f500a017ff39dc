using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>All that one router is to serve, of its own VPC and of others.</summary>
/// <param name="Home">The VPC that it stands in.</param>
/// <param name="Plain">Prefixes as they are.</param>
/// <param name="Via6">Prefixes in 4via6 form.</param>
/// <param name="Sites">The VPCs whose site ids are in them.</param>
/// <param name="Ceded">What it is not to serve only because it is drained, and others serve.</param>
/// <param name="Withheld">The same, where that cannot be said for certain now: neither given to it nor taken.</param>
internal sealed record Duty(Scope Scope, Router Router, Vpc Home, PrefixSet Plain, PrefixSet Via6, ImmutableArray<VpcId> Sites, PrefixSet Ceded, PrefixSet Withheld)
{
    public PrefixSet Wanted { get; } = Plain.Union(Via6);

    public PrefixSet Ours => Router.Record?.Routes ?? PrefixSet.Empty;
}

internal static class Duties
{
    /// <returns>One for each router, in order of scope, VPC and instance.</returns>
    public static ImmutableArray<Duty> Of(Routing routing)
    {
        var shares = routing.Addresses
            .SelectMany(reached => reached.Service.Servers.Select(server => (server.Router.Instance.Id, Share: (reached, server))))
            .ToLookup(pair => pair.Id, pair => pair.Share);
        return
        [
            .. routing.Served.SelectMany(vpc => vpc.Routers.Select(router =>
            {
                var own = shares[router.Instance.Id];
                var beyond = routing.OptedIn.Of(router);
                var plain = PrefixSet.Of(own.SelectMany(share => share.server.Prefixes.Intersect(share.reached.Plain)).Concat(beyond.Prefixes));
                var via6 = PrefixSet.Of(own.SelectMany(share => share.reached.Via6Of(share.server.Prefixes)));
                PrefixSet Else(Func<Server, PrefixSet> part) => router.Drain == Drain.None
                    ? PrefixSet.Empty
                    : PrefixSet.Of(own.SelectMany(share => part(share.server).Intersect(share.reached.Plain).Union(share.reached.Via6Of(part(share.server)))).Concat(part(beyond))).Except(plain).Except(via6);
                return new Duty(
                    vpc.Scope,
                    router,
                    vpc.Vpc,
                    plain,
                    via6,
                    [.. own.Where(share => !share.reached.Via6Of(share.server.Prefixes).IsEmpty).Select(share => share.reached.Service.Vpc.Id).Order()],
                    Else(server => server.Ceded),
                    Else(server => server.Withheld));
            })),
        ];
    }
}
