using System.CommandLine;
using Automation.Cli;

var json = new Option<OutputFormat>("--output") { Description = "text for people, or json: the report that the function answers, on standard output.", DefaultValueFactory = _ => OutputFormat.Text };
var demo = new Command("demo", "Play a story on a simulated cloud and tailnet, through the real functions. Needs no account, no network and no credentials.") { json };
demo.SetAction((parsed, _) => new Demo(Console.Out, Console.Error).RunAsync(parsed.GetValue(json) == OutputFormat.Json));

var root = new RootCommand("Runs Tailscale on AWS: plans, applies and explains what the functions do.") { demo };
return await root.Parse(args).InvokeAsync();
