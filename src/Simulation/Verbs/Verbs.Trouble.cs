using System.Globalization;

namespace Automation.Simulation;

/// <summary>What goes wrong on the way: calls, services, credentials, events and processes.</summary>
internal static partial class Verbs
{
    /// <summary>New processes take over; it does not happen while a function is at work.</summary>
    public const string Deploy = "deploy";

    private static readonly string[] s_services = ["EC2", "Auto Scaling", "Route 53", "SSM", "DynamoDB", "SQS", "Tailscale"];

    private static readonly Failure[] s_failures = [Failure.Unavailable, Failure.Throttled, Failure.Denied, Failure.Unavailable];

    private static readonly TimeSpan[] s_lasts = [TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3)];

    private static Verb[] OfTrouble =>
    [
        new("fail", 10, Fail),
        new("lost-answer", 6, LostAnswer),
        new("outage", 4, Outage),
        new("credentials-expire", 2, ExpireCredentials),
        new("kill-function", 8, KillFunction),
        new("half-a-page", 3, HalfAPage),
        new("lag", 4, Lag),
        new("lose-events", 4, LoseEvents),
        new("double-events", 3, DoubleEvents),
        new("delay-events", 4, DelayEvents),
        new(Deploy, 1, Deployed),
    ];

    private static string? Fail(Stage stage, int a, int b, int c)
    {
        var failure = s_failures[b % s_failures.Length];
        stage.Faults.Fail(1 + (a % 60), failure, afterEffect: false);
        return string.Create(CultureInfo.InvariantCulture, $"call {1 + (a % 60)} from now will fail: {failure}");
    }

    private static string? LostAnswer(Stage stage, int a, int b, int c)
    {
        stage.Faults.Fail(1 + (a % 60), Failure.Unavailable, afterEffect: true);
        return string.Create(CultureInfo.InvariantCulture, $"call {1 + (a % 60)} from now will be done, and its answer lost");
    }

    private static string? Outage(Stage stage, int a, int b, int c)
    {
        var (service, lasts, failure) = (s_services[a % s_services.Length], s_lasts[b % s_lasts.Length], c % 2 == 0 ? Failure.Unavailable : Failure.Throttled);
        stage.Faults.Outage(service, lasts, failure);
        return $"{service} fails every call for {lasts.TotalSeconds:0} s: {failure}";
    }

    private static string? ExpireCredentials(Stage stage, int a, int b, int c)
    {
        var lasts = s_lasts[b % s_lasts.Length];
        foreach (var service in a % 2 == 0 ? s_services.Where(service => service != "Tailscale") : ["Tailscale"])
        {
            stage.Faults.Outage(service, lasts, Failure.BadCredential);
        }

        return $"the credential for {(a % 2 == 0 ? "AWS" : "the tailnet")} has expired; in {lasts.TotalSeconds:0} s there is another";
    }

    private static string? KillFunction(Stage stage, int a, int b, int c)
    {
        stage.Faults.Kill(1 + (a % 60), afterEffect: b % 2 == 0);
        return string.Create(CultureInfo.InvariantCulture, $"the process will end {(b % 2 == 0 ? "after" : "before")} call {1 + (a % 60)} from now");
    }

    private static string? HalfAPage(Stage stage, int a, int b, int c)
    {
        stage.Faults.Halve(1 + (a % 20));
        return "a listing will answer its first page alone";
    }

    private static string? Lag(Stage stage, int a, int b, int c)
    {
        stage.Faults.Lag(s_lasts[a % 2]);
        return $"for {s_lasts[a % 2].TotalSeconds:0} s EC2's reads answer what they answered first";
    }

    private static string? LoseEvents(Stage stage, int a, int b, int c)
    {
        stage.Faults.Events(1 + (a % 6), copies: 0, TimeSpan.Zero);
        return string.Create(CultureInfo.InvariantCulture, $"the next {1 + (a % 6)} events are lost");
    }

    private static string? DoubleEvents(Stage stage, int a, int b, int c)
    {
        stage.Faults.Events(1 + (a % 6), copies: 2 + (b % 2), TimeSpan.Zero);
        return string.Create(CultureInfo.InvariantCulture, $"the next {1 + (a % 6)} events come {2 + (b % 2)} times");
    }

    private static string? DelayEvents(Stage stage, int a, int b, int c)
    {
        var delay = s_lasts[b % s_lasts.Length];
        stage.Faults.Events(1 + (a % 6), copies: 1, delay);
        return string.Create(CultureInfo.InvariantCulture, $"the next {1 + (a % 6)} events come {delay.TotalSeconds:0} s late");
    }

    private static string? Deployed(Stage stage, int a, int b, int c)
    {
        stage.World.Restart();
        return "new processes take over";
    }
}
