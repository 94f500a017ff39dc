using System.CommandLine;
using Automation.Cli;

// After Ctrl+C a step that is under way ends first, and what was done is said.
return await CommandLine.Of(Console.In, Console.Out, Console.Error, Environment.GetEnvironmentVariable)
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
