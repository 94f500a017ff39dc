using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Automation.Aws;

/// <summary>
/// The SDK's default chain, looked through at a call. Without credentials of its own the EC2 client goes through it in its
/// constructor, where a failure cannot be told from a fault of this program.
/// </summary>
internal sealed class DefaultCredentials : AWSCredentials
{
    public override ImmutableCredentials GetCredentials() => DefaultAWSCredentialsIdentityResolver.GetCredentials().GetCredentials();

    // The SDK keeps what it found, and refreshes it where it expires.
    public override async Task<ImmutableCredentials> GetCredentialsAsync()
    {
        var found = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().ConfigureAwait(false);
        return await found.GetCredentialsAsync().ConfigureAwait(false);
    }
}
