using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>Makes calls to one service: bounds how long each may take, and gives failures their meaning.</summary>
/// <param name="counts">Where each request is counted; null for nowhere.</param>
/// <param name="pace">What a request waits for, before its own time begins; null where nothing is to be kept to.</param>
internal sealed class AwsCaller(AwsService service, AwsIdentity identity, TimeProvider time, CallCounts? counts = null, RateLimit? pace = null)
{
    /// <summary>For one call with its retries: two tries that hang, and the waits between.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <exception cref="CallFailedException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up, through <paramref name="stopping"/>.</exception>
    public async Task<T> CallAsync<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        if (pace is not null)
        {
            await pace.WaitAsync(stopping).ConfigureAwait(false);
        }

        counts?.Add(service);
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            // The SDK fetches credentials without the token: only waiting for the whole bounds that too.
            var answer = await call(either.Token).WaitAsync(either.Token).ConfigureAwait(false);

            // The SDK takes any XML for an answer of EC2 that lists nothing, such as the page of whoever stands between. EC2 always tells the request's id.
            return service == AwsService.Ec2 && answer is AmazonWebServiceResponse and not { ResponseMetadata.RequestId.Length: > 0 }
                ? throw Unreadable(operation, "it is no answer of EC2: check the endpoint and what lies between")
                : answer;
        }
        catch (Exception exception) when (AwsFailures.Explains(exception))
        {
            if (exception is not CallFailedException)
            {
                stopping.ThrowIfCancellationRequested();
            }

            throw AwsFailures.Of(exception, service, operation, identity);
        }
    }

    public CallFailedException Unreadable(string operation, string problem) => AwsFailures.Unreadable(service, operation, problem);
}
