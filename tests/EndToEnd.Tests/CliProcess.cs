using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Automation.EndToEnd;

/// <summary><c>tailnet</c> as a person or a script runs it: the program that was built beside these tests, with an environment of its own.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _progress = new();
    private readonly Task<string> _output;
    private readonly Task _read;

    private CliProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(Stopping);
        _read = ReadAsync();
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <param name="environment">The whole of it.</param>
    public static CliProcess Start(IEnumerable<KeyValuePair<string, string>> environment, params IEnumerable<string> arguments)
    {
        // artifacts/bin/EndToEnd.Tests/<configuration>/ and the program's own folder beside it.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var built = Path.Combine(own.Parent!.Parent!.FullName, "Cli", own.Name, "tailnet.dll");
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        var start = new ProcessStartInfo(dotnet, [built, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["DOTNET_TieredPGO"] = "0";   // a short life: measuring for a better second compilation does not pay
        return new(Process.Start(start)!);
    }

    /// <summary>Types a line; null closes the input.</summary>
    public async Task AnswerAsync(string? line)
    {
        if (line is not null)
        {
            await _process.StandardInput.WriteLineAsync(line.AsMemory(), Stopping);
        }

        _process.StandardInput.Close();
    }

    /// <summary>Waits until it has written this to standard error, whether or not a line ends there.</summary>
    public async Task WaitForAsync(string words)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!Progress().Contains(words, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited && _read.IsCompleted, $"It ended without '{words}':\n{Progress()}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    /// <summary>Ctrl+C.</summary>
    public void Interrupt()
    {
        const int Sigint = 2;
        Assert.Equal(0, Signal(_process.Id, Sigint));
    }

    public async Task<CliRun> EndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(limit.Token);
        await _read;
        return new(_process.ExitCode, await _output, Progress());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _read;
        _process.Dispose();
    }

    private string Progress()
    {
        lock (_progress)
        {
            return _progress.ToString();
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new char[1024];
        while (await _process.StandardError.ReadAsync(buffer, Stopping) is > 0 and var count)
        {
            lock (_progress)
            {
                _progress.Append(buffer, 0, count);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}

/// <param name="Output">Standard output: data.</param>
/// <param name="Progress">Standard error.</param>
internal sealed record CliRun(int Exit, string Output, string Progress)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => $"exit {Exit}\n{Output}\n{Progress}";
}
