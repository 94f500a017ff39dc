using System.Text;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Fuzz;

/// <summary>
/// Snapshot files, which people change to ask "what if": refused with the place that is wrong, or planned. Whatever one says, planning ends,
/// ends the same twice, and deletes no more than the limit.
/// </summary>
internal sealed class SnapshotTarget : Target
{
    private readonly Lazy<JsonMutator> _snapshots = new(() => new(Worlds.Snapshots.Select(SnapshotJson.Write)));

    public override string Name => "snapshots";

    public override int Share => 10;

    public override AllocationLimit Limit => new(8_000_000, 1000);

    public override Input Make(Dice dice)
    {
        var bytes = _snapshots.Value.Bytes(dice);
        return new(bytes, () => Try(Encoding.UTF8.GetString(bytes)));
    }

    private static Outcome Try(string text)
    {
        Snapshot seen;
        try
        {
            seen = SnapshotJson.Read(text);
        }
        catch (FormatException wrong)
        {
            return Outcome.Refused(wrong);
        }

        var once = SnapshotJson.Write(seen);
        Must.Be(SnapshotJson.Write(SnapshotJson.Read(once)) == once, "what was written is not what was read");
        return Planned(seen);
    }

    /// <summary>Whatever was seen.</summary>
    public static Outcome Planned(Snapshot seen)
    {
        var plan = ReconcilePlanner.Plan(seen);
        var report = Report.Of(seen, plan).ToUtf8Json();
        Must.Be(report.AsSpan().SequenceEqual(Report.Of(seen, ReconcilePlanner.Plan(seen)).ToUtf8Json()), "planned again, it is another plan");

        var deletions = plan.Steps.Where(step => step.Held is null).Select(step => step.Action).OfType<PlanAction.DeleteDevice>().ToArray();
        Must.Be(deletions.Length <= Math.Max(CleanupPlanner.MostDeletions, seen.Devices.Items.Length / 5), $"{deletions.Length} devices are deleted at once");
        Must.Be(deletions.Length == 0 || (seen.Devices.IsComplete && seen.Nodes.IsComplete), "a device is deleted on half a look");
        foreach (var deleted in deletions)
        {
            var device = seen.Devices.Items.First(device => device.Id == deleted.Device);
            Must.Be(!device.Connected, "a connected device is deleted");
            Must.Be(seen.NodeTags.Own(device.Tags), "somebody else's device is deleted");
        }

        foreach (var step in plan.Steps)
        {
            Must.Be(step.Action.ToString().Length > 0, "a step has no line");
        }

        return Outcome.Of("plan", string.Join(' ', plan.Steps.Select(step => step.Action.Kind).Distinct()));
    }
}
