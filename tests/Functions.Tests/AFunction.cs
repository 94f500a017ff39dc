using System.Text;
using Automation.Lambda;
using Automation.Sandbox;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Automation;

/// <summary>The runtime loop with a handler of the test's own, against a simulated Runtime API.</summary>
internal sealed class AFunction : IAsyncDisposable
{
    private readonly CancellationTokenSource _terminate = new();
    private readonly MemoryStream _lines = new();
    private readonly RuntimeApi _runtime;

    private AFunction(SimulatedRuntimeApi api)
    {
        Api = api;
        _runtime = new RuntimeApi(api.Address);
    }

    public SimulatedRuntimeApi Api { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 4, 9, 15, 27, TimeSpan.Zero));

    /// <summary>A minute from now.</summary>
    public DateTimeOffset Deadline => Time.GetUtcNow().AddMinutes(1);

    public Task<int> Exit { get; private set; } = Task.FromResult(-1);

    public string Log => Encoding.UTF8.GetString(_lines.ToArray());

    public static async Task<AFunction> StartAsync(LambdaHandler handler) => (await IdleAsync()).Started(() => handler);

    public static Task<AFunction> StartAsync(Func<string, string> handler) =>
        StartAsync((payload, _, _) => Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(handler(Encoding.UTF8.GetString(payload.Span)))));

    /// <summary>The API is there, the loop not yet.</summary>
    public static async Task<AFunction> IdleAsync() => new(await SimulatedRuntimeApi.StartAsync());

    public AFunction Started(Func<LambdaHandler> startHandler)
    {
        var environment = new LambdaEnvironment(Api.Address, "Test", "test", LogLevel.Trace, false);
        Exit = RuntimeLoop.RunAsync(_runtime, startHandler, new JsonLog(new LogLines(_lines), environment, Time), Time, _terminate.Token);
        return this;
    }

    public Task<RuntimeAnswer> InvokeAsync(string payload) => Api.InvokeAsync(payload, Deadline, TestContext.Current.CancellationToken);

    public Task<RuntimeAnswer> AnswerAsync() => Api.AnswerAsync(TestContext.Current.CancellationToken);

    public Task<int> TerminateAsync()
    {
        _terminate.Cancel();
        return Exit.WaitAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _terminate.CancelAsync();
        await Api.DisposeAsync();
        _runtime.Dispose();
        _terminate.Dispose();
    }
}
