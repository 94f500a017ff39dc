using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>A subnet router: its instance, and its device once it has joined.</summary>
public sealed record Router(Scope Scope, Instance Instance, NodeProfile Profile, Device? Device, NodeRecord? Record)
{
    /// <summary>As it reports it, or is to report it. A role that was changed since it joined changes no name.</summary>
    public string HostName => Device?.HostName ?? Profile.HostName;

    /// <summary>Carries traffic now, as far as the tailnet can tell: connected and authorised.</summary>
    public bool Serves => Device is { Connected: true, Authorized: true };

    /// <summary>What it said of its VPC; null where it was not asked.</summary>
    public RouterProbe? Probe { get; init; }

    public Drain Drain { get; init; }

    /// <summary>Its ledger entry says that it leaves, and it did not.</summary>
    public bool Stayed { get; init; }

    /// <summary>Its ledger entry says that it is unhealthy, and it no longer is, or nobody asks any more.</summary>
    public bool IsWell { get; init; }

    /// <summary>Whoever has a router that carries needs no other.</summary>
    public bool Carries => Serves && Drain == Drain.None;

    /// <summary>It lost its connection a moment ago and may be back in another.</summary>
    public bool MayBlink(DateTimeOffset now) =>
        Drain == Drain.None && Device is { Authorized: true, Connected: false } device && (device.LastSeen is not { } last || now - last < VpcServices.Blink);
}

/// <summary>A VPC with its own routers.</summary>
/// <param name="Wanted">The prefixes by which it is to be reached as they are.</param>
/// <param name="Site">The 4via6 site id by which it is reached as well; null where it has none.</param>
public sealed record ServedVpc(Scope Scope, Vpc Vpc, ImmutableArray<Router> Routers, PrefixSet Wanted, int? Site = null)
{
    public const string OptedOut = "false";

    public bool IsOptedOut => Vpc.Advertise == OptedOut;

    /// <summary>The VPC's own resolver: the base of the primary CIDR, plus two. It answers sources inside the VPC alone, so a router's.</summary>
    public Address Resolver => ResolverOf(Vpc);

    public static Address ResolverOf(Vpc vpc) => vpc.Primary.First with { Value = vpc.Primary.First.Value + 2 };
}

/// <summary>Joins what the clouds show into VPCs and their routers.</summary>
public static class ServedVpcs
{
    /// <returns>Every VPC that was seen, by scope and id, with its routers by id; what is wanted of it is not said yet.</returns>
    public static ImmutableArray<ServedVpc> Of(Snapshot seen)
    {
        var records = seen.Nodes.Items.DistinctBy(record => record.Instance).ToDictionary(record => record.Instance);
        var devices = NodeDevice.ByInstance(seen.Devices.Items);
        var drains = new Drains(seen);
        var served = ImmutableArray.CreateBuilder<ServedVpc>();
        foreach (var scope in seen.Scopes.DistinctBy(scope => scope.Scope).OrderBy(scope => scope.Scope))
        {
            var vpcs = scope.Vpcs.Items.DistinctBy(vpc => vpc.Id).OrderBy(vpc => vpc.Id).ToDictionary(vpc => vpc.Id);
            var routers = scope.Instances.Items
                .Where(instance => instance.IsUp)
                .DistinctBy(instance => instance.Id)
                .OrderBy(instance => instance.Id)
                .Select(instance => (Instance: instance, Profile: NodeProfile.Of(instance, seen.NodeTags)))
                .Where(node => node.Profile is { IsRouter: true })
                .Select(node => drains.Judge(
                    RouterOf(scope.Scope, node.Instance, node.Profile!, devices, records.GetValueOrDefault(node.Instance.Id)),
                    node.Instance.Vpc is { } home ? vpcs.GetValueOrDefault(home) : null))
                .ToLookup(router => router.Instance.Vpc);
            foreach (var vpc in vpcs.Values)
            {
                served.Add(new(scope.Scope, vpc, [.. routers[vpc.Id]], PrefixSet.Empty));
            }
        }

        return served.ToImmutable();
    }

    /// <summary>Says what is wanted of each VPC.</summary>
    public static ImmutableArray<ServedVpc> With(this ImmutableArray<ServedVpc> served, ImmutableArray<VpcAddresses> addresses)
    {
        var byVpc = addresses.ToDictionary(reached => reached.Service.Vpc.Id);
        return [.. served.Select(vpc => byVpc.TryGetValue(vpc.Vpc.Id, out var reached) ? vpc with { Wanted = reached.Plain, Site = reached.Site } : vpc)];
    }

    private static Router RouterOf(Scope scope, Instance instance, NodeProfile profile, ILookup<InstanceId, Device> devices, NodeRecord? record) =>
        new(scope, instance, profile, NodeDevice.Choose(devices[instance.Id], record?.Device), record);

    /// <summary>What a router serves of its own VPC: the CIDRs that are associated, without the ranges that are refused.</summary>
    public static PrefixSet OwnCidrs(Vpc vpc, ICollection<Finding> findings)
    {
        if (vpc.Advertise == ServedVpc.OptedOut)
        {
            return PrefixSet.Empty;
        }

        foreach (var settling in vpc.Cidrs.Where(cidr => cidr.IsSettling))
        {
            findings.Add(new(Finding.Settling, Finding.Info, vpc.Id.ToString(), $"{settling.Prefix} is {settling.State}: it is looked at again."));
        }

        var associated = PrefixSet.Of(vpc.Cidrs.Where(cidr => cidr.State == VpcCidr.Associated).Select(cidr => cidr.Prefix));
        return associated.Where(prefix =>
        {
            var why = RefusedRanges.WhyRefused(prefix);
            if (why is not null)
            {
                findings.Add(new("refused-range", Finding.Warning, vpc.Id.ToString(), $"{prefix} is not advertised: {why}."));
            }

            return why is null;
        });
    }
}
