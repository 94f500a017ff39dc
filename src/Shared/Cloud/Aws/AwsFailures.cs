using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Xml;
using Amazon.Runtime;

namespace Automation.Aws;

/// <summary>
/// Turns what the AWS SDK throws into a <see cref="CallFailedException"/> that says what to do about it. A service's exception is not
/// kept inside: its text may repeat a parameter's value, and whoever prints an exception prints the inner one too.
/// </summary>
internal static class AwsFailures
{
    private const string NotAuthorizedTo = "not authorized to perform: ";

    /// <summary>Trouble of the outside world; everything else is a fault of this program and is let through.</summary>
    public static bool Explains(Exception exception) =>
        exception is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException
            or OperationCanceledException or XmlException or JsonException or CallFailedException
        || IsOfReading(exception);

    // What the SDK lets through from values that it cannot read, such as a number that is none. The text of it repeats the value.
    private static bool IsOfReading(Exception exception) => exception is FormatException or OverflowException or ArgumentException;

    public static CallFailedException Of(Exception exception, AwsService service, string operation, AwsIdentity identity) => exception switch
    {
        CallFailedException failed => failed,
        AmazonServiceException error => OfService(error, service, operation, identity),
        OperationCanceledException or TimeoutException => new(
            Failure.Unavailable, service.Name, operation, "timeout", "there was no answer in time", exception),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            Unreadable(service, operation, "the answer is longer than any of AWS's: check the endpoint and what lies between"),
        HttpRequestException error => new(
            Failure.Unavailable, service.Name, operation, "connection", $"no connection to the service: {Printable.Of(error.Message)}", exception),
        HttpIOException error => new(
            Failure.Unavailable, service.Name, operation, "connection", $"the connection ended before the answer did: {Printable.Of(error.Message)}", exception),
        AmazonClientException error => OfClient(error, service, operation),
        _ when IsOfReading(exception) => Unreadable(service, operation, "the answer has a value that cannot be read"),
        _ => new(
            Failure.Unavailable, service.Name, operation, "unreadable", $"the answer cannot be read: {Printable.Of(exception.Message)}", exception),
    };

    /// <summary>An answer that came, but cannot mean what it says.</summary>
    public static CallFailedException Unreadable(AwsService service, string operation, string problem) =>
        new(Failure.Unavailable, service.Name, operation, "unreadable", problem);

    private static CallFailedException OfService(AmazonServiceException error, AwsService service, string operation, AwsIdentity identity)
    {
        var failure = AwsErrorCodes.Meaning(error.ErrorCode, error.StatusCode);
        var code = string.IsNullOrEmpty(error.ErrorCode)
            ? string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)error.StatusCode}")
            : Printable.Of(error.ErrorCode);
        var request = string.IsNullOrEmpty(error.RequestId) ? "" : $" (request {Printable.Of(error.RequestId)})";
        var remedy = Remedy(failure, error, service, operation, identity);
        return new(failure, service.Name, operation, code, $"{Said(error)}{request}{remedy}");
    }

    private static string Said(AmazonServiceException error) =>
        error is AmazonUnmarshallingException ? "the answer cannot be read" : Printable.Of(error.Message) + WhyDenied(error.Message);

    // What kind of policy refused stands at the end, behind names that are long enough to cut it off.
    private static string WhyDenied(string message)
    {
        var at = message.Contains(NotAuthorizedTo, StringComparison.Ordinal) ? message.IndexOf(" because ", StringComparison.Ordinal) : -1;
        at = at < 0 ? message.IndexOf(" with an explicit deny", StringComparison.Ordinal) : at;
        return at < 0 || message.Length <= Printable.Longest ? "" : Printable.Of(message[at..]);
    }

    private static string Remedy(Failure failure, AmazonServiceException error, AwsService service, string operation, AwsIdentity identity) =>
        AssociationRemedies.Of(error.ErrorCode) ?? IdentityTokenRemedies.Of(error.ErrorCode) ?? failure switch
        {
            Failure.Denied => $"; allow {Action(error, service, operation)} in {identity.RoleForPeople}",
            Failure.BadCredential when AwsErrorCodes.ExpiredCredential.Contains(error.ErrorCode) =>
                "; the credentials have expired: the next try takes new ones",
            Failure.BadCredential when AwsErrorCodes.UnknownCredential.Contains(error.ErrorCode) =>
                $"; enable Region {identity.Scope.Region} in account {identity.Scope.Account} or take it out of SCOPES; "
                + $"where it is enabled, check the credentials of {identity.RoleForPeople}",
            Failure.BadCredential => $"; check the credentials of {identity.RoleForPeople} and the clock",
            Failure.Unavailable when string.IsNullOrEmpty(error.ErrorCode) =>
                "; this is no answer of AWS: check the endpoint and what lies between",
            _ => "",
        };

    // The refused action is not always the call's own name: a SecureString needs kms:Decrypt as well.
    private static string Action(AmazonServiceException error, AwsService service, string operation) =>
        TryReadAction(error.Message, out var action) ? action : $"{service.ActionPrefix}:{operation}";

    private static bool TryReadAction(string message, [NotNullWhen(true)] out string? action)
    {
        action = null;
        var start = message.IndexOf(NotAuthorizedTo, StringComparison.Ordinal);
        if (start < 0)
        {
            return false;
        }

        var rest = message[(start + NotAuthorizedTo.Length)..];
        var end = rest.IndexOf(' ', StringComparison.Ordinal);
        var word = end < 0 ? rest : rest[..end];
        if (word.Length > 64 || !word.Contains(':', StringComparison.Ordinal) || !word.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '-'))
        {
            return false;
        }

        action = word;
        return true;
    }

    private static CallFailedException OfClient(AmazonClientException error, AwsService service, string operation)
    {
        // The SDK has no codes for its own troubles, only sentences.
        var (failure, code) = error.Message switch
        {
            var text when text.Contains("capacity could not be obtained", StringComparison.OrdinalIgnoreCase) => (Failure.Throttled, "retry quota"),
            var text when text.Contains("credentials", StringComparison.OrdinalIgnoreCase) => (Failure.BadCredential, "no credentials"),
            var text when text.StartsWith("Invalid Configuration", StringComparison.Ordinal) => (Failure.Invalid, "configuration"),
            _ => (Failure.Unavailable, "client"),
        };
        return new(failure, service.Name, operation, code, Printable.Of(error.Message), error);
    }
}
