using Automation.Aws;
using Automation.Tailscale;

namespace Automation.Cli;

/// <summary>Looks whether all is there that the automation needs. It only reads, and never mints a key; one check that fails keeps no other from being made.</summary>
internal sealed class Doctor(Settings settings, IAws aws, IAccountReads reads, TailscaleClient tailscale, TimeProvider time)
{
    public async Task<Diagnosis> RunAsync(CancellationToken stopping)
    {
        var ofAws = new AwsChecks(settings, aws, reads).RunAsync(stopping);
        var ofTailnet = new TailnetChecks(settings, tailscale, time).RunAsync(stopping);
        return Diagnosis.Of([CheckResult.Ok("settings", "environment", "All variables can be read."), .. await ofTailnet, .. await ofAws]);
    }

    /// <summary>Without settings there is nothing to look at.</summary>
    public static Diagnosis Unreadable(SettingsException wrong) =>
        Diagnosis.Of([.. wrong.Problems.Select(problem => CheckResult.Failure("settings", problem.Variable, problem.Text, $"Set {problem.Variable} as docs/operations.md says."))]);
}
