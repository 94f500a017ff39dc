using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

[assembly: AssemblyFixture(typeof(Automation.EndToEnd.Moto))]

namespace Automation.EndToEnd;

/// <summary>AWS for the tests: one process of tests/aws/launcher.py for the whole run. Tests keep apart by account.</summary>
public sealed class Moto : IAsyncLifetime
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private readonly LastLines _output = new();
    private Process? _process;
    private Uri? _uri;
    private MotoControl? _control;
    private long _lastAccount = 100_000_000_000;

    /// <summary>Base address of every AWS service, for <c>AWS_ENDPOINT_URL</c>.</summary>
    public Uri Uri => _uri ?? throw new InvalidOperationException("moto is not running");

    /// <summary>What moto wrote last, for the diagnosis of a failed test.</summary>
    public string Output => _output.ToString();

    /// <summary>An empty account that no other test uses.</summary>
    public MotoAccount NewAccount() =>
        new(this, _control!, Interlocked.Increment(ref _lastAccount).ToString(CultureInfo.InvariantCulture));

    public async ValueTask InitializeAsync()
    {
        var python = await MotoPython.FindAsync();
        _process = Process.Start(new ProcessStartInfo(python, [MotoPython.Launcher])
        {
            RedirectStandardInput = true,   // held open: the launcher ends when it closes, also when this process is killed
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, line) => _output.Add(line.Data);
        _process.BeginErrorReadLine();

        using var limit = new CancellationTokenSource(s_startLimit);
        var ready = await _process.StandardOutput.ReadLineAsync(limit.Token)
            ?? throw new InvalidOperationException($"moto ended before it was ready:\n{Output}");
        var port = JsonDocument.Parse(ready).RootElement.GetProperty("port").GetInt32();
        _uri = new Uri($"http://127.0.0.1:{port}/");
        _control = new(_uri);
    }

    public async ValueTask DisposeAsync()
    {
        _control?.Dispose();
        if (_process is null)
        {
            return;
        }

        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    /// <summary>The end of a process's output: bounded, so that a chatty process cannot fill the memory.</summary>
    private sealed class LastLines
    {
        private const int Limit = 500;
        private readonly Queue<string> _lines = [];

        public void Add(string? line)
        {
            lock (_lines)
            {
                if (line is null)
                {
                    return;
                }

                _lines.Enqueue(line);
                if (_lines.Count > Limit)
                {
                    _lines.Dequeue();
                }
            }
        }

        public override string ToString()
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }
}
