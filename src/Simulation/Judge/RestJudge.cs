using Automation.Network;
using Automation.Nodes;
using Automation.Plans;
using Automation.Sandbox;

namespace Automation.Simulation;

/// <summary>What is to be so when nothing happens any more, told from the simulated world alone.</summary>
internal sealed class RestJudge(Stage stage, Referee referee, Plan plan)
{
    private readonly Ways _ways = new(stage);

    public void Judge()
    {
        Reached();
        RightVpcs();
        Names();
        Clean();
    }

    private static bool IsRouter(SimulatedInstance instance) => instance.Role.Split('+').Contains(NodeRoles.SubnetRouter);

    // Each range that a router reaches, and that nobody has opted out.
    private void Reached()
    {
        var routers = stage.InstancesWhere(instance => instance is { State: "running", Device: not null, Hook: null } && IsRouter(instance) && IsThere(instance)).Select(one => one.Instance).ToArray();
        foreach (var (vpc, address) in _ways.Destinations.Where(to => to.Vpc.Advertise != "false"))
        {
            var able = routers.Where(router => _ways.Reaches(router, vpc, address)).ToArray();
            referee.Check(
                Invariant.AsWanted,
                able.Length == 0 || _ways.To(vpc, address).Any(),
                () => $"{address} of {vpc.Id} is reached by {string.Join(", ", able.Select(router => router.Id))}, and not from the tailnet: {Shown()}");
        }

        foreach (var (vpc, address) in _ways.Destinations.Where(to => to.Vpc.Advertise == "false"))
        {
            referee.Check(Invariant.AsWanted, !_ways.To(vpc, address).Any(way => IsRouter(way.Instance)), () => $"{address} of {vpc.Id}, which is opted out, is reached: {Shown()}");
        }
    }

    private void RightVpcs()
    {
        foreach (var way in _ways.All.Where(way => IsRouter(way.Instance)))
        {
            var end = _ways.EndOf(way);
            referee.Check(Invariant.RightVpc, end is not null, () => $"{way.Prefix} of {way.Instance.Id} leads nowhere");
            referee.Check(
                Invariant.RightVpc,
                _ways.All.Where(other => other.Prefix == way.Prefix && IsRouter(other.Instance)).All(other => _ways.EndOf(other) == end),
                () => $"{way.Prefix} leads to {end} by {way.Instance.Id}, and elsewhere by another: {Shown()}");
        }
    }

    private void Names()
    {
        foreach (var domain in stage.World.Ledger.Domains.Values)
        {
            var resolvers = stage.Tailnet.SplitDns.GetValueOrDefault(domain.Domain);
            referee.Check(
                Invariant.AsWanted,
                (!resolvers.IsDefault && resolvers.SequenceEqual(domain.Resolvers)) || plan.Findings.Any(finding => finding.Rule == "split-dns-not-owned" && finding.Resource == domain.Domain),
                () => $"{domain.Domain} is to be asked of {string.Join(", ", domain.Resolvers)}, and is of {(resolvers.IsDefault ? "nobody" : string.Join(", ", resolvers))}");
            referee.Check(
                Invariant.AsWanted,
                domain.Resolvers.Select(Address.Parse).All(resolver => _ways.All.Any(way => way.Prefix.Contains(resolver))) || plan.Findings.Any(finding => finding.Rule == "resolver-without-router" && finding.Resource == domain.Domain),
                () => $"{domain.Domain} is asked of {string.Join(", ", domain.Resolvers)}, which nobody reaches, and no finding says so: {Shown()}");
        }
    }

    private void Clean()
    {
        var gone = stage.Aws.Regions.SelectMany(region => region.Instances).Where(instance => instance.EndedAt is not null).Select(instance => instance.Id)
            .Concat(stage.World.Ledger.Nodes.Keys.Where(id => stage.Aws.Regions.All(region => region.Find(id) is null))).Distinct();
        foreach (var id in gone)
        {
            foreach (var device in stage.OwnDevices.Where(device => device.HostName.EndsWith(id.ToString(), StringComparison.Ordinal) && device.Tags.Any(stage.World.Settings.NodeTags.All.Contains)))
            {
                referee.Check(Invariant.Clean, plan.Steps.Any(step => step.Held is not null && step.Action is PlanAction.DeleteDevice held && held.Device == device.Id), () => $"{device.HostName} ({device.Id}) is still there, and {id} is not");
            }

            referee.Check(
                Invariant.Clean,
                stage.Aws.Regions.All(region => region.Parameters.Keys.All(name => !name.Contains($"/{id}/", StringComparison.Ordinal)))
                    || plan.Findings.Any(finding => finding.Rule == "unrecorded-parameters" && finding.Resource == id.ToString()),
                () => $"parameters of {id} are still there");
            referee.Check(
                Invariant.Clean,
                stage.Tailnet.Keys.All(key => key.Description != $"aws {id}" || key.Used || key.IsInvalid(stage.Now)),
                () => $"a usable key of {id} is still there");
        }
    }

    private bool IsThere(SimulatedInstance instance) => stage.Tailnet.Devices.Any(device => device.Id == instance.Device && device is { Connected: true, Authorized: true } && device.Tags.Any(stage.World.Settings.NodeTags.All.Contains));

    private string Shown() => string.Join("; ", _ways.All.Select(way => $"{way.Instance.Id} in {way.Instance.Vpc}: {way.Prefix}"));
}
