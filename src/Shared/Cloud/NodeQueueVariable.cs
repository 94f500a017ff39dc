using System.Buffers;

namespace Automation;

/// <summary>Reads <c>NODE_QUEUE_URL</c>: where Reconcile tells NodeLifecycle of an instance whose news was lost.</summary>
internal static class NodeQueueVariable
{
    private static readonly SearchValues<char> s_name = VariableReader.LettersDigitsAnd("-_");

    /// <returns>null where it is not set: then a hook whose news was lost is left to its timeout.</returns>
    public static Uri? Read(VariableReader read)
    {
        const string name = "NODE_QUEUE_URL", expected = "the address of NodeLifecycle's queue, such as https://sqs.eu-west-1.amazonaws.com/111122223333/Tailnet-node-lifecycle, or nothing";
        if (read.Optional(name, expected) is not { } value)
        {
            return null;
        }

        var isQueue = Uri.TryCreate(value, UriKind.Absolute, out var queue)
            && (queue.Scheme == Uri.UriSchemeHttps || (queue.Scheme == Uri.UriSchemeHttp && queue.IsLoopback))
            && queue.UserInfo.Length == 0
            && queue.Fragment.Length == 0
            && queue.PathAndQuery.Split('/') is ["", var account, { Length: > 0 and <= 80 } called]
            && Scope.IsAccount(account)
            && !called.AsSpan().ContainsAnyExcept(s_name);
        return read.Check(name, value, isQueue, expected) is null ? null : queue;
    }
}
