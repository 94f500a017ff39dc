using System.Text;
using Automation.Aws;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Fuzz;

/// <summary>
/// What a router's probe says, as Run Command hands it back: only the document's own word makes a router unhealthy, and only success healthy.
/// </summary>
internal sealed class ProbeTarget : Target
{
    private static readonly string[] s_statuses = ["Success", "Failed", "TimedOut", "Cancelled", "InProgress", "Pending", "Delayed", "Cancelling", "success", "FAILED"];
    private static readonly string[] s_words = ["unhealthy: the resolver is silent", "unhealthy: no gateway failed to run commands: exit status 3", "healthy: all is well", "trouble: no ip", "unhealthy:", "Unhealthy: x", " unhealthy: x", "Undeliverable"];

    public override string Name => "probes";

    public override int Share => 10;

    public override bool IsAsynchronous => true;

    public override AllocationLimit Limit => new(8_000_000, 200);

    public override Input Make(Dice dice)
    {
        var status = dice.OneIn(8) ? Oddities.Text(dice) : dice.Of(s_statuses);
        var said = dice.Below(4) switch
        {
            0 => Oddities.Text(dice),
            1 => Oddities.Changed(dice.Of(s_words), dice),
            _ => dice.Of(s_words),
        };

        // As the client makes it of SSM's answer, which is let in by "aws".
        var answer = new CommandStatus(status is "Success" or "Failed" or "TimedOut" or "Cancelled", status == "Success", Printable.Of(status), said.Length == 0 ? "" : Printable.Of(said));
        return new(Encoding.UTF8.GetBytes($"{status}\n{said}"), () => Try(answer));
    }

    private static Outcome Try(CommandStatus answer)
    {
        var time = new InstantTime();
        var seen = Worlds.Snapshots[1];
        var observer = new HealthObserver(new(new OneAnswer(answer), time), "Tailnet-Probe", time);
        var health = observer.ObserveAsync(seen, CancellationToken.None).GetAwaiter().GetResult();
        foreach (var probe in health.Items)
        {
            Must.Be(probe.Healthy is not true || answer.Status == "Success", "what did not succeed was taken for health");
            Must.Be(probe.Healthy is not false || (answer.Status == "Failed" && answer.Detail.StartsWith("unhealthy: ", StringComparison.Ordinal)), "what is not the probe's word was taken for it");
            Must.Be(!probe.Detail.Any(char.IsControl) && probe.Detail.Length < 1000, "its words are not fit for a log");
        }

        SnapshotTarget.Planned(seen with { Health = health });
        return Outcome.Of(string.Join(' ', health.Items.Select(probe => probe.Healthy?.ToString() ?? "unknown").Distinct()), answer.Status);
    }

    /// <summary>Of AWS, only SSM's documents are asked for.</summary>
    private sealed class OneAnswer(CommandStatus answer) : IAws, IAwsScope, ISsm
    {
        public IReadOnlyDictionary<string, int> Calls => new Dictionary<string, int>();

        public Scope Scope => throw new NotSupportedException();

        public IEc2 Ec2 => throw new NotSupportedException();

        public IAutoScaling AutoScaling => throw new NotSupportedException();

        public IRoute53 Route53 => throw new NotSupportedException();

        public IResolver Resolver => throw new NotSupportedException();

        public ISsm Ssm => this;

        public IAwsScope In(Scope scope) => this;

        public Task<string> SendCommandAsync(string document, InstanceId instance, string? parameter, string value, CancellationToken stopping) => Task.FromResult("1");

        public Task<CommandStatus> GetCommandInvocationAsync(string command, InstanceId instance, CancellationToken stopping) => Task.FromResult(answer);

        public Task<Secret?> GetSecretAsync(string name, CancellationToken stopping) => throw new NotSupportedException();

        public Task<bool> ParameterExistsAsync(string name, CancellationToken stopping) => throw new NotSupportedException();

        public Task<bool> CreateSecretAsync(string name, Secret value, InstanceId reader, CancellationToken stopping) => throw new NotSupportedException();

        public Task PutStringAsync(string name, string value, InstanceId reader, CancellationToken stopping) => throw new NotSupportedException();

        public Task PutPoolKeyAsync(string name, string pool, KeyId key, Secret value, CancellationToken stopping) => throw new NotSupportedException();

        public Task DeleteParametersAsync(System.Collections.Immutable.ImmutableArray<string> names, CancellationToken stopping) => throw new NotSupportedException();

        public Task<Listing<NodeParameter>> DescribeNodeParametersAsync(string prefix, CancellationToken stopping) => throw new NotSupportedException();

        public Task<Listing<PoolParameter>> DescribePoolParametersAsync(string prefix, CancellationToken stopping) => throw new NotSupportedException();
    }
}
