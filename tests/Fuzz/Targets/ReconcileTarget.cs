using System.Collections.Immutable;
using System.Text.Json;
using Automation.Reports;

namespace Automation.Fuzz;

/// <summary>A direct invocation of Reconcile: a request that says what it says, or a refusal. Only the JSON value <c>true</c> is yes.</summary>
internal sealed class ReconcileTarget : Target
{
    private static readonly ImmutableArray<Scope> s_known = [new("111122223333", "eu-west-1"), new("111122223333", "us-east-1"), new("444455556666", "eu-west-1")];

    private readonly JsonMutator _requests = new(
    [
        "{}", """{"dryRun":true}""", """{"allowMassDelete":true}""", """{"dryRun":false,"allowMassDelete":false}""",
        """{"scopes":["111122223333/eu-west-1"]}""", """{"dryRun":true,"scopes":["111122223333/us-east-1","444455556666/eu-west-1"],"allowMassDelete":true}""",
    ]);

    public override string Name => "reconcile";

    public override int Share => 150;

    public override AllocationLimit Limit => new(32_000, 40);

    public override Input Make(Dice dice)
    {
        var bytes = _requests.Bytes(dice);
        return new(bytes, () => Try(bytes));
    }

    private static Outcome Try(byte[] bytes)
    {
        ReconcileRequest request;
        try
        {
            request = ReconcileRequestJson.Read(bytes, s_known);
        }
        catch (FormatException wrong)
        {
            return Outcome.Refused(wrong);
        }

        using var json = JsonDocument.Parse(bytes);
        Must.Be(json.RootElement.ValueKind == JsonValueKind.Object, "what is no object was taken for a request");
        Must.Be(json.RootElement.EnumerateObject().DistinctBy(member => member.Name).Count() == json.RootElement.EnumerateObject().Count(), "a member that comes twice was taken");
        foreach (var member in json.RootElement.EnumerateObject())
        {
            Must.Be(member.Name is "dryRun" or "scopes" or "allowMassDelete", "a member that is not known was passed over");
        }

        Must.Be(request.DryRun == Says(json.RootElement, "dryRun"), "dryRun is not what was said");
        Must.Be(request.AllowMassDelete == Says(json.RootElement, "allowMassDelete"), "allowMassDelete is not what was said");
        Must.Be(request.Scopes is not { } scopes || (!scopes.IsEmpty && scopes.All(s_known.Contains)), "a scope that is not looked after was taken");
        return Outcome.Of($"dryRun {request.DryRun}, allowMassDelete {request.AllowMassDelete}", $"scopes {request.Scopes?.Length}");
    }

    private static bool Says(JsonElement request, string name) => request.TryGetProperty(name, out var said) && said.ValueKind == JsonValueKind.True;
}
