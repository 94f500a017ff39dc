using System.Globalization;
using Automation.EndToEnd;

namespace Automation.Load;

/// <summary>
/// What NodeLifecycle hears in an account where much is going on: other people's instances come and go, EC2 tells of many of them twice, and
/// among them routers launch, join and end.
/// </summary>
internal sealed class BurstOfNodes(Installation here, int events)
{
    private const int Strangers = 50, Routers = 10;

    private readonly Random _dice = new(7);
    private readonly List<InstanceId> _strangers = [];
    private readonly HashSet<InstanceId> _joining = [];
    private readonly HashSet<InstanceId> _joined = [];
    private readonly Queue<InstanceId> _serving = [];
    private int _ended;

    public async Task<BurstFigures> RunAsync()
    {
        var subnet = await here.World.CreateSubnetAsync(await here.World.CreateVpcAsync("10.20.0.0/16"), "10.20.0.0/16");
        for (var stranger = 0; stranger < Strangers; stranger++)
        {
            _strangers.Add(await here.World.RunInstanceAsync(subnet, new Dictionary<string, string> { ["team"] = "somebody else" }));
        }

        foreach (var router in await here.CreateRoutersAsync("10.10.0.0/16", Routers))
        {
            _joining.Add(router);
            await here.HoldAsync(router, Installation.LaunchHook);
        }

        return await new Burst(here, "NodeLifecycle").RunAsync(Routers, Wave, LetTheWorldGoOnAsync);
    }

    private List<string> Wave(int number)
    {
        var bodies = new List<string>();
        var many = events / Burst.Waves;
        for (var at = 0; at < many; at++)
        {
            bodies.Add(_dice.Next(100) switch
            {
                < 15 when bodies.Count > 0 => bodies[_dice.Next(bodies.Count)],
                < 18 => Tell("ec2-rebalance-recommendation", _strangers[_dice.Next(Strangers)]),
                < 38 => Tell("ec2-state-terminated", Gone(number * many + at)),
                < 55 => Tell("ec2-state-stopped", _strangers[_dice.Next(Strangers)]),
                _ => Tell("ec2-state-running", _strangers[_dice.Next(Strangers)]),
            });
        }

        return bodies;
    }

    private string Tell(string sample, InstanceId instance) => Samples.Tell(sample, here.World.Scope, DateTimeOffset.UtcNow, ("instance-id", instance.ToString()));

    // Of so many that ended EC2 has forgotten most.
    private static InstanceId Gone(int number) => InstanceId.Parse(string.Create(CultureInfo.InvariantCulture, $"i-{number:x17}"));

    private async Task<int> LetTheWorldGoOnAsync()
    {
        foreach (var router in _joining.Concat(_joined).ToArray())
        {
            var hasKey = await here.World.GetParameterAsync(Installation.KeyParameter(router)) is not null;
            if (hasKey && _joining.Remove(router))
            {
                await here.JoinAsync(router);
                _joined.Add(router);
            }
            else if (!hasKey && _joined.Remove(router))   // it was let in, and its key is spent
            {
                _serving.Enqueue(router);
            }
        }

        // Half of them end again, one at a time.
        if (_ended == Routers / 2 || _serving.Count <= Routers / 2)
        {
            return 0;
        }

        _ended++;
        await here.HoldAsync(_serving.Dequeue(), Installation.TerminateHook);
        return 1;
    }
}
