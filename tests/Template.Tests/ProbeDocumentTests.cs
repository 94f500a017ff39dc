using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

namespace Automation.Templates;

/// <summary>The commands of the probe's document, run for real: python3 and a socket in place of the VPC's resolver, and a stand-in for what the kernel knows.</summary>
public sealed class ProbeDocumentTests(StackTemplate template) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("probe-").FullName;
    private readonly UdpClient _resolver = new(new IPEndPoint(IPAddress.Loopback, 0));

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _resolver.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_router_whose_resolver_and_gateway_answer_is_healthy()
    {
        Answer();
        Ip("REACHABLE");

        Assert.Equal((0, "healthy: the resolver and the gateway of the VPC answer", ""), await RunAsync());
    }

    [Fact]
    public async Task A_neighbour_that_was_not_confirmed_lately_is_no_bad_sign()
    {
        Answer();
        Ip("STALE");

        Assert.Equal(0, (await RunAsync()).ExitCode);
    }

    [Fact]
    public async Task A_router_whose_resolver_is_silent_is_unhealthy()
    {
        Ip("REACHABLE");

        Assert.Equal((3, "", "unhealthy: the resolver of the VPC does not answer"), await RunAsync());
    }

    [Fact]
    public async Task An_answer_to_somebody_elses_question_is_none()
    {
        Answer(to: 1);
        Ip("REACHABLE");

        Assert.Equal(3, (await RunAsync()).ExitCode);
    }

    [Theory]
    [InlineData("FAILED")]
    [InlineData("INCOMPLETE")]
    public async Task A_router_whose_gateway_is_dead_is_unhealthy(string state)
    {
        Answer();
        Ip(state);

        Assert.Equal((3, "", $"unhealthy: the gateway 127.0.0.2 on ens5 is {state}"), await RunAsync());
    }

    [Fact]
    public async Task A_router_without_a_default_route_is_unhealthy()
    {
        Answer();
        Program("ip", "exit 0");

        Assert.Equal((3, "", "unhealthy: there is no default route"), await RunAsync());
    }

    [Fact]
    public async Task Both_are_said_and_all_three_tries_are_made()
    {
        Ip("FAILED");

        Assert.Equal((3, "", "unhealthy: the resolver of the VPC does not answer; the gateway 127.0.0.2 on ens5 is FAILED"), await RunAsync());
        Assert.Equal(3, File.ReadAllLines(Path.Combine(_folder, "asked")).Count(line => line == "-4 neigh show to 127.0.0.2 dev ens5"));
    }

    [Fact]
    public async Task A_gateway_of_IPv6_alone_is_enough()
    {
        Answer();
        Program("ip", """
            case "$*" in
              "-6 route show default") echo "default via fe80::1 dev ens5 proto ra metric 512" ;;
              "-6 neigh show to fe80::1 dev ens5") echo "fe80::1 lladdr 0a:00:00:00:00:01 router REACHABLE" ;;
            esac
            """);

        Assert.Equal(0, (await RunAsync()).ExitCode);
    }

    [Fact]
    public async Task Without_python_or_ip_nothing_is_said_of_the_router()
    {
        Ip("FAILED");

        Assert.Equal((4, "", "trouble: python3 is missing"), await RunAsync(path: _folder));

        Program("python3", "exit 0");
        File.Delete(Path.Combine(_folder, "ip"));

        Assert.Equal((4, "", "trouble: ip is missing"), await RunAsync(path: _folder));
    }

    [Fact]
    public async Task A_tool_that_fails_is_the_probes_trouble()
    {
        Answer();
        Program("ip", "exit 1");
        var (exitCode, _, errors) = await RunAsync();

        Assert.Equal(4, exitCode);
        Assert.StartsWith("trouble: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_takes_nothing_and_is_over_before_a_look_is()
    {
        var document = template.Properties("ProbeDocument")["Content"]!;
        var step = Assert.Single(document["mainSteps"]!.AsArray())!;

        Assert.Null(document["parameters"]);
        Assert.DoesNotContain("{{", Commands, StringComparison.Ordinal);
        Assert.True(int.Parse((string)step["inputs"]!["timeoutSeconds"]!, CultureInfo.InvariantCulture) < 25);
    }

    private string Commands => string.Join('\n', template.Properties("ProbeDocument")["Content"]!["mainSteps"]![0]!["inputs"]!["runCommand"]!.AsArray().Select(line => (string)line!));

    private void Answer(int to = 0) => _ = Task.Run(async () =>
    {
        try
        {
            while (true)
            {
                var question = await _resolver.ReceiveAsync(Stopping);
                byte[] answer = [.. question.Buffer];
                answer[1] = (byte)(answer[1] + to);
                answer[2] |= 0x80;
                answer[3] = 3;   // that there is no such name is an answer too
                await _resolver.SendAsync(answer, question.RemoteEndPoint, Stopping);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException or OperationCanceledException)
        {
            // the test is over
        }
    });

    private void Ip(string state) => Program("ip", $"""
        echo "$*" >> "{_folder}/asked"
        case "$*" in
          "-4 route show default") echo "default via 127.0.0.2 dev ens5 proto dhcp src 127.0.0.1 metric 512" ;;
          "-4 neigh show to 127.0.0.2 dev ens5") echo "127.0.0.2 lladdr 0a:00:00:00:00:01 {state}" ;;
        esac
        """);

    private void Program(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, $"#!/bin/bash\n{text}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string? path = null)
    {
        var commands = Commands;
        foreach (var (there, here) in new[]
        {
            ("\"169.254.169.253\", \"fd00:ec2::253\"", "\"127.0.0.1\","),
            ("(address, 53)", string.Create(CultureInfo.InvariantCulture, $"(address, {((IPEndPoint)_resolver.Client.LocalEndPoint!).Port})")),
            ("time.sleep(1.5)", "time.sleep(0)"),
        })
        {
            Assert.Contains(there, commands, StringComparison.Ordinal);
            commands = commands.Replace(there, here, StringComparison.Ordinal);
        }

        var start = new ProcessStartInfo("/bin/bash", ["-c", commands]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = path ?? $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(Stopping), process.StandardError.ReadToEndAsync(Stopping));
        await process.WaitForExitAsync(Stopping);
        return (process.ExitCode, texts[0].TrimEnd(), texts[1].TrimEnd());
    }
}
