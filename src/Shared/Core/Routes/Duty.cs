using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>All that one router is to serve, of its own VPC and of others.</summary>
/// <param name="Home">The VPC that it stands in.</param>
/// <param name="Plain">Prefixes as they are.</param>
/// <param name="Via6">Prefixes in 4via6 form.</param>
/// <param name="Sites">The VPCs whose site ids are in them.</param>
internal sealed record Duty(Scope Scope, Router Router, Vpc Home, PrefixSet Plain, PrefixSet Via6, ImmutableArray<VpcId> Sites)
{
    public PrefixSet Wanted { get; } = Plain.Union(Via6);

    public PrefixSet Ours => Router.Record?.Routes ?? PrefixSet.Empty;
}

internal static class Duties
{
    /// <returns>One for each router, in order of scope, VPC and instance.</returns>
    public static ImmutableArray<Duty> Of(ImmutableArray<ServedVpc> served, ImmutableArray<VpcAddresses> addresses, OptedIn optedIn)
    {
        var shares = addresses
            .SelectMany(reached => reached.Service.Servers.Select(server => (server.Router.Instance.Id, Share: (reached.Service.Vpc.Id, Plain: server.Prefixes.Intersect(reached.Plain), Via6: reached.Via6Of(server.Prefixes)))))
            .ToLookup(pair => pair.Id, pair => pair.Share);
        return
        [
            .. served.SelectMany(vpc => vpc.Routers.Select(router => new Duty(
                vpc.Scope,
                router,
                vpc.Vpc,
                PrefixSet.Of(shares[router.Instance.Id].SelectMany(share => share.Plain).Concat(optedIn.Of(router))),
                PrefixSet.Of(shares[router.Instance.Id].SelectMany(share => share.Via6)),
                [.. shares[router.Instance.Id].Where(share => !share.Via6.IsEmpty).Select(share => share.Id).Order()]))),
        ];
    }
}
