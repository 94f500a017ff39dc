namespace Automation.Cli;

internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It could not be done, or not everything could be read.</summary>
    public const int Failed = 1;

    /// <summary>With <c>--detailed-exitcode</c>: it went well, and there is something to do.</summary>
    public const int Changes = 2;
}
