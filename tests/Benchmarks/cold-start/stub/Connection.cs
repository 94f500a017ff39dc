using System.Diagnostics;
using System.Net.Sockets;

namespace Automation.ColdStart;

/// <summary>One connection of the process under test, from its first request to its end.</summary>
internal static class Connection
{
    private const int LargestRequest = 64 * 1024;   // bytes; the largest here are some 4 KB

    /// <param name="run">The run that the connection was opened in: what arrives on it later never counts for the next one.</param>
    public static void Serve(Socket socket, Run run)
    {
        socket.NoDelay = true;
        using var stream = new NetworkStream(socket);
        var buffer = new byte[LargestRequest];
        try
        {
            run.Connected();
            while (Request.Read(stream, buffer) is { } request)
            {
                var arrived = Stopwatch.GetTimestamp();   // CLOCK_MONOTONIC in nanoseconds on Linux, the clock of the one who started the process
                if (run.Answer(request, arrived) is { } answer)   // the last one gets no reply: its process waits, and its memory can be read
                {
                    stream.Write(answer);
                }
            }
        }
        catch (IOException)
        {
            // The process under test was ended with this connection open: each run ends so.
        }
    }
}
