using Automation.Fuzz;

return CommandLine.Run(args, Console.Out, Console.Error);
