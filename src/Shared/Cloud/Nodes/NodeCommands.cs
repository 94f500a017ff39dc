using System.Globalization;
using Automation.Aws;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>Runs SSM documents on nodes, and waits for how they end.</summary>
public sealed class NodeCommands(IAws aws, TimeProvider time)
{
    /// <summary>SSM asks for two seconds between looks at a command.</summary>
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_commandTime = TimeSpan.FromSeconds(30);

    public async Task<StepOutcome> RunAsync(Scope scope, InstanceId instance, string document, string parameter, string value, CancellationToken stopping)
    {
        var ssm = aws.In(scope).Ssm;
        var command = await ssm.SendCommandAsync(document, instance, parameter, value, stopping);
        var status = await EndOfAsync(ssm, command, instance, s_commandTime, stopping);
        return status switch
        {
            { Succeeded: true } => new StepOutcome.Applied(),
            { IsOver: true } => new StepOutcome.Failed($"{document} ended as {status.Status} on {instance}: {Printable.Of(status.Detail)}"),
            _ => new StepOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"{document} is still {status.Status} on {instance} after {s_commandTime.TotalSeconds} s: see whether its SSM agent is online")),
        };
    }

    /// <summary>Runs a document without parameters.</summary>
    /// <returns>How it stands at the end of the time given, at the latest.</returns>
    public async Task<CommandStatus> AskAsync(Scope scope, InstanceId instance, string document, TimeSpan within, CancellationToken stopping)
    {
        var ssm = aws.In(scope).Ssm;
        var until = time.GetUtcNow() + within;
        var command = await ssm.SendCommandAsync(document, instance, null, "", stopping);
        return await EndOfAsync(ssm, command, instance, until - time.GetUtcNow(), stopping);
    }

    private async Task<CommandStatus> EndOfAsync(ISsm ssm, string command, InstanceId instance, TimeSpan within, CancellationToken stopping)
    {
        var until = time.GetUtcNow() + within;
        while (true)
        {
            var status = await ssm.GetCommandInvocationAsync(command, instance, stopping);
            if (status.IsOver || time.GetUtcNow() >= until)
            {
                return status;
            }

            // A node answers within seconds, and what comes after depends on it: too short a wait to come back for.
            await Task.Delay(s_between, time, stopping);
        }
    }
}
