using System.Collections.Immutable;
using Automation.Network;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Makes each router's device serve exactly what its VPC has: approve first, then advertise, then withdraw.</summary>
public static class RoutePlanner
{
    /// <summary>How long a router may take to boot and join before its silence is worth a finding.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(10);

    /// <param name="additions">Steps that only add.</param>
    /// <param name="withdrawals">Steps that take away; they come after every addition.</param>
    public static void Plan(
        Snapshot seen,
        ImmutableArray<ServedVpc> served,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var complete = seen.Scopes
            .Where(scope => scope.Vpcs.IsComplete && scope.Instances.IsComplete)
            .Select(scope => scope.Scope)
            .ToHashSet();
        foreach (var vpc in served)
        {
            foreach (var router in vpc.Routers)
            {
                // Unknown is not empty: what could not be read completely takes nothing away.
                var mayWithdraw = complete.Contains(vpc.Scope) && seen.Nodes.IsComplete && seen.Devices.IsComplete;
                Plan(seen, vpc, router, mayWithdraw, additions, withdrawals, findings);
            }

            if (vpc.Routers.IsEmpty && vpc.Vpc.Advertise == "true")
            {
                findings.Add(new("no-router", Finding.Warning, vpc.Vpc.Id.ToString(), "It is tagged tailscale:advertise = true and has no subnet router: start one in it."));
            }
        }
    }

    /// <summary>Steps of one VPC's routes belong together: what is withdrawn waits until all that is added is in place.</summary>
    public static string Group(VpcId vpc) => vpc.ToString();

    private static void Plan(
        Snapshot seen,
        ServedVpc vpc,
        Router router,
        bool mayWithdraw,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        if (router.Device is not { } device)
        {
            if (seen.Devices.IsComplete && seen.ObservedAt - router.Instance.LaunchedAt > JoinTime)
            {
                findings.Add(new("router-not-joined", Finding.Warning, router.Instance.Id.ToString(), $"No device {router.HostName} is in the tailnet: see its boot log, and whether its auth-key parameter was there in time."));
            }

            return;
        }

        Health(router, device, findings);
        var group = Group(vpc.Vpc.Id);
        var recorded = $"record of {router.Instance.Id}";
        var ours = router.Record?.Routes ?? PrefixSet.Empty;
        var wanted = vpc.Wanted;

        if (seen.Nodes.IsComplete && (router.Record is not { } record || record.Device != device.Id || !wanted.IsSubsetOf(record.Routes)))
        {
            // The ledger learns what is ours before it is there, so that it can be withdrawn whatever happens in between.
            additions.Add(new(new PlanAction.RecordNode(vpc.Scope, vpc.Vpc.Id, router.Instance.Id, NodeRoles.SubnetRouter, device.Id, router.HostName, ours.Union(wanted)), recorded, []));
        }

        if (wanted.Except(device.Enabled) is { IsEmpty: false } missing)
        {
            additions.Add(new(new PlanAction.ApproveRoutes(device.Id, router.HostName, missing), group, [recorded]));
        }

        var advertised = device.Advertised.Where(prefix => !prefix.IsDefaultRoute);   // the exit-node flag has its own switch
        var foreign = mayWithdraw ? advertised.Except(ours) : advertised;
        var advertise = wanted.Union(foreign);
        if (!advertise.Equals(advertised))
        {
            additions.Add(new(new PlanAction.AdvertiseRoutes(vpc.Scope, router.Instance.Id, router.HostName, advertise), group, [recorded]));
        }

        var unwanted = device.Enabled.Where(prefix => !prefix.IsDefaultRoute).Except(wanted);
        // Also what is no longer enabled, as after a withdrawal that was cut short: ours no longer, so that whoever enables it now keeps it.
        if (mayWithdraw && ours.Except(wanted) is { IsEmpty: false } withdrawn)
        {
            withdrawals.Add(new(new PlanAction.TrimRoutes(router.Instance.Id, device.Id, router.HostName, withdrawn, wanted), group, [group, recorded]));
        }

        if (seen.Nodes.IsComplete && unwanted.Except(ours) is { IsEmpty: false } notOurs)
        {
            findings.Add(new("route-not-ours", Finding.Info, device.Id.ToString(), $"{notOurs} is enabled on {router.HostName} by somebody else and stays."));
        }
    }

    private static void Health(Router router, Device device, ICollection<Finding> findings)
    {
        if (!device.Authorized)
        {
            findings.Add(new("router-not-authorized", Finding.Error, device.Id.ToString(), $"{router.HostName} waits for device approval: approve it, or see why its key was not pre-approved."));
        }
        else if (!device.Connected)
        {
            findings.Add(new("router-offline", Finding.Warning, device.Id.ToString(), $"{router.HostName} runs but has no connection to the tailnet's control plane."));
        }
    }
}
