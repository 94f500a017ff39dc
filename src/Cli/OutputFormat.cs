namespace Automation.Cli;

internal enum OutputFormat
{
    Text,
    Json,
}
