using CsCheck;

namespace Automation.Plans;

/// <summary>Makes some routers of a world sick, silent, or known to leave, some of them wrongly or long ago.</summary>
internal static class AnyHealth
{
    public static Snapshot Of(Snapshot seen, ulong seed)
    {
        var dice = new PCG(31, seed);
        bool Maybe(uint oneIn) => dice.Next(oneIn) == 0;
        var isAsked = !Maybe(3);
        return seen with
        {
            Nodes = seen.Nodes with
            {
                Items = [.. seen.Nodes.Items.Select(record => record with
                {
                    GoneAt = record.GoneAt ?? (Maybe(9) ? seen.ObservedAt.AddMinutes(-(Maybe(2) ? 3 : 20)) : null),
                    UnhealthyAt = Maybe(8) ? seen.ObservedAt.AddMinutes(-8) : null,
                })],
            },
            Health = Seen<RouterProbe>.All(!isAsked ? [] : seen.Scopes.SelectMany(scope => scope.Instances.Items).Where(instance => instance.IsUp)
                .Select(instance => dice.Next(12) switch
                {
                    0 or 1 or 2 => new RouterProbe(instance.Id, false, "the gateway is FAILED"),
                    3 => new RouterProbe(instance.Id, null, "still Pending"),
                    _ => new RouterProbe(instance.Id, true, ""),
                })),
        };
    }
}
