using System.ComponentModel;
using System.Diagnostics;

namespace Automation.Resolvers;

/// <summary>BIND's programs: the installed ones, else Debian's package, which root installs.</summary>
internal static class Bind
{
    private static readonly string[] s_folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/usr/local/sbin", "/sbin"];

    private static readonly Lazy<Task<(string Named, string Check)>> s_found = new(SearchAsync);

    /// <summary>named itself, as a copy: some systems confine the program at its usual path to folders that are not a test's.</summary>
    public static async Task<string> NamedAsync() => (await s_found.Value).Named;

    public static async Task<string> CheckAsync() => (await s_found.Value).Check;

    private static async Task<(string Named, string Check)> SearchAsync()
    {
        var tried = "";
        if (Find("named") is null || Find("named-checkconf") is null)
        {
            tried = await RunAsync("apt-get", "update", "-qq")
                + await RunAsync("apt-get", "install", "-y", "-qq", "--no-install-recommends", "bind9", "bind9-utils");
        }

        if (Find("named") is not { } named || Find("named-checkconf") is not { } check)
        {
            throw new InvalidOperationException(
                $"The tests of the resolver need BIND 9.18 or later, and it could not be installed. Remedy: as root, apt-get install bind9\n{tried}");
        }

        var copy = Path.Combine(Directory.CreateTempSubdirectory("bind-").FullName, "named");
        File.Copy(named, copy);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        return (copy, check);
    }

    private static string? Find(string program) => s_folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<string> RunAsync(string file, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
            using var process = Process.Start(start)!;
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? "" : $"{file} {string.Join(' ', arguments)}: {string.Concat(output)}\n";
        }
        catch (Win32Exception problem)
        {
            return $"{file}: {problem.Message}\n";
        }
    }
}
