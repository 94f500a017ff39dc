using System.Diagnostics;
using System.Text.Json;
using Automation.Lambda;
using Automation.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Automation;

public sealed class BootstrapTests
{
    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Says_that_Lambda_starts_it_where_nobody_else_did()
    {
        using var complaints = new StringWriter();

        var exit = await Bootstrap.RunAsync(_ => null, new LogLines(Stream.Null), complaints, TimeProvider.System, Patience);

        Assert.Equal(2, exit);
        Assert.Contains("AWS Lambda starts it", complaints.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Reconciler")]
    [InlineData("reconcile")]
    [InlineData(null)]
    public async Task Names_the_handlers_it_has_where_the_template_names_another(string? handler)
    {
        await using var api = await SimulatedRuntimeApi.StartAsync();
        var environment = new Dictionary<string, string?> { ["AWS_LAMBDA_RUNTIME_API"] = api.Address, ["_HANDLER"] = handler };

        var exit = await Bootstrap.RunAsync(environment.GetValueOrDefault, new LogLines(Stream.Null), TextWriter.Null, TimeProvider.System, Patience);

        var answer = await api.AnswerAsync(Patience);
        Assert.Equal(1, exit);
        Assert.Equal(RuntimeAnswerKind.InitError, answer.Kind);
        Assert.Equal(
            $"The function's Handler is '{handler}'; this program has NodeLifecycle, Reconcile.",
            JsonElement.Parse(answer.Body).GetProperty("errorMessage").GetString());
    }

    [Theory]
    [InlineData("NodeLifecycle")]
    [InlineData("Reconcile")]
    public async Task Reports_all_settings_that_are_missing(string handler)
    {
        await using var api = await SimulatedRuntimeApi.StartAsync();
        var environment = new Dictionary<string, string?> { ["AWS_LAMBDA_RUNTIME_API"] = api.Address, ["_HANDLER"] = handler };

        await Bootstrap.RunAsync(environment.GetValueOrDefault, new LogLines(Stream.Null), TextWriter.Null, TimeProvider.System, Patience);

        var answer = await api.AnswerAsync(Patience);
        Assert.Equal("Init.SettingsException", answer.ErrorType);
        Assert.All(
            ["AWS_REGION", "ACCOUNT_ID", "TAILSCALE_CREDENTIAL", "LEDGER_TABLE"],
            name => Assert.Contains($"- {name} is not set", JsonElement.Parse(answer.Body).GetProperty("errorMessage").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Builds_only_the_handler_that_the_function_names()
    {
        await using var api = await SimulatedRuntimeApi.StartAsync();
        using var terminate = new CancellationTokenSource();
        var handlers = new Dictionary<string, Func<LambdaHandler>>
        {
            ["Echo"] = () => (payload, _, _) => Task.FromResult(payload),
            ["Other"] = () => throw new InvalidOperationException("built all the same"),
        };
        var environment = LambdaEnvironment.Read(name => name switch { "AWS_LAMBDA_RUNTIME_API" => api.Address, "_HANDLER" => "Echo", _ => null });
        var exit = Bootstrap.RunAsync(environment, handlers, NullLogger.Instance, TextWriter.Null, TimeProvider.System, terminate.Token);

        var answer = await api.InvokeAsync("7", DateTimeOffset.UtcNow.AddMinutes(1), Patience);

        Assert.Equal("7", answer.Body);
        await terminate.CancelAsync();
        Assert.Equal(0, await exit);
    }

    [Fact]
    public async Task Turns_SIGTERM_into_a_clean_end()
    {
        await using var api = await SimulatedRuntimeApi.StartAsync();
        using var termination = new Termination();
        using var runtime = new RuntimeApi(api.Address);
        var exit = RuntimeLoop.RunAsync(
            runtime, () => (payload, _, _) => Task.FromResult(payload), NullLogger.Instance, TimeProvider.System, termination.Token);
        await api.IdleAsync(Patience);

        using var kill = Process.Start("kill", ["-TERM", $"{Environment.ProcessId}"]);
        await kill.WaitForExitAsync(Patience);

        Assert.Equal(0, await exit.WaitAsync(Patience));
    }
}
