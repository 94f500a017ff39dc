using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Automation.Network;
using Automation.Nodes;

namespace Automation.Plans;

/// <summary>What a reconcile answers: what was seen, what is wanted, what was done, and what a person should know.</summary>
/// <remarks>Members are only ever added: others build on these names.</remarks>
/// <param name="LeftOut">How many entries of which member are missing, as the whole would have been too long; null where it is whole.</param>
public sealed record Report(
    bool DryRun,
    string Summary,
    ReportObserved Observed,
    ImmutableArray<ReportNode> Nodes,
    ImmutableArray<ReportRouter> Routers,
    SortedDictionary<string, ImmutableArray<string>> SplitDns,
    ImmutableArray<ReportZoneAssociation> ZoneAssociations,
    SortedDictionary<string, int> Sites,
    ImmutableArray<ReportPrefix> Prefixes,
    ImmutableArray<ReportPool> Pools,
    ReportCleanup Cleanup,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ReportPolicyFile? PolicyFile,
    SortedDictionary<string, JsonElement> RolePolicies,
    ImmutableArray<ReportAction> Actions,
    ImmutableArray<ReportFinding> Findings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SortedDictionary<string, int>? LeftOut = null)
{
    private const int MostEntries = 1 << 15;

    /// <param name="calls">How often each service was asked, by its name; null where nobody counted.</param>
    public static Report Of(Snapshot seen, Plan plan, IReadOnlyCollection<StepResult> results, bool dryRun, IReadOnlyDictionary<string, int>? calls = null) => new(
        dryRun,
        plan.Summary,
        new(
            [.. seen.Scopes.OrderBy(scope => scope.Scope).Select(scope => new ReportScope(scope.Scope.ToString(), !scope.Problems().Any(), scope.Vpcs.Items.Length))],
            seen.Devices.Items.Length,
            calls is null ? null : new(calls.ToDictionary(), StringComparer.Ordinal)),
        [.. plan.Nodes.Select(node => new ReportNode(
            node.Instance.Id.ToString(), node.Profile.Role, node.HostName, node.Instance.State, node.Device?.Id.ToString(), node.Serves))],
        [.. plan.Routers.Select(router => new ReportRouter(
            router.Instance.Id.ToString(), router.Vpc.ToString(), router.Instance.Subnet?.ToString(), router.Device?.ToString(), router.Advertise, router.Via6))],
        new(plan.Domains.ToDictionary(domain => domain.Domain, domain => domain.Resolvers), StringComparer.Ordinal),
        [.. plan.Associations.Select(association => new ReportZoneAssociation(association.Zone.ToString(), association.Vpc.ToString(), association.Scope.Region))],
        new(plan.Sites.ToDictionary(site => site.Key.ToString(), site => site.Value), StringComparer.Ordinal),
        [.. plan.Prefixes.Select(prefix => new ReportPrefix(
            prefix.Prefix,
            prefix.Vpc?.ToString(),
            [.. prefix.Direct.Select(instance => instance.ToString())],
            [.. prefix.StandIns.Select(instance => instance.ToString())],
            prefix.Zones))],
        [.. seen.Pools.Configured.OrderBy(pool => pool.Name, StringComparer.Ordinal).Select(pool => ReportPool.Of(pool, seen.Pools))],
        ReportCleanup.Of(seen, results),
        ReportPolicyFile.Of(plan, seen.NodeTags),
        PolicySnippets.Of(plan, seen.NodeTags),
        [.. results.Select(result => new ReportAction(
            result.Step.Action.Kind, result.Step.Action.Target, result.Step.Action.ToString(), result.Outcome.Word, result.Outcome.Detail))],
        [.. plan.Findings.Select(finding => new ReportFinding(finding.Rule, finding.Severity, finding.Resource, finding.Text))]);

    /// <summary>A plan that nobody has applied: every step is planned, or held.</summary>
    public static Report Of(Snapshot seen, Plan plan) => Of(seen, plan, Unapplied(plan), dryRun: true);

    public static ImmutableArray<StepResult> Unapplied(Plan plan) =>
        [.. plan.Steps.Select(step => new StepResult(step, step.Held is { } why ? new StepOutcome.Held(why) : new StepOutcome.Planned()))];

    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Readable.Report);

    /// <summary>The whole of it where that has room; else as much as has.</summary>
    /// <param name="mostBytes">Room at least for the summary and what is said of each scope.</param>
    public byte[] ToUtf8Json(int mostBytes)
    {
        var json = ToUtf8Json();
        for (var keep = MostEntries; json.Length > mostBytes && keep > 0; keep /= 2)
        {
            json = Shortened(keep / 2).ToUtf8Json();
        }

        return json;
    }

    // What was not done and what is wrong matters most; what is only as it should be goes first. Policy texts hold all prefixes once more.
    private Report Shortened(int keep)
    {
        var leftOut = new SortedDictionary<string, int>(StringComparer.Ordinal);
        ImmutableArray<T> First<T>(string member, ImmutableArray<T> all)
        {
            Leave(member, all.Length - keep);
            return all.Length > keep ? all[..keep] : all;
        }

        SortedDictionary<string, T> FirstOf<T>(string member, SortedDictionary<string, T> all)
        {
            Leave(member, all.Count - keep);
            return all.Count > keep ? new(all.Take(keep).ToDictionary(), StringComparer.Ordinal) : all;
        }

        void Leave(string member, int many)
        {
            if (many > 0)
            {
                leftOut[member] = many;
            }
        }

        Leave("policyFile", PolicyFile is null ? 0 : 1);
        Leave("rolePolicies", RolePolicies.Count);
        return this with
        {
            Nodes = First("nodes", Nodes),
            Routers = First("routers", Routers),
            SplitDns = FirstOf("splitDns", SplitDns),
            ZoneAssociations = First("zoneAssociations", ZoneAssociations),
            Sites = FirstOf("sites", Sites),
            Prefixes = First("prefixes", Prefixes),
            Pools = First("pools", Pools),
            Cleanup = Cleanup with { Items = First("cleanup", Cleanup.Items) },
            PolicyFile = null,
            RolePolicies = new(StringComparer.Ordinal),
            Actions = First("actions", [.. Actions.OrderBy(action => action.Outcome is "planned" or "applied" or "already-so")]),
            Findings = First("findings", [.. Findings.OrderBy(finding => finding.Severity is Finding.Error ? 0 : finding.Severity is Finding.Warning ? 1 : 2)]),
            LeftOut = leftOut,
        };
    }
}

/// <param name="Calls">Requests to each service, by its name, from the look to the last step; retries within the SDK are not counted.</param>
public sealed record ReportObserved(
    ImmutableArray<ReportScope> Scopes,
    int Devices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SortedDictionary<string, int>? Calls);

/// <param name="Complete">Everything in the scope was read; where it was not, findings say what was missing.</param>
public sealed record ReportScope(string Scope, bool Complete, int Vpcs);

/// <param name="Roles">Joined with +.</param>
/// <param name="State">EC2's word.</param>
/// <param name="Serves">It is connected and authorised.</param>
public sealed record ReportNode(string InstanceId, string Roles, string HostName, string State, string? Device, bool Serves);

public sealed record ReportRouter(string InstanceId, string VpcId, string? SubnetId, string? Device, PrefixSet Advertise, PrefixSet Via6);

public sealed record ReportZoneAssociation(string ZoneId, string VpcId, string VpcRegion);

/// <param name="VpcId">null where the prefix leads to something behind a gateway that was opted in to.</param>
/// <param name="Routers">Instances in the VPC itself.</param>
/// <param name="StandIns">Instances that reach the VPC from another.</param>
/// <param name="Zones">Availability zones of those that carry traffic now.</param>
public sealed record ReportPrefix(Prefix Prefix, string? VpcId, ImmutableArray<string> Routers, ImmutableArray<string> StandIns, ImmutableArray<string> Zones);

/// <summary>A key pool as it was seen; what was done about it is among the actions.</summary>
/// <param name="KeyId">The key that was minted last; null where there is none.</param>
/// <param name="Parameter">The parameter that the key is read from; null where it was not seen.</param>
public sealed record ReportPool(string Name, string Role, string? KeyId, DateTimeOffset? Expires, string? Parameter)
{
    public static ReportPool Of(KeyPool pool, PoolsSeen seen)
    {
        var key = seen.Records.Items.FirstOrDefault(record => record.Name == pool.Name)?.Key;
        var isThere = seen.Parameters.Items.Any(parameter => parameter.Pool == pool.Name);
        return new(pool.Name, pool.Role, key?.Id.ToString(), key?.Expires, isThere ? PoolParameters.Name(seen.Folder, pool.Name) : null);
    }
}

/// <summary>Devices that are to be deleted, those that wait for a person included: what they cost as long as they are there.</summary>
/// <param name="MonthlyCost">Of all of them; null where no price is set.</param>
public sealed record ReportCleanup(
    int Devices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? MonthlyCost,
    ImmutableArray<ReportCleanupItem> Items)
{
    public static ReportCleanup Of(Snapshot seen, IEnumerable<StepResult> results)
    {
        var devices = seen.Devices.Items.ToLookup(device => device.Id);
        ImmutableArray<ReportCleanupItem> items =
        [
            .. from result in results
               where result.Step.Action is PlanAction.DeleteDevice
               let action = (PlanAction.DeleteDevice)result.Step.Action
               let device = devices[action.Device].FirstOrDefault()
               select new ReportCleanupItem(
                   action.Device.ToString(),
                   action.HostName,
                   action.Instance.ToString(),
                   (int?)(seen.ObservedAt - device?.Created)?.TotalDays,
                   (int?)(seen.ObservedAt - (device?.LastSeen ?? device?.Created))?.TotalMinutes,
                   action.Reason,
                   result.Outcome.Word,
                   seen.DevicePrice),
        ];
        return new(items.Length, items.Length * seen.DevicePrice, items);
    }
}

/// <param name="AgeDays">Whole days since it joined; null where that is not known.</param>
/// <param name="SilentMinutes">Whole minutes since it was last seen.</param>
/// <param name="Outcome">As that of its action: a device that is <c>held</c> goes on costing.</param>
public sealed record ReportCleanupItem(
    string Device,
    string HostName,
    string InstanceId,
    int? AgeDays,
    int? SilentMinutes,
    string Reason,
    string Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] decimal? MonthlyCost);

/// <summary>What the tailnet's policy file needs for VPCs that are reached by 4via6: grants name the IPv6 form, never the IPv4 one.</summary>
public sealed record ReportPolicyFile(ReportAutoApprovers AutoApprovers, ImmutableArray<ReportGrant> Grants)
{
    /// <returns>null where no VPC has a site.</returns>
    public static ReportPolicyFile? Of(Plan plan, NodeTags tags)
    {
        var via6 = PrefixSet.Of(plan.Prefixes.Select(prefix => prefix.Prefix).Where(Via6.Range.Contains));
        return via6.IsEmpty
            ? null
            : new(
                new(new(plan.Sites.Values.ToDictionary(site => Via6.SiteOf(site).ToString(), _ => tags.Of(NodeRoles.SubnetRouter)), StringComparer.Ordinal)),
                [new(["autogroup:member"], via6, ["*"])]);
    }
}

public sealed record ReportAutoApprovers(SortedDictionary<string, ImmutableArray<string>> Routes);

public sealed record ReportGrant(ImmutableArray<string> Src, PrefixSet Dst, ImmutableArray<string> Ip);

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
