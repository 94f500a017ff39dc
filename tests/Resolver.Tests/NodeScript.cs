using System.Diagnostics;
using System.Text;
using Automation.EndToEnd;

[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]

namespace Automation.Resolvers;

/// <summary>tailnet-dns64 as the boot script installs it, with the real named-checkconf; what runs named, and asks it, does nothing.</summary>
internal static class NodeScript
{
    private static readonly Lazy<Task<string>> s_programs = new(MakeAsync);

    public static async Task RunAsync(string folder, string configuration)
    {
        var programs = await s_programs.Value;
        var start = new ProcessStartInfo(Path.Combine(programs, "tailnet-dns64"), [Convert.ToBase64String(Encoding.UTF8.GetBytes(configuration))])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{programs}:{Path.GetDirectoryName(await Bind.CheckAsync())}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["NAMED_CONF"] = Path.Combine(folder, "named.conf");
        start.Environment["NAMED_FOLDER"] = folder;
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, string.Concat(output));
    }

    private static async Task<string> MakeAsync()
    {
        var boot = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "templates", "router-boot.sh"));
        var folder = Directory.CreateTempSubdirectory("programs-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        foreach (var (name, text) in (IEnumerable<(string, string)>)
        [
            ("tailnet-dns64", boot.Split("/tailnet-dns64\" << 'SCRIPT'\n")[1].Split("\nSCRIPT\n")[0] + "\n"),
            ("tailscale", "#!/bin/bash\necho 100.64.0.1\n"),
            ("dig", "#!/bin/bash\n"),
            ("systemctl", "#!/bin/bash\n"),
        ])
        {
            var file = Path.Combine(folder, name);
            await File.WriteAllTextAsync(file, text);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }
}
