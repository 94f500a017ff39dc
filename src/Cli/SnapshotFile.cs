using Automation.Plans;

namespace Automation.Cli;

/// <summary>The file between <c>tailnet snapshot</c> and <c>tailnet plan --snapshot</c>.</summary>
internal static class SnapshotFile
{
    /// <exception cref="CliException">There is no such file, or it is no snapshot.</exception>
    public static Snapshot Read(string file)
    {
        try
        {
            return SnapshotJson.Read(File.ReadAllText(file));
        }
        catch (FormatException wrong)
        {
            throw new CliException($"{file}: {wrong.Message}");
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw new CliException($"The snapshot cannot be read. {e.Message}");
        }
    }

    /// <exception cref="CliException">The file cannot be written.</exception>
    public static async Task WriteAsync(string file, Snapshot seen, CancellationToken stopping)
    {
        try
        {
            await File.WriteAllTextAsync(file, SnapshotJson.Write(seen), stopping);
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw new CliException($"The snapshot cannot be written. {e.Message}");
        }
    }

    // ArgumentException: the name is empty, or has a character that no file's name can have.
    private static bool IsTrouble(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException;
}
