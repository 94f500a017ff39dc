using System.Collections.Immutable;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Automation.Aws;
using Automation.Aws.Thin;

namespace Automation.Cli;

/// <summary>The real reads, with the credentials of whoever runs the doctor and, in other accounts, with the member role.</summary>
internal sealed class AccountReads(AwsClients aws, Settings settings) : IAccountReads
{
    private const string CloudTrail = "CloudTrail";

    private static readonly AwsService s_cloudTrail = new(CloudTrail, "cloudtrail");

    public Task<string> GetCallerAsync(CancellationToken stopping)
    {
        var sts = new AmazonSecurityTokenServiceClient(aws.CredentialsIn(settings.Home), With(new AmazonSecurityTokenServiceConfig(), settings.Home));
        return Caller(AwsService.Sts, settings.Home).CallAsync(
            "GetCallerIdentity", async token => (await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), token)).Arn, stopping);
    }

    public async Task<ImmutableArray<string>?> GetDocumentParametersAsync(Scope scope, string document, CancellationToken stopping)
    {
        var ssm = new AmazonSimpleSystemsManagementClient(aws.CredentialsIn(scope), With(new AmazonSimpleSystemsManagementConfig(), scope));
        try
        {
            return await Caller(AwsService.Ssm, scope).CallAsync(
                "DescribeDocument",
                async token => (ImmutableArray<string>)
                [
                    .. ((await ssm.DescribeDocumentAsync(new DescribeDocumentRequest { Name = document }, token)).Document.Parameters ?? []).Select(parameter => parameter.Name),
                ],
                stopping);
        }
        catch (CallFailedException missing) when (missing.Code == "InvalidDocument")
        {
            return null;
        }
    }

    public async Task<string?> GetLedgerKeyAsync(CancellationToken stopping)
    {
        var dynamo = new AmazonDynamoDBClient(aws.CredentialsIn(settings.Home), With(new AmazonDynamoDBConfig(), settings.Home));
        try
        {
            return await Caller(AwsService.DynamoDb, settings.Home).CallAsync(
                "DescribeTable",
                async token =>
                {
                    var table = (await dynamo.DescribeTableAsync(new DescribeTableRequest { TableName = settings.LedgerTable }, token)).Table;
                    return string.Join(", ", table.KeySchema.Select(key =>
                        $"{key.AttributeName} ({table.AttributeDefinitions.Find(attribute => attribute.AttributeName == key.AttributeName)?.AttributeType})"));
                },
                stopping);
        }
        catch (CallFailedException missing) when (missing.Failure is Failure.NotFound)
        {
            return null;
        }
    }

    public async Task<ImmutableArray<Trail>> ListTrailsAsync(Scope scope, CancellationToken stopping)
    {
        var answer = await AskAsync(scope, "DescribeTrails", new(IncludeShadowTrails: true), CloudTrailJson.Default.WireTrails, stopping);
        return
        [
            .. (answer.TrailList ?? []).Where(trail => trail is { Name: not null, TrailArn: not null, HomeRegion: not null })
                .Select(trail => new Trail(trail.Name!, trail.TrailArn!, trail.HomeRegion!)),
        ];
    }

    public async Task<(bool IsLogging, bool RecordsChanges)> GetTrailAsync(Scope scope, Trail trail, CancellationToken stopping)
    {
        // What a trail of another Region is set to is known there alone.
        var home = scope with { Region = trail.HomeRegion };
        var status = AskAsync(home, "GetTrailStatus", new(Name: trail.Arn), CloudTrailJson.Default.WireTrailStatus, stopping);
        var selectors = await AskAsync(home, "GetEventSelectors", new(TrailName: trail.Arn), CloudTrailJson.Default.WireSelectors, stopping);
        return ((await status).IsLogging == true, selectors.RecordChanges);
    }

    private async Task<T> AskAsync<T>(
        Scope scope, string operation, WireTrailQuestion question, JsonTypeInfo<T> type, CancellationToken stopping)
        where T : class
    {
        using var client = new ThinClient(aws.CredentialsIn(scope), With(
            new ThinConfig(CloudTrail, "cloudtrail", "2013-11-01", region => new(new($"https://cloudtrail.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName)),
            scope));
        var call = ThinCall.Json(
            CloudTrail, $"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}", question, CloudTrailJson.Default.WireTrailQuestion);
        return await Caller(s_cloudTrail, scope).CallAsync(operation, token => client.SendAsync(call, type, token), stopping);
    }

    private T With<T>(T config, Scope scope)
        where T : Amazon.Runtime.ClientConfig => ClientDefaults.With(config, scope.Region, aws.Http);

    private AwsCaller Caller(AwsService service, Scope scope)
    {
        var member = scope.Account == settings.Home.Account ? null : settings.MemberRole;
        return new(service, new(scope, member) { Caller = member is null ? "the role or user that runs tailnet doctor" : null }, TimeProvider.System);
    }
}

internal sealed record WireTrailQuestion(
    string? Name = null, [property: JsonPropertyName("includeShadowTrails")] bool? IncludeShadowTrails = null, string? TrailName = null);

internal sealed record WireTrails([property: JsonPropertyName("trailList")] IReadOnlyList<WireTrail>? TrailList);

internal sealed record WireTrail(string? Name, [property: JsonPropertyName("TrailARN")] string? TrailArn, string? HomeRegion);

internal sealed record WireTrailStatus(bool? IsLogging);

/// <summary>A trail has selectors of one kind or of the other.</summary>
internal sealed record WireSelectors(IReadOnlyList<WireSelector>? EventSelectors, IReadOnlyList<WireAdvancedSelector>? AdvancedEventSelectors)
{
    public bool RecordChanges =>
        EventSelectors?.Any(selector => selector is { IncludeManagementEvents: true, ReadWriteType: not "ReadOnly" }) is true
        || AdvancedEventSelectors?.Any(selector => selector.RecordsChanges) is true;
}

internal sealed record WireSelector(bool? IncludeManagementEvents, string? ReadWriteType);

internal sealed record WireAdvancedSelector(IReadOnlyList<WireFieldSelector>? FieldSelectors)
{
    public bool RecordsChanges =>
        FieldSelectors?.Any(one => one.Field == "eventCategory" && one.Equal?.Contains("Management") is true) is true
        && FieldSelectors.Any(one => one.Field == "readOnly" && one.Equal?.Contains("true") is true) is false;
}

internal sealed record WireFieldSelector(string? Field, [property: JsonPropertyName("Equals")] IReadOnlyList<string>? Equal);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WireTrailQuestion))]
[JsonSerializable(typeof(WireTrails))]
[JsonSerializable(typeof(WireTrailStatus))]
[JsonSerializable(typeof(WireSelectors))]
internal sealed partial class CloudTrailJson : JsonSerializerContext;
