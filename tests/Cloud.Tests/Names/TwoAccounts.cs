using System.Collections.Immutable;
using Automation.Plans;
using Automation.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation.Names;

/// <summary>A hub of one account, and a spoke of another in another Region with a private zone.</summary>
internal sealed class TwoAccounts
{
    public static readonly Scope HubScope = new("111122223333", "eu-west-1"), SecondScope = new("111122223333", "eu-west-2"), SpokeScope = new("444455556666", "us-west-2");

    public TwoAccounts()
    {
        World = new(NullLogger.Instance, null, HubScope, SecondScope, SpokeScope);
        World.Calls.Before = call =>
        {
            Calls.Add(call);
            if (Fails?.Invoke(call) is { } failure)
            {
                throw failure;
            }
        };
        Hub = World.Aws.Region(HubScope).AddVpc("vpc-0a11b22c33d44e55f", "10.0.0.0/16");
        Spoke = World.Aws.Region(SpokeScope).AddVpc("vpc-0f99e88d77c66b55a", "10.20.0.0/16");
        Zone = Zones.AddPrivate(SpokeScope.Account, "Z0123456789ABCDEFGHIJ", "corp.example.internal", Spoke);
    }

    public SandboxWorld World { get; }

    public SimulatedZones Zones => World.Aws.Zones;

    public VpcId Hub { get; }

    public VpcId Spoke { get; }

    /// <summary>Of the spoke's account, at the spoke.</summary>
    public ZoneId Zone { get; }

    /// <summary>Every outside call that was made, by its name.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The failure that a call meets; null where it meets none.</summary>
    public Func<string, Exception?>? Fails { get; set; }

    /// <summary>The hub with the spoke's zone, as it is wanted.</summary>
    public AssociationRecord Wanted => new(Zone, "corp.example.internal", Hub, HubScope, SpokeScope, Authorized: false, Change: null, InSync: false);

    public AssociationRecord? Record => World.Ledger.Associations.GetValueOrDefault((Zone, Hub));

    public static CallFailedException Failed(string call, Failure failure) => Nodes.ANetwork.Failed(call, failure);

    public int Count(string call) => Calls.Count(made => made == call);

    public SimulatedInstance Launch(string id, VpcId vpc) =>
        World.Aws.Regions.First(region => region.Vpcs.Any(known => known.Id == vpc)).Launch(id, vpc, $"subnet-{id[2..]}", hook: null);

    /// <summary>Peers both VPCs, with routes both ways.</summary>
    public void Peer()
    {
        var (hub, spoke) = (World.Aws.Region(HubScope).Network, World.Aws.Region(SpokeScope).Network);
        spoke.AddSubnet("subnet-0f1b2c3d4e5f60001", Spoke, "10.20.0.0/24");
        var peering = World.Aws.Peerings.Peer("pcx-0a1b2c3d4e5f60718", Hub, Spoke);
        World.Aws.Peerings.Accept(peering);
        hub.AddRoute(hub.MainTable(Hub), "10.20.0.0/16", peering.ToString());
        spoke.AddRoute(spoke.MainTable(Spoke), "10.0.0.0/16", peering.ToString());
    }

    /// <summary>Applies steps, each of which comes after those before it.</summary>
    /// <returns>What became of each; nothing where the process ended.</returns>
    public async Task<ImmutableArray<StepOutcome>> ApplyAsync(CancellationToken stopping, params PlanAction[] actions)
    {
        var applying = World.WhileTimePasses(() => World.Parts.Applier.ApplyAsync([.. actions.Select(action => new PlannedStep(action, action.Target, [action.Target]))], stopping));
        if (World.Calls.IsDead)
        {
            World.Restart();
            return [];
        }

        return [.. (await applying).Select(result => result.Outcome)];
    }

    public async Task<StepOutcome> ApplyAsync(PlanAction action) => Assert.Single(await ApplyAsync(TestContext.Current.CancellationToken, action));
}
