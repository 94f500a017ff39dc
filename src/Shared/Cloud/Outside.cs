using Automation.Aws;
using Automation.Ledger;
using Automation.Nodes;
using Automation.Names;
using Automation.Reports;
using Automation.Routes;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation;

/// <summary>Everything outside this process: the real thing, or the Sandbox in its place.</summary>
public sealed record Outside(IAws Aws, ITailscale Tailscale, ILedger Ledger, ISqs Sqs);

/// <summary>The parts, put together by hand. The functions, the command line and the tests all build from here.</summary>
public sealed class Parts
{
    public Parts(Settings settings, Outside outside, TimeProvider time, ILogger log)
    {
        var (aws, tailscale, ledger, sqs) = outside;
        Ledger = ledger;
        var commands = new NodeCommands(aws, time);
        Observer = new(aws, tailscale, ledger, new(commands, settings.ProbeDocument, time), settings, time);
        var devices = new NodeDevices(tailscale, settings);
        var registration = new NodeRegistration(aws, tailscale, ledger, settings, time, log);
        Applier = new(
            new RoutesApplier(tailscale, ledger, commands, settings.RoutesDocument, time),
            new SitesApplier(aws, ledger, time),
            new NamesApplier(tailscale, ledger),
            new ZonesApplier(aws, ledger, time),
            new Dns64Applier(commands, ledger, settings.Dns64Document),
            new NodesApplier(aws, tailscale, ledger, registration, settings, time),
            new HooksApplier(aws, ledger, sqs, settings, time),
            new PoolsApplier(aws, tailscale, ledger, settings, time, log),
            log);
        Reconciler = new(Observer, Applier, aws, settings, log);
        var admission = new NodeAdmission(Observer, Applier, settings, log);
        var remains = new NodeRemains(aws, tailscale, ledger, settings, time);
        Launch = new(aws, tailscale, ledger, devices, registration, admission, remains, settings, time, log);
        Tasks = new(devices, tailscale);
        Leave = new(aws, ledger, devices, admission, remains, settings, time, log);
    }

    public ILedger Ledger { get; }

    public SnapshotObserver Observer { get; }

    public PlanApplier Applier { get; }

    public Reconciler Reconciler { get; }

    public NodeLaunch Launch { get; }

    public NodeLeave Leave { get; }

    public TaskLeave Tasks { get; }
}
