using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.Util.Internal;

namespace Automation.Aws;

/// <summary>
/// The role assumed in another account. The SDK's own class for this reaches for its STS client through a global registry, by
/// reflection, and forgets with whose credentials to ask.
/// </summary>
internal sealed class MemberCredentials : RefreshingAWSCredentials
{
    private readonly IAmazonSecurityTokenService _sts;
    private readonly AwsCaller _caller;
    private readonly string _account;
    private readonly string? _roleArn;
    private readonly string _session;

    /// <param name="roleArn">null where no role is configured; then every call fails and says so.</param>
    public MemberCredentials(
        IAmazonSecurityTokenService sts, AwsCaller caller, string account, string? roleArn, string session, TimeProvider time)
        : base(new Clock(time))
    {
        _sts = sts;
        _caller = caller;
        _account = account;
        _roleArn = roleArn;
        _session = session;

        // New credentials are fetched before a call, not beside it (PreemptExpiryTime): work in the background would be frozen
        // together with the sandbox.
        ExpirationBuffer = TimeSpan.FromMinutes(5);
    }

    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        const string Operation = "AssumeRole";
        if (_roleArn is null)
        {
            throw new CallFailedException(
                Failure.Denied, AwsService.Sts.Name, Operation, "no role", $"set MEMBER_ROLE, or take account {_account} out of SCOPES");
        }

        var request = new AssumeRoleRequest { RoleArn = _roleArn, RoleSessionName = _session };
        AssumeRoleResponse answer;
        try
        {
            // The SDK hands no token to this method; whoever waits for the credentials gives up by themselves.
            answer = await _caller.CallAsync(Operation, token => _sts.AssumeRoleAsync(request, token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (CallFailedException failed) when (failed.Failure == Failure.Denied)
        {
            // STS does not say which of the two policies is missing.
            throw new CallFailedException(
                failed.Failure,
                failed.Service,
                failed.Operation,
                failed.Code,
                $"allow sts:AssumeRole on {_roleArn} in the role of the function, and the function's role in the trust policy of {_roleArn}");
        }

        // The base class says of these what no caller expects.
        if (answer.Credentials?.Expiration?.ToUniversalTime() <= _timeProvider.CorrectedUtcNow)
        {
            throw _caller.Unreadable(Operation, "its credentials have expired already: check the clock");
        }

        return answer.Credentials is { AccessKeyId: { Length: > 0 } id, SecretAccessKey: { Length: > 0 } secret, SessionToken: { Length: > 0 } token, Expiration: { } expiration }
            ? new(new(id, secret, token), expiration.ToUniversalTime(), _timeProvider)
            : throw _caller.Unreadable(Operation, "the answer has no credentials");
    }

    // Nothing here calls without awaiting; the base class has both.
    protected override CredentialsRefreshState GenerateNewCredentials() => GenerateNewCredentialsAsync().GetAwaiter().GetResult();

    private sealed class Clock(TimeProvider time) : ITimeProvider
    {
        public DateTime CorrectedUtcNow => time.GetUtcNow().UtcDateTime;
    }
}
