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
        var until = time.GetUtcNow() + s_commandTime;
        while (true)
        {
            var status = await ssm.GetCommandInvocationAsync(command, instance, stopping);
            if (status.IsOver)
            {
                return status.Succeeded
                    ? new StepOutcome.Applied()
                    : new StepOutcome.Failed($"{document} ended as {status.Status} on {instance}: {Printable.Of(status.Detail)}");
            }

            if (time.GetUtcNow() >= until)
            {
                return new StepOutcome.Failed(string.Create(CultureInfo.InvariantCulture, $"{document} is still {status.Status} on {instance} after {s_commandTime.TotalSeconds} s: see whether its SSM agent is online"));
            }

            // A node answers within seconds, and what comes after depends on it: too short a wait to come back for.
            await Task.Delay(s_between, time, stopping);
        }
    }
}
