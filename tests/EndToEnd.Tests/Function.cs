using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>
/// The function as Lambda runs it: a process of its own with an environment of its own, fed by a Runtime API. It is the published
/// native program where <c>BOOTSTRAP</c> names it (from the repository's folder, where it is relative), and otherwise the one that was built beside these tests.
/// </summary>
internal sealed class Function : IAsyncDisposable
{
    private static readonly TimeSpan s_usualDeadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Task _read;

    private Function(SimulatedRuntimeApi api, Process process)
    {
        Api = api;
        _process = process;
        _read = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public SimulatedRuntimeApi Api { get; }

    public int ProcessId => _process.Id;

    /// <summary>All that it wrote so far, line by line.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <param name="handler">The function's <c>Handler</c>.</param>
    /// <param name="environment">The whole of it, but for what Lambda itself sets.</param>
    public static async Task<Function> StartAsync(string handler, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var api = await SimulatedRuntimeApi.StartAsync();
        var start = Program();
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["AWS_LAMBDA_RUNTIME_API"] = api.Address;
        start.Environment["AWS_LAMBDA_FUNCTION_NAME"] = $"tailnet-{handler}";
        start.Environment["AWS_LAMBDA_LOG_LEVEL"] = "DEBUG";
        start.Environment["_HANDLER"] = handler;
        start.Environment["DOTNET_TieredPGO"] = "0";   // a short life: measuring for a better second compilation does not pay
        return new(api, Process.Start(start)!);
    }

    public Task<RuntimeAnswer> InvokeAsync(string payload) => InvokeAsync(payload, s_usualDeadline);

    /// <param name="left">Time to the deadline.</param>
    public async Task<RuntimeAnswer> InvokeAsync(string payload, TimeSpan left)
    {
        var answer = Api.InvokeAsync(payload, DateTimeOffset.UtcNow + left, Stopping);
        var ended = _process.WaitForExitAsync(Stopping);
        if (await Task.WhenAny(answer, ended) == ended && !answer.IsCompleted)
        {
            await _read;
            Assert.Fail($"The function ended with {_process.ExitCode} and did not answer:\n{string.Join('\n', Lines)}");
        }

        return await answer;
    }

    /// <summary>Asks it to end, as Lambda does.</summary>
    public void Terminate()
    {
        const int Sigterm = 15;
        Assert.Equal(0, Signal(_process.Id, Sigterm));
    }

    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(Stopping);
        await _read;
        return _process.ExitCode;
    }

    /// <summary>Messages that it logged at a level, in order.</summary>
    public IReadOnlyList<string> Logged(string level) => [.. Entries(Lines).Where(entry => entry.Level == level).Select(entry => entry.Message)];

    /// <summary>Asserts that a line with these words in it was logged after a moment.</summary>
    /// <param name="after">How many lines there were at that moment.</param>
    public void AssertLogged(int after, string level, params ReadOnlySpan<string> words)
    {
        var entries = Entries(Lines.Skip(after)).ToArray();
        var wanted = words.ToArray();
        Assert.True(
            entries.Any(entry => entry.Level == level && wanted.All(word => entry.Message.Contains(word, StringComparison.Ordinal))),
            $"No {level} with '{string.Join("', '", wanted)}' in:\n{string.Join('\n', entries.Select(entry => $"{entry.Level} {entry.Message}"))}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _read;
        await Api.DisposeAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo Program()
    {
        if (Environment.GetEnvironmentVariable("BOOTSTRAP") is { Length: > 0 } named)
        {
            var native = Path.Combine(Repository.Root, named);
            return File.Exists(native) ? new(native) : throw new FileNotFoundException("BOOTSTRAP names no file.", native);
        }

        // artifacts/bin/EndToEnd.Tests/<configuration>/ and the function's own folder beside it.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var built = Path.Combine(own.Parent!.Parent!.FullName, "Functions", own.Name, "bootstrap.dll");
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        return new(dotnet, [built]);
    }

    // Metrics are lines too, without a message.
    private static IEnumerable<(string Level, string Message)> Entries(IEnumerable<string> lines) =>
        lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("message", out _))
            .Select(line => (line.GetProperty("level").GetString()!, line.GetProperty("message").GetString()!));

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                _lines.Add(line);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
