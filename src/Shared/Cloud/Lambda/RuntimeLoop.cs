using System.Net;
using Microsoft.Extensions.Logging;

namespace Automation.Lambda;

/// <summary>Next, handle, answer: what a Lambda runtime does.</summary>
public sealed partial class RuntimeLoop
{
    private readonly RuntimeApi _api;
    private readonly LambdaHandler _handler;
    private readonly ILogger _log;
    private readonly TimeProvider _time;

    private RuntimeLoop(RuntimeApi api, LambdaHandler handler, ILogger log, TimeProvider time)
    {
        _api = api;
        _handler = handler;
        _log = log;
        _time = time;
    }

    /// <param name="startHandler">Builds the handler; an exception is reported to Lambda as the reason why the function cannot start.</param>
    /// <param name="terminate">Ends the wait for the next event; an invocation under way is finished first.</param>
    /// <returns>The exit code: 0 when asked to end; 1 when the process cannot go on, so that Lambda makes a new one.</returns>
    public static async Task<int> RunAsync(
        RuntimeApi api, Func<LambdaHandler> startHandler, ILogger log, TimeProvider time, CancellationToken terminate)
    {
        try
        {
            LambdaHandler handler;
            try
            {
                handler = startHandler();
            }
            catch (Exception error)   // whatever keeps the function from starting, its owner must read it
            {
                StartFailed(log, error);
                await api.PostInitErrorAsync(RuntimeError.Of("Init", error));
                return 1;
            }

            return await new RuntimeLoop(api, handler, log, time).RunAsync(terminate);
        }
        catch (RuntimeApiException error)
        {
            RuntimeApiLost(log, error);
            return 1;
        }
    }

    private async Task<int> RunAsync(CancellationToken terminate)
    {
        while (!terminate.IsCancellationRequested)
        {
            Taken taken;
            try
            {
                taken = await _api.NextAsync(terminate);
            }
            catch (OperationCanceledException) when (terminate.IsCancellationRequested)
            {
                break;
            }

            if (!await ServeAsync(taken))
            {
                return 1;
            }
        }

        return 0;
    }

    /// <returns>false where the handler still runs: it must not run beside the next invocation, so the process has to end.</returns>
    private async Task<bool> ServeAsync(Taken taken)
    {
        if (taken.Invocation is not { } invocation)
        {
            HeadersUnreadable(_log, taken.RequestId, Taken.DeadlineHeader);
            await AnswerAsync(taken, new RuntimeError(
                "Runtime.MalformedInvocation", "MalformedInvocation", $"The event came without a readable {Taken.DeadlineHeader}.", []));
            return true;
        }

        using var scope = _log.BeginScope(invocation);
        // The AWS SDK reads it from there and passes it on; a custom runtime has to put it there.
        Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId);

        var left = invocation.Deadline - _time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            await AnswerTimeoutAsync(taken, "The event came after its deadline and was not handled.");
            return true;
        }

        // Both clocks start before the handler does: its own start counts as well.
        var budget = Budget.Of(left);
        using var stopping = new CancellationTokenSource(budget.UntilStop, _time);
        using var answering = new CancellationTokenSource();
        var tooLate = Task.Delay(budget.UntilAnswer, _time, answering.Token);

        // On a thread of its own, so that a handler that blocks is answered for too.
        var handling = Task.Run(() => _handler(taken.Payload, invocation, stopping.Token), CancellationToken.None);
        var first = await Task.WhenAny(handling, tooLate);
        await answering.CancelAsync();
        if (first == handling)
        {
            await AnswerForAsync(taken, handling, stopping.Token);
            return true;
        }

        await AnswerTimeoutAsync(taken, "The handler did not stop when its time was up. The process ends, and Lambda starts a new one.");
        return false;
    }

    private async Task AnswerForAsync(Taken taken, Task<ReadOnlyMemory<byte>> handling, CancellationToken stopping)
    {
        ReadOnlyMemory<byte> answer;
        try
        {
            answer = await handling;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await AnswerTimeoutAsync(taken, "The handler was stopped shortly before the function's timeout. Unfinished work comes again.");
            return;
        }
        catch (Exception error)   // whatever a handler throws, the invocation is answered and the next one served
        {
            HandlerFailed(_log, error, error.GetType().Name);
            await AnswerAsync(taken, RuntimeError.Of("Handler", error));
            return;
        }

        var status = await _api.PostResponseAsync(taken, answer);
        if (status == HttpStatusCode.RequestEntityTooLarge)
        {
            AnswerTooLarge(_log, answer.Length);
            await AnswerAsync(taken, new RuntimeError(
                "Function.ResponseSizeTooLarge",
                "ResponseSizeTooLarge",
                $"The answer of {answer.Length} bytes is larger than Lambda takes (6 MB). The work itself is done.",
                []));
            return;
        }

        NoteRefusal(status);
    }

    private Task AnswerTimeoutAsync(Taken taken, string message)
    {
        TimedOut(_log, message);
        return AnswerAsync(taken, new RuntimeError("Handler.Timeout", nameof(TimeoutException), message, []));
    }

    private async Task AnswerAsync(Taken taken, RuntimeError error) => NoteRefusal(await _api.PostErrorAsync(taken, error));

    // Such as 400 InvalidInvocationId, after Lambda gave the invocation up: the next event is not concerned.
    private void NoteRefusal(HttpStatusCode status)
    {
        if ((int)status >= 400)
        {
            AnswerRefused(_log, (int)status);
        }
    }

    [LoggerMessage(9001, LogLevel.Critical, "The function cannot start.")]
    private static partial void StartFailed(ILogger log, Exception error);

    [LoggerMessage(9002, LogLevel.Critical, "The Runtime API cannot be used any more, and the process ends.")]
    private static partial void RuntimeApiLost(ILogger log, Exception error);

    [LoggerMessage(9003, LogLevel.Error, "The invocation failed with {ErrorType}.")]
    private static partial void HandlerFailed(ILogger log, Exception error, string errorType);

    [LoggerMessage(9004, LogLevel.Error, "{Reason}")]
    private static partial void TimedOut(ILogger log, string reason);

    [LoggerMessage(9005, LogLevel.Error, "The answer of {Bytes} bytes is larger than Lambda takes. The work itself is done.")]
    private static partial void AnswerTooLarge(ILogger log, int bytes);

    [LoggerMessage(9006, LogLevel.Warning, "The Runtime API refused the answer with {Status}.")]
    private static partial void AnswerRefused(ILogger log, int status);

    [LoggerMessage(9007, LogLevel.Error, "The event {RequestId} came without a readable {Header} and was not handled.")]
    private static partial void HeadersUnreadable(ILogger log, string requestId, string header);
}
