using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Amazon.SQS.Model;
using Automation.EndToEnd;
using Automation.Sandbox;

namespace Automation.Load;

/// <summary>What a burst took of one function.</summary>
/// <param name="Redelivered">Answers that sent a message back into the queue.</param>
/// <param name="Lost">Not answered, however long was waited.</param>
/// <param name="Calls">By service; of the function alone, not of what feeds it.</param>
/// <param name="Memory">Resident memory of the process.</param>
internal sealed record BurstFigures(
    string Function, int Sent, int Answered, int Redelivered, int Lost, double Seconds, SortedDictionary<string, int> Calls, IReadOnlyList<MemoryAt> Memory);

internal sealed record MemoryAt(int Events, long KiB);

/// <summary>One function, as Lambda runs it, on a queue that fills in ten waves.</summary>
internal sealed partial class Burst(Installation here, string handler)
{
    public const int Waves = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly List<MemoryAt> _memory = [];
    private int _sent;
    private int _answered;
    private int _redelivered;

    /// <param name="wave">The events of each wave, by its number.</param>
    /// <param name="before">How many events are in the queue already.</param>
    /// <param name="between">What goes on in the world meanwhile, such as nodes that join; how many events it put into the queue.</param>
    public async Task<BurstFigures> RunAsync(int before, Func<int, IReadOnlyList<string>> wave, Func<Task<int>> between)
    {
        var function = await here.StartAsync(handler);
        await here.WarmAsync();
        var signedIn = here.Api.Requests.Length;
        _sent = before;
        var began = Stopwatch.GetTimestamp();
        for (var number = 0; number < Waves; number++)
        {
            await SendAsync(wave(number));
            while (await DeliverAsync(function, TimeSpan.Zero))
            {
            }

            _sent += await between();
            _memory.Add(new(_answered, Resident(function.ProcessId)));
            Console.Error.WriteLine($"{handler}: {_answered} answered, {_redelivered} sent back, {_memory[^1].KiB / 1024} MiB, {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
        }

        // What was sent back comes again after its delay, and whatever the functions' work made of it with it.
        for (var last = Stopwatch.GetTimestamp(); _answered < _sent && Stopwatch.GetElapsedTime(last) < s_patience;)
        {
            _sent += await between();
            if (await DeliverAsync(function, TimeSpan.FromSeconds(1)))
            {
                last = Stopwatch.GetTimestamp();
            }
        }

        _memory.Add(new(_answered, Resident(function.ProcessId)));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var calls = new SortedDictionary<string, int>(StringComparer.Ordinal) { ["tailscale"] = here.Api.Requests.Length - signedIn };
        foreach (var request in await here.Account.RequestsAsync())
        {
            calls[request.Service] = calls.GetValueOrDefault(request.Service) + 1;
        }

        return new(handler, _sent, _answered, _redelivered, _sent - _answered, seconds, calls, _memory);
    }

    private async Task SendAsync(IReadOnlyList<string> bodies)
    {
        foreach (var ten in bodies.Chunk(10))
        {
            var sent = await here.World.Sqs.SendMessageBatchAsync(here.Queue.Url, [.. ten.Select((body, at) => new SendMessageBatchRequestEntry(at.ToString(CultureInfo.InvariantCulture), body))]);
            _sent += sent.Successful.Count;
        }
    }

    /// <returns>false where nothing is visible in the queue.</returns>
    private async Task<bool> DeliverAsync(Function function, TimeSpan wait)
    {
        var messages = await here.World.ReceiveAsync(here.Queue.Url, wait);
        if (messages.Count == 0)
        {
            return false;
        }

        var answer = await function.InvokeAsync(Installation.Batch(messages, here.Queue), TimeSpan.FromSeconds(120));
        if (answer.Kind != RuntimeAnswerKind.Response)
        {
            throw new InvalidOperationException($"{handler} failed: {answer.Body}");
        }

        var failed = JsonNode.Parse(answer.Body)!["batchItemFailures"]!.AsArray().Select(item => (string)item!["itemIdentifier"]!).ToHashSet();
        var handled = messages.Where(message => !failed.Contains(message.MessageId)).ToArray();
        if (handled.Length > 0)
        {
            await here.World.Sqs.DeleteMessageBatchAsync(here.Queue.Url, [.. handled.Select((message, at) => new DeleteMessageBatchRequestEntry(at.ToString(CultureInfo.InvariantCulture), message.ReceiptHandle))]);
        }

        _answered += handled.Length;
        _redelivered += failed.Count;
        return true;
    }

    private static long Resident(int process) =>
        long.Parse(ResidentLine().Match(File.ReadAllText($"/proc/{process}/status")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"VmRSS:\s+(\d+) kB")]
    private static partial Regex ResidentLine();
}
