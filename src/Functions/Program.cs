using Automation;
using Automation.Lambda;

using var termination = new Termination();
return await Bootstrap.RunAsync(Environment.GetEnvironmentVariable, LogLines.ToStandardOutput(), Console.Error, TimeProvider.System, termination.Token);
