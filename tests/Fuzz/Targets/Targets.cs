using System.Collections.Immutable;

namespace Automation.Fuzz;

internal static class Targets
{
    public static ImmutableArray<Target> All { get; } =
    [
        new EventTarget(),
        new ReconcileTarget(),
        new CredentialTarget(),
        new SettingsTarget(),
        new TailscaleTarget(),
        new AwsTarget(),
        new LedgerTarget(),
        new SnapshotTarget(),
        new TagTarget(),
        new ProbeTarget(),
        new BatchTarget(changes: false),
        new BatchTarget(changes: true),
    ];
}
