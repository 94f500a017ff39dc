using Automation.EndToEnd;

namespace Automation.Load;

/// <summary>What Reconcile hears while people roll something out: VPCs, subnets and routes change by the hundred, and groups of other people's launch.</summary>
internal sealed class BurstOfChanges(Installation here, int events)
{
    private const int Strangers = 20;

    private static readonly string[] s_changes =
        ["cloudtrail-ec2-create-vpc-peering-connection", "cloudtrail-ec2-create-subnet", "cloudtrail-ec2-replace-route", "cloudtrail-ec2-associate-route-table", "tag-change-vpc-added"];

    private readonly Random _dice = new(7);
    private readonly List<InstanceId> _strangers = [];

    public async Task<BurstFigures> RunAsync()
    {
        var subnet = await here.World.CreateSubnetAsync(await here.World.CreateVpcAsync("10.20.0.0/16"), "10.20.0.0/16");
        for (var stranger = 0; stranger < Strangers; stranger++)
        {
            _strangers.Add(await here.World.RunInstanceAsync(subnet, new Dictionary<string, string> { ["team"] = "somebody else" }));
        }

        return await new Burst(here, "Reconcile").RunAsync(0, _ => Wave(), () => Task.FromResult(0));
    }

    private List<string> Wave()
    {
        var bodies = new List<string>();
        for (var at = 0; at < events / Burst.Waves; at++)
        {
            bodies.Add(_dice.Next(100) switch
            {
                < 20 when bodies.Count > 0 => bodies[_dice.Next(bodies.Count)],
                < 60 => Samples.Tell("asg-launch-successful", here.World.Scope, DateTimeOffset.UtcNow, ("EC2InstanceId", _strangers[_dice.Next(Strangers)].ToString())),
                _ => Samples.Tell(s_changes[_dice.Next(s_changes.Length)], here.World.Scope, DateTimeOffset.UtcNow),
            });
        }

        return bodies;
    }
}
