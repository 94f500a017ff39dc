using System.Collections.Immutable;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using Automation.Nodes;
using Automation.Plans;

namespace Automation.Aws;

/// <param name="writes">Keeps to what SSM takes of PutParameter.</param>
/// <param name="once">A client that does not repeat a write whose answer was lost.</param>
/// <param name="kmsKey">For SecureStrings; null for the account's default key.</param>
/// <param name="partition">For ARNs, such as <c>aws</c>.</param>
internal sealed class SsmClient(
    IAmazonSimpleSystemsManagement client,
    IAmazonSimpleSystemsManagement once,
    AwsCaller caller,
    AwsCaller writes,
    Scope scope,
    string partition,
    string? kmsKey) : ISsm
{
    private const int DeletedAtOnce = 10;

    private const int DescribedAtOnce = 50;

    public async Task<Secret?> GetSecretAsync(string name, CancellationToken stopping)
    {
        const string Operation = "GetParameter";
        try
        {
            var request = new GetParameterRequest { Name = name, WithDecryption = true };
            var answer = await caller.CallAsync(Operation, token => client.GetParameterAsync(request, token), stopping).ConfigureAwait(false);
            return answer.Parameter?.Value is { Length: > 0 } value
                ? new(value)
                : throw caller.Unreadable(Operation, $"{Printable.Of(name)} came without a value");
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.NotFound)
        {
            return null;
        }
    }

    /// <remarks>
    /// Not DescribeParameters: that shares three calls a second with PutParameter, and a burst of launches needs them. Not
    /// GetParameter, which says "not there" as an error. Without decryption the answer holds a SecureString's ciphertext alone.
    /// </remarks>
    public async Task<bool> ParameterExistsAsync(string name, CancellationToken stopping)
    {
        const string Operation = "GetParameters";
        var request = new GetParametersRequest { Names = [name], WithDecryption = false };
        var answer = await caller.CallAsync(Operation, token => client.GetParametersAsync(request, token), stopping).ConfigureAwait(false);
        return answer.Parameters?.Any(parameter => parameter?.Name == name) == true
            || (answer.InvalidParameters?.Contains(name) == true ? false : throw caller.Unreadable(Operation, $"it says neither that {Printable.Of(name)} is there nor that it is not"));
    }

    public async Task<bool> CreateSecretAsync(string name, Secret value, InstanceId reader, CancellationToken stopping)
    {
        var request = new PutParameterRequest
        {
            Name = name,
            Value = value.Reveal(),
            Type = ParameterType.SecureString,
            KeyId = kmsKey,
            Overwrite = false,
            Tags = TagsFor(reader),
        };
        return await CreateAsync(once, request, stopping).ConfigureAwait(false);
    }

    public async Task PutStringAsync(string name, string value, InstanceId reader, CancellationToken stopping)
    {
        var request = new PutParameterRequest
        {
            Name = name,
            Value = value,
            Type = ParameterType.String,

            // 4 KB is some 200 prefixes; only a longer value becomes an advanced parameter, which costs.
            Tier = ParameterTier.IntelligentTiering,
            Overwrite = false,
            Tags = TagsFor(reader),
        };
        await PutAsync(request, stopping).ConfigureAwait(false);
    }

    public Task PutPoolKeyAsync(string name, string pool, KeyId key, Secret value, CancellationToken stopping) => PutAsync(
        new()
        {
            Name = name,
            Value = value.Reveal(),
            Type = ParameterType.SecureString,
            KeyId = kmsKey,
            Description = PoolParameters.DescriptionOf(key),
            Overwrite = false,
            Tags = [new() { Key = "TailnetPool", Value = pool }],
        },
        stopping);

    public async Task DeleteParametersAsync(ImmutableArray<string> names, CancellationToken stopping)
    {
        foreach (var some in names.Chunk(DeletedAtOnce))
        {
            // Names that are not there come back as InvalidParameters, which is no error.
            var request = new DeleteParametersRequest { Names = [.. some] };
            await caller.CallAsync("DeleteParameters", token => client.DeleteParametersAsync(request, token), stopping).ConfigureAwait(false);
        }
    }

    public Task<Listing<NodeParameter>> DescribeNodeParametersAsync(string prefix, CancellationToken stopping)
    {
        var path = $"{prefix}/nodes";
        return DescribeAsync<NodeParameter>(
            new() { Key = "Path", Option = "Recursive", Values = [path] },
            (parameter, listing) =>
            {
                if (!NodeParameterName.TryParse(parameter.Name, path, out var instance, out var leaf))
                {
                    return;
                }

                if (parameter.LastModifiedDate is { } modified)
                {
                    listing.Add(new(instance, leaf, new(modified.ToUniversalTime())));
                }
                else
                {
                    listing.AddProblem($"{Printable.Of(parameter.Name)} has no date");
                }
            },
            stopping);
    }

    public Task<Listing<PoolParameter>> DescribePoolParametersAsync(string prefix, CancellationToken stopping)
    {
        var folder = PoolParameters.Folder(prefix);
        return DescribeAsync<PoolParameter>(
            new() { Key = "Path", Option = "Recursive", Values = [folder] },
            (parameter, listing) =>
            {
                if (PoolParameters.TryParse(parameter.Name, folder, out var pool))
                {
                    listing.Add(new(pool, PoolParameters.KeyOf(parameter.Description)));
                }
            },
            stopping);
    }

    public async Task<string> SendCommandAsync(
        string document, InstanceId instance, string? parameter, string value, CancellationToken stopping)
    {
        const string Operation = "SendCommand";
        var request = new SendCommandRequest
        {
            DocumentName = document,
            InstanceIds = [instance.ToString()],
            Parameters = parameter is null ? null : new() { [parameter] = [value] },

            // How long SSM tries to reach the node, not how long the document may run. 30 s is SSM's least.
            TimeoutSeconds = 60,
        };
        var answer = await caller.CallAsync(Operation, token => client.SendCommandAsync(request, token), stopping).ConfigureAwait(false);
        return answer.Command?.CommandId ?? throw caller.Unreadable(Operation, "the answer has no command id");
    }

    public async Task<CommandStatus> GetCommandInvocationAsync(string command, InstanceId instance, CancellationToken stopping)
    {
        const string Operation = "GetCommandInvocation";
        var request = new GetCommandInvocationRequest { CommandId = command, InstanceId = instance.ToString() };
        GetCommandInvocationResponse answer;
        try
        {
            answer = await caller.CallAsync(Operation, token => client.GetCommandInvocationAsync(request, token), stopping).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.InvocationDoesNotExist)
        {
            // Right after SendCommand, SSM does not know the command yet.
            return new(IsOver: false, Succeeded: false, "Pending", "");
        }

        var status = answer.Status?.Value ?? throw caller.Unreadable(Operation, "the answer has no status");

        // StatusDetails tells more, such as Undeliverable, where the node said nothing.
        var detail = answer.StandardErrorContent is { Length: > 0 } said ? said : answer.StatusDetails;
        return new(
            IsOver: status is "Success" or "Failed" or "TimedOut" or "Cancelled",
            Succeeded: status == "Success",
            status,
            string.IsNullOrEmpty(detail) || detail == status ? "" : Printable.Of(detail));
    }

    private async Task PutAsync(PutParameterRequest request, CancellationToken stopping)
    {
        if (await CreateAsync(client, request, stopping).ConfigureAwait(false))
        {
            return;
        }

        // SSM refuses tags together with Overwrite; those given at the creation stay.
        request.Tags = null;
        request.Overwrite = true;
        await writes.CallAsync("PutParameter", token => client.PutParameterAsync(request, token), stopping).ConfigureAwait(false);
    }

    private async Task<bool> CreateAsync(IAmazonSimpleSystemsManagement with, PutParameterRequest request, CancellationToken stopping)
    {
        try
        {
            await writes.CallAsync("PutParameter", token => with.PutParameterAsync(request, token), stopping).ConfigureAwait(false);
            return true;
        }
        catch (CallFailedException failed) when (failed.Code == AwsErrorCodes.ParameterAlreadyExists)
        {
            return false;
        }
    }

    // A page may be empty and not the last one.
    private Task<Listing<T>> DescribeAsync<T>(
        ParameterStringFilter filter, Action<ParameterMetadata, ListingBuilder<T>> read, CancellationToken stopping) =>
        Pages.ReadAsync<DescribeParametersResponse, T>(
            page =>
            {
                var request = new DescribeParametersRequest { ParameterFilters = [filter], MaxResults = DescribedAtOnce, NextToken = page };
                return caller.CallAsync("DescribeParameters", token => client.DescribeParametersAsync(request, token), stopping);
            },
            (page, listing) =>
            {
                foreach (var parameter in page.Parameters ?? throw caller.Unreadable("DescribeParameters", "the answer has no list of parameters"))
                {
                    read(parameter ?? throw caller.Unreadable("DescribeParameters", "a parameter is null"), listing);
                }

                return page.NextToken;
            });

    // A node's role may read what is tagged with its own ARN: ${ec2:SourceInstanceARN} is known to IAM, the id alone is not.
    private List<Tag> TagsFor(InstanceId reader) =>
    [
        new() { Key = "InstanceArn", Value = $"arn:{partition}:ec2:{scope.Region}:{scope.Account}:instance/{reader}" },
        new() { Key = "InstanceId", Value = reader.ToString() },
    ];
}
