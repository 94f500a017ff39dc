using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Automation.Cli;

/// <summary>What one check came to.</summary>
/// <param name="Check">A stable word for it; docs/operations.md lists them all.</param>
/// <param name="Resource">What it is about.</param>
/// <param name="Remedy">What to do; null where nothing is to be done.</param>
internal sealed record CheckResult(string Check, string Resource, string Verdict, string Found, string? Remedy)
{
    public const string IsOk = "ok", IsWarning = "warning", IsFailure = "failure";

    public static CheckResult Ok(string check, string resource, string found) => new(check, resource, IsOk, found, null);

    public static CheckResult Warning(string check, string resource, string found, string remedy) => new(check, resource, IsWarning, found, remedy);

    public static CheckResult Failure(string check, string resource, string found, string remedy) => new(check, resource, IsFailure, found, remedy);
}

/// <param name="Verdict">The worst of all.</param>
internal sealed record Diagnosis(string Verdict, IReadOnlyList<CheckResult> Checks)
{
    public static Diagnosis Of(IReadOnlyList<CheckResult> checks) => new(
        checks.Any(check => check.Verdict == CheckResult.IsFailure) ? CheckResult.IsFailure
        : checks.Any(check => check.Verdict == CheckResult.IsWarning) ? CheckResult.IsWarning
        : CheckResult.IsOk,
        checks);

    public string ToJson() => JsonSerializer.Serialize(this, DiagnosisJson.Readable.Diagnosis);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Diagnosis))]
internal sealed partial class DiagnosisJson : JsonSerializerContext
{
    public static DiagnosisJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
