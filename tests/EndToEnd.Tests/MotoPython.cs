using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Automation.EndToEnd;

/// <summary>A Python that has what tests/aws/requirements.txt asks for: the one on the PATH, else one made for it.</summary>
internal static class MotoPython
{
    private static readonly string s_root = Repository.Root;
    private static readonly string s_requirements = Path.Combine(s_root, "tests", "aws", "requirements.txt");
    private static readonly string s_environment = Path.Combine(s_root, "artifacts", "moto");

    public static string Launcher { get; } = Path.Combine(s_root, "tests", "aws", "launcher.py");

    private static readonly Lazy<Task<string>> s_found = new(SearchAsync);

    public static Task<string> FindAsync() => s_found.Value;

    private static async Task<string> SearchAsync()
    {
        var own = Path.Combine(s_environment, "bin", "python3");
        var tried = new StringBuilder();
        foreach (var python in (string[])["python3", own])
        {
            if (await SucceedsAsync(tried, python, Launcher, "--check"))
            {
                return python;
            }
        }

        // Test projects run side by side: one makes it, the others wait and find it.
        await using (await LockAsync())
        {
            if (await SucceedsAsync(tried, own, Launcher, "--check")
                || (await SucceedsAsync(tried, "python3", "-m", "venv", s_environment)
                    && await SucceedsAsync(tried, own, "-m", "pip", "install", "--quiet", "-r", s_requirements)
                    && await SucceedsAsync(tried, own, Launcher, "--check")))
            {
                return own;
            }
        }

        throw new InvalidOperationException(
            $"""
            The end-to-end tests run against moto, which needs a Python 3.10 or later with the packages of {s_requirements}.
            Remedy: python3 -m pip install -r {s_requirements}
            (or, where the machine has no way to a package index, put such a Python first on the PATH). Tried:
            {tried}
            """);
    }

    private static async Task<FileStream> LockAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(s_environment)!);
        while (true)
        {
            try
            {
                return new(s_environment + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)   // another process has it open
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private static async Task<bool> SucceedsAsync(StringBuilder tried, string file, params string[] arguments)
    {
        var command = $"{file} {string.Join(' ', arguments)}";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            if (process.ExitCode == 0)
            {
                return true;
            }

            tried.AppendLine(command).AppendLine(LastLines(string.Concat(output)));
        }
        catch (Win32Exception problem)
        {
            tried.AppendLine(command).AppendLine("    " + problem.Message);
        }

        return false;
    }

    private static string LastLines(string text) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(10).Select(line => "    " + line));
}
