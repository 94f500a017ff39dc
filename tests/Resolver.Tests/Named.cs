using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Automation.Resolvers;

/// <summary>One named on loopback, in a folder of its own, that ends with the test, or with the process that runs the tests.</summary>
internal sealed class Named : IAsyncDisposable
{
    // named ends once its standard input does, which it does whatever becomes of this process.
    private const string UntilInputEnds = "\"$0\" \"$@\" < /dev/null > named.log 2>&1 & read -r _; kill -KILL $!; wait 2> /dev/null";

    private readonly Process _process;
    private readonly int _id;

    private Named(Process process, int id, string folder, int port) => (_process, _id, Folder, Port) = (process, id, folder, port);

    public string Folder { get; }

    public int Port { get; }

    public string Log => Path.Combine(Folder, "named.log") is var log && File.Exists(log) ? File.ReadAllText(log) : "";

    public static string NewFolder() => Directory.CreateTempSubdirectory("named-").FullName;

    /// <summary>A port of 127.0.0.1 that is free for UDP and TCP.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            try
            {
                tcp.Bind(udp.LocalEndPoint!);
                return ((IPEndPoint)udp.LocalEndPoint!).Port;
            }
            catch (SocketException)
            {
                // somebody has it for TCP
            }
        }
    }

    /// <param name="folder">Holds named.conf and its zones.</param>
    /// <param name="until">What its log says once it is ready. null: at once.</param>
    public static async Task<Named> StartAsync(string folder, int port, string? until = " running\n")
    {
        var process = Process.Start(new ProcessStartInfo(
            "/bin/bash", ["-c", UntilInputEnds, await Bind.NamedAsync(), "-g", "-n", "1", "-c", Path.Combine(folder, "named.conf")])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
        })!;
        var named = new Named(process, 0, folder, port);
        if (until is null)
        {
            return named;
        }

        try
        {
            await named.AwaitAsync(until);
            return new(process, int.Parse((await File.ReadAllTextAsync(Path.Combine(folder, "named.pid"))).Trim(), null), folder, port);
        }
        catch
        {
            await named.DisposeAsync();
            throw;
        }
    }

    public Task<Answer> AskAsync(Question question) => question.AskAsync(Port);

    /// <summary>Lets it hear and say nothing more.</summary>
    public void Silence() => Assert.Equal(0, Kill(_id, 19));

    /// <summary>Lets it read its zones again.</summary>
    public void Reload() => Assert.Equal(0, Kill(_id, 1));

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task AwaitAsync(string ready)
    {
        var started = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await AskAsync(new("", "NS") { Recursion = false, Limit = TimeSpan.FromMilliseconds(200) });
                if (Log.Contains(ready, StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (Exception problem) when (problem is SocketException or TimeoutException)
            {
                Assert.True(started.Elapsed < TimeSpan.FromSeconds(30), problem.Message + Log);
            }

            Assert.False(_process.HasExited, "named ended: " + Log);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int id, int signal);
}
