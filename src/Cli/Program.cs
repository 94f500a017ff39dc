using Automation.Cli;

return await CommandLine.Of(Console.In, Console.Out, Console.Error).Parse(args).InvokeAsync();
