using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Automation.Network;

namespace Automation.Plans;

/// <summary>What a reconcile answers: what was seen, what is wanted, what was done, and what a person should know.</summary>
/// <remarks>Members are only ever added: others build on these names.</remarks>
public sealed record Report(
    bool DryRun,
    string Summary,
    ReportObserved Observed,
    ImmutableArray<ReportRouter> Routers,
    SortedDictionary<string, ImmutableArray<string>> SplitDns,
    ImmutableArray<ReportZoneAssociation> ZoneAssociations,
    SortedDictionary<string, int> Sites,
    ImmutableArray<ReportAction> Actions,
    ImmutableArray<ReportFinding> Findings)
{
    public static Report Of(Snapshot seen, Plan plan, IEnumerable<StepResult> results, bool dryRun) => new(
        dryRun,
        plan.Summary,
        new(
            [.. seen.Scopes.OrderBy(scope => scope.Scope).Select(scope => new ReportScope(scope.Scope.ToString(), !scope.Problems().Any(), scope.Vpcs.Items.Length))],
            seen.Devices.Items.Length),
        [.. plan.Routers.Select(router => new ReportRouter(
            router.Instance.Id.ToString(), router.Vpc.ToString(), router.Instance.Subnet?.ToString(), router.Device?.ToString(), router.Advertise, router.Via6))],
        new(plan.Domains.ToDictionary(domain => domain.Domain, domain => domain.Resolvers), StringComparer.Ordinal),
        [],
        [],
        [.. results.Select(result => new ReportAction(
            result.Step.Action.Kind, result.Step.Action.Target, result.Step.Action.ToString(), result.Outcome.Word, result.Outcome.Detail))],
        [.. plan.Findings.Select(finding => new ReportFinding(finding.Rule, finding.Severity, finding.Resource, finding.Text))]);

    /// <summary>A plan that nobody has applied: every step is planned, or held.</summary>
    public static Report Of(Snapshot seen, Plan plan) => Of(seen, plan, Unapplied(plan), dryRun: true);

    public static IEnumerable<StepResult> Unapplied(Plan plan) =>
        plan.Steps.Select(step => new StepResult(step, step.Held is { } why ? new StepOutcome.Held(why) : new StepOutcome.Planned()));

    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Readable.Report);
}

public sealed record ReportObserved(ImmutableArray<ReportScope> Scopes, int Devices);

/// <param name="Complete">Everything in the scope was read; where it was not, findings say what was missing.</param>
public sealed record ReportScope(string Scope, bool Complete, int Vpcs);

public sealed record ReportRouter(string InstanceId, string VpcId, string? SubnetId, string? Device, PrefixSet Advertise, PrefixSet Via6);

public sealed record ReportZoneAssociation(string ZoneId, string VpcId, string VpcRegion);

/// <param name="Outcome">planned, applied, already-so, stale, failed, held or not-reached.</param>
public sealed record ReportAction(string Kind, string Target, string Text, string Outcome, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail);

public sealed record ReportFinding(string Rule, string Severity, string Resource, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Report))]
public sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>Not for a web page, so quotes and dashes stay as they are.</summary>
    internal static ReportJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
