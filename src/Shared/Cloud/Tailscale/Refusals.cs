using System.Collections.Immutable;
using System.Globalization;

namespace Automation.Tailscale;

/// <summary>Makes of an answer that is no success the failure that it means, with the remedy where a person has to act.</summary>
internal static class Refusals
{
    public static void ThrowUnlessOk(TailscaleCall call, TailscaleAnswer answer, ImmutableArray<string>? scopes)
    {
        if ((int)answer.Status is < 200 or > 299)
        {
            throw Of(call, (int)answer.Status, answer.Message(), scopes, answer.RequestId, answer.RetryAfter);
        }
    }

    /// <param name="scopes">What the token may do; null where that is not known.</param>
    public static CallFailedException Of(
        TailscaleCall call, int status, string? message, ImmutableArray<string>? scopes, string? requestId = null, TimeSpan? retryAfter = null)
    {
        var said = message is null ? "no message" : Printable.Of(message);
        var (failure, remedy) = status switch
        {
            400 or 405 or 422 => (Failure.Invalid, RemedyForInvalid(call, message)),
            401 => (Failure.BadCredential, "Check the credential: it may have expired or been revoked."),
            403 => (Failure.Denied, RemedyForDenied(call, scopes)),
            404 => (Failure.NotFound, call.NamesOnlyTheTailnet ? "Check TAILNET, and whether the credential is of that tailnet." : ""),
            409 or 412 => (Failure.Conflict, ""),
            429 => (Failure.Throttled, ""),
            501 => (Failure.Denied, "The device does not belong to this tailnet."),   // what the API documents for DELETE /device/{id}
            _ => (Failure.Unavailable, ""),
        };
        return Make(failure, call, status, remedy.Length == 0 ? said : $"{said}. {remedy}", requestId, retryAfter);
    }

    public static CallFailedException BadCredential(TailscaleCall call, TailscaleAnswer answer, string message) =>
        Make(Failure.BadCredential, call, (int)answer.Status, message, answer.RequestId, retryAfter: null);

    public static CallFailedException Unreadable(TailscaleCall call, TailscaleAnswer answer, string cause) =>
        Make(Failure.Unavailable, call, (int)answer.Status, cause, answer.RequestId, retryAfter: null);

    private static CallFailedException Make(
        Failure failure, TailscaleCall call, int status, string message, string? requestId, TimeSpan? retryAfter) =>
        new(failure, TailscaleCall.Service, call.ToString(), status.ToString(CultureInfo.InvariantCulture),
            requestId is null ? message : $"{message} (request {Printable.Of(requestId)})")
        {
            RetryAfter = retryAfter,
        };

    private static string RemedyForInvalid(TailscaleCall call, string? message) =>
        call == TailscaleCall.CreateKey && message?.Contains("tag", StringComparison.OrdinalIgnoreCase) is true
            ? "A key must carry all tags of the OAuth client, or tags that the client's tag owns: give the client one owner tag, "
                + "and name it under these tags in tagOwners of the policy file."
            : "";

    private static string RemedyForDenied(TailscaleCall call, ImmutableArray<string>? scopes) => scopes switch
    {
        _ when call.Scope.Length == 0 => "",
        null => $"The call needs the scope {call.Scope}.",
        { } known when TailscaleScopes.Permit(known, call.Scope) => $"The credential has the scope {call.Scope} and is refused all the same; check its tags.",
        { } known => $"The credential lacks the scope {call.Scope} (it has: {Printable.Of(string.Join(' ', known))}). "
            + "Create one that has it, under Trust credentials in the admin console.",
    };
}
