using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>
/// Makes each router's device serve exactly what it is to serve: approve first, then advertise; and take away once all that replaces it
/// is in place.
/// </summary>
public static class RoutePlanner
{
    /// <summary>How long a router may take to boot and join before its silence is worth a finding.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(10);

    /// <param name="additions">Steps that only add.</param>
    /// <param name="withdrawals">Steps that take away; they come after every addition. Devices of gone instances are deleted in it already.</param>
    /// <returns>The whole wanted set of every router.</returns>
    internal static ImmutableArray<WantedRouter> Plan(
        Snapshot seen,
        ImmutableArray<Duty> duties,
        Withdrawals may,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var deleted = withdrawals.Where(step => step is { Held: null, Action: PlanAction.DeleteDevice }).ToDictionary(step => ((PlanAction.DeleteDevice)step.Action).Device, step => step.Group);
        var adding = new List<(Prefix, string)>();
        foreach (var duty in duties)
        {
            var before = additions.Count;
            Add(seen, duty, additions, findings);
            if (additions.Count > before)
            {
                adding.AddRange(duty.Wanted.Select(prefix => (prefix, Group(duty.Home.Id))));
            }
        }

        may.Plan(duties, deleted, new(adding.GroupBy(pair => pair.Item1, pair => pair.Item2).Select(same => (same.Key, same.Distinct().ToImmutableArray()))), withdrawals);
        return [.. duties.Select(duty => Wanted(duty, may))];
    }

    /// <summary>Steps of one VPC's routes belong together: what is withdrawn waits until all that is added is in place.</summary>
    public static string Group(VpcId vpc) => vpc.ToString();

    /// <summary>A router's ledger entry; other steps of the router come after it.</summary>
    internal static string Recorded(InstanceId instance) => $"record of {instance}";

    private static void Add(Snapshot seen, Duty duty, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        var router = duty.Router;
        if (router.Device is not { } device)
        {
            if (seen.Devices.IsComplete && seen.ObservedAt - router.Instance.LaunchedAt > JoinTime)
            {
                findings.Add(new("router-not-joined", Finding.Warning, router.Instance.Id.ToString(), $"No device {router.HostName} is in the tailnet: see its boot log, and whether its auth-key parameter was there in time."));
            }

            return;
        }

        Health(duty, device, findings);
        var group = Group(duty.Home.Id);
        var recorded = Recorded(router.Instance.Id);
        var wanted = duty.Wanted;
        ImmutableArray<string> sites = [.. duty.Sites.Select(SitePlanner.Group)];

        // That it left is taken back only by a look that would have seen it gone.
        var stayed = router is { Stayed: true, Serves: true } && seen.Devices.IsComplete && seen.Scopes.First(scope => scope.Scope == router.Scope).Instances.IsComplete;
        if (seen.Nodes.IsComplete && (stayed || router.IsWell))
        {
            additions.Add(new(new PlanAction.ReturnNode(router.Instance.Id, router.HostName, stayed ? router.Record!.GoneAt : null, router.IsWell ? router.Record!.UnhealthyAt : null), recorded, []));
        }

        if (seen.Nodes.IsComplete && (router.Record is not { } record || record.Device != device.Id || record.Role != router.Profile.Role || !wanted.IsSubsetOf(record.Routes)))
        {
            // The ledger learns what is ours before it is there, so that it can be withdrawn whatever happens in between.
            additions.Add(new(new PlanAction.RecordNode(duty.Scope, duty.Home.Id, router.Instance.Id, router.Profile.Role, device.Id, router.HostName, duty.Ours.Union(wanted)), recorded, sites));
        }

        if (seen.Nodes.IsComplete && router is { Probe.Healthy: false, Record: null or { UnhealthyAt: null } })
        {
            additions.Add(new(new PlanAction.DrainNode(router.Instance.Id, router.HostName, seen.ObservedAt), recorded, [recorded]));
        }

        // While the ledger is not read, only what it knows already: what is there without it would never be withdrawn.
        var may = seen.Nodes.IsComplete ? wanted : wanted.Intersect(duty.Ours);
        if (may.Except(device.Enabled) is { IsEmpty: false } missing)
        {
            additions.Add(new(new PlanAction.ApproveRoutes(device.Id, router.HostName, missing), group, [recorded, .. sites]));
        }

        var advertised = Withdrawals.AdvertisedOf(device);
        if (!may.IsSubsetOf(advertised))
        {
            additions.Add(new(new PlanAction.AdvertiseRoutes(duty.Scope, router.Instance.Id, device.Id, router.HostName, may.Union(advertised), advertised), group, [recorded, .. sites]));
        }

        if (seen.Nodes.IsComplete && device.Enabled.Where(prefix => !prefix.IsDefaultRoute).Except(wanted).Except(duty.Ours) is { IsEmpty: false } notOurs)
        {
            findings.Add(new("route-not-ours", Finding.Info, device.Id.ToString(), $"{notOurs} is enabled on {router.HostName} by somebody else and stays."));
        }
    }

    private static WantedRouter Wanted(Duty duty, Withdrawals may)
    {
        var kept = duty.Router.Device is { } device ? device.Enabled.Intersect(duty.Ours).Except(duty.Wanted).Where(prefix => !may.Withdraw(duty, prefix)) : [];
        return new(
            duty.Scope,
            duty.Router.Instance,
            duty.Home.Id,
            duty.Router.Device?.Id,
            duty.Plain.Union(kept.Where(prefix => !Via6.Range.Contains(prefix))),
            duty.Via6.Union(kept.Where(Via6.Range.Contains)),
            duty.Ceded.Union(duty.Withheld));
    }

    private static void Health(Duty duty, Device device, ICollection<Finding> findings)
    {
        var router = duty.Router;
        if (!device.Authorized)
        {
            findings.Add(new("router-not-authorized", Finding.Error, device.Id.ToString(), $"{router.HostName} waits for device approval: approve it, or see why its key was not pre-approved."));
        }
        else if (!device.Connected)
        {
            findings.Add(new("router-offline", Finding.Warning, device.Id.ToString(), $"{router.HostName} runs but has no connection to the tailnet's control plane."));
        }
        else if (router is { Drain: Drain.Suspect } or { Probe.Healthy: false })
        {
            var said = router.Probe?.Detail ?? "it was not asked";
            findings.Add(new("router-unhealthy", Finding.Error, router.Instance.Id.ToString(), string.Concat(
                router.Drain == Drain.Suspect ? $"{router.HostName} is connected, did not reach its VPC, and cannot be asked now: {said}. " : $"{router.HostName} is connected and does not reach its VPC: {said}. ",
                duty.Ceded.IsEmpty ? "" : $"{duty.Ceded} {(duty.Ceded.Count == 1 ? "is" : "are")} handed over to healthy routers. ",
                duty.Withheld.IsEmpty ? "" : $"{duty.Withheld} {(duty.Withheld.Count == 1 ? "stays" : "stay")} as {(duty.Withheld.Count == 1 ? "it is" : "they are")}, as nobody else is known to be healthy. ",
                duty.Wanted.IsEmpty ? "" : $"It keeps {duty.Wanted}, as no other router serves {(duty.Wanted.Count == 1 ? "it" : "them")}: start another in {duty.Home.Id}. ",
                "Look at its network interface, security groups and network ACL, or replace it.")));
        }
        else if (router.Probe is { Healthy: null } probe)
        {
            findings.Add(new("router-not-probed", Finding.Info, router.Instance.Id.ToString(), $"Whether {router.HostName} reaches its VPC is not known, so it counts as healthy: {probe.Detail}. See whether its SSM agent is online."));
        }
    }
}
