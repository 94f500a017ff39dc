namespace Automation.Aws;

/// <summary>Makes calls to one service: bounds how long each may take, and gives failures their meaning.</summary>
internal sealed class AwsCaller(AwsService service, AwsIdentity identity, TimeProvider time)
{
    /// <summary>For one call with its retries: two tries that hang, and the waits between.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <exception cref="CallFailedException">The call failed.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up, through <paramref name="stopping"/>.</exception>
    public async Task<T> CallAsync<T>(string operation, Func<CancellationToken, Task<T>> call, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        try
        {
            // The SDK fetches credentials without the token: only waiting for the whole bounds that too.
            return await call(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
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
