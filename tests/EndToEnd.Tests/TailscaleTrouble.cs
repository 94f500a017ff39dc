using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>Whatever the Tailscale API answers, the log says what it was and what to do, and nothing is lost.</summary>
public sealed class TailscaleTrouble(Troubled troubled) : IClassFixture<Troubled>
{
    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["400 for a tag that the client may not give"] = new(
            new("POST", "/keys", 400, Says("requested tags [tag:aws-router] are invalid or not permitted")), 1, 30,
            "Tailscale POST /tailnet/{tailnet}/keys failed (400)", "name it under these tags in tagOwners of the policy file"),
        ["401 again and again"] = new(
            new("GET", "/devices", 401, Says("API token invalid")), 2, 30,
            "Tailscale GET /tailnet/{tailnet}/devices failed (401)", "Check the credential: it may have expired or been revoked."),
        ["403"] = new(
            new("POST", "/keys", 403, Says("calling actor does not have enough permissions")), 1, 30,
            "Tailscale POST /tailnet/{tailnet}/keys failed (403)", "the scope auth_keys", "check its tags"),
        ["404 for the tailnet"] = new(
            new("GET", "/devices", 404, Says("tailnet not found")), 1, 30,
            "Tailscale GET /tailnet/{tailnet}/devices failed (404): tailnet not found", "Check TAILNET"),
        ["429 with Retry-After"] = new(
            new("GET", "/devices", 429, Says("too many requests")) { Headers = [("Retry-After", "42")] }, 1, 42,
            "Tailscale GET /tailnet/{tailnet}/devices failed (429): too many requests"),
        ["429 with a Retry-After of an hour"] = new(
            new("POST", "/keys", 429, Says("too many requests")) { Headers = [("Retry-After", "3600")] }, 1, 60,
            "Tailscale POST /tailnet/{tailnet}/keys failed (429): too many requests"),
        ["429 without Retry-After"] = new(
            new("GET", "/devices", 429), 3, 5, "Tailscale GET /tailnet/{tailnet}/devices failed (429): no message"),
        ["500"] = new(
            new("GET", "/devices", 500, Says("internal error")), 3, 5, "Tailscale GET /tailnet/{tailnet}/devices failed (500): internal error"),
        ["500 for a key"] = new(
            new("POST", "/keys", 500, Says("internal error")), 1, 5, "Tailscale POST /tailnet/{tailnet}/keys failed (500): internal error"),
        ["504 after the key was made"] = new(
            new("POST", "/keys", 504, Says("request took too long")) { AfterEffect = true }, 1, 5,
            "Tailscale POST /tailnet/{tailnet}/keys failed (504): request took too long"),
        ["a connection cut after the key was made"] = new(
            new("POST", "/keys", 0) { AfterEffect = true, CutOff = true }, 1, 5, "Tailscale POST /tailnet/{tailnet}/keys failed (no answer)"),
        ["a page in HTML with 200"] = new(
            new("GET", "/devices", 200, "<html><body>Sign in</body></html>") { ContentType = "text/html" }, 1, 5,
            "Tailscale GET /tailnet/{tailnet}/devices failed (200): the answer is not the JSON that the API documents"),
        ["a page in HTML with 502"] = new(
            new("GET", "/devices", 502, "<html><body>Bad gateway</body></html>") { ContentType = "text/html" }, 3, 5,
            "Tailscale GET /tailnet/{tailnet}/devices failed (502): no message"),
        ["nothing with 200"] = new(
            new("POST", "/keys", 200), 1, 5, "Tailscale POST /tailnet/{tailnet}/keys failed (200): the answer is empty"),
        ["null where a list should be"] = new(
            new("GET", "/devices", 200, """{"devices":null}"""), 1, 5,
            "Tailscale GET /tailnet/{tailnet}/devices failed (200): the list of devices is null"),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private Installation Here => troubled.Here;

    private Function Function => troubled.Function;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_answer_is_named_with_its_remedy_and_nothing_is_lost(string name)
    {
        var trouble = s_cases[name];
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        for (var count = 0; count < trouble.Times; count++)
        {
            Here.Api.Respond(trouble.Answer);
        }

        var met = await troubled.MeetAsync(router, trouble.DelaySeconds);
        Function.AssertLogged(met.Logged, "ERROR", [$"{router}: ", .. trouble.Words]);
        Assert.True(Assert.Single(await Here.Account.LifecycleAsync()).Accepted);
        await troubled.RecoverAsync(router, met);
    }

    [Fact]
    public async Task A_route_that_was_approved_though_the_answer_was_504_is_not_taken_for_a_failure()
    {
        var router = await troubled.NextRouterAsync();
        await Here.HoldAsync(router, Installation.LaunchHook);
        var launched = await Here.DeliverAsync(Function);
        await Here.JoinAsync(router);
        Here.Api.Respond(new("POST", "/routes", 504, Says("request took too long")) { AfterEffect = true });

        Assert.Empty((await Here.RedeliverAsync(Function, launched)).Unfinished);
        Assert.Equal("InService", (await Here.World.LifecycleStatesAsync(Installation.Group))[router]);
    }

    [Fact]
    public async Task A_leaving_router_whose_device_cannot_be_deleted_is_kept_waiting_and_then_goes_and_is_not_forgotten()
    {
        var stays = await troubled.NextRouterAsync();
        var leaves = await troubled.NextRouterAsync();
        await Here.BringInAsync(Function, stays);
        var device = await Here.BringInAsync(Function, leaves);
        await Here.Account.ResetAsync();

        await Here.HoldAsync(leaves, Installation.TerminateHook);
        Here.Api.Respond(new("DELETE", $"/device/{device}", 403, Says("not allowed")));
        var left = await Here.DeliverAsync(Function);
        var message = Assert.Single(left.Unfinished);
        Function.AssertLogged(left.Logged, "ERROR", $"{leaves}: Tailscale DELETE /device/{{id}} failed (403): not allowed", "devices:core");
        Assert.Equal("Terminating:Wait", (await Here.World.LifecycleStatesAsync(Installation.Group))[leaves]);
        await Here.World.DeleteMessageAsync(Here.Queue.Url, message.ReceiptHandle);

        // The same, two minutes after it was announced.
        await Here.SendHeldAsync(leaves, Installation.TerminateHook, "the same", DateTimeOffset.UtcNow - TimeSpan.FromMinutes(3));
        Here.Api.Respond(new("DELETE", $"/device/{device}", 403, Says("not allowed")));
        var late = await Here.DeliverAsync(Function);
        Assert.Empty(late.Unfinished);
        Function.AssertLogged(late.Logged, "ERROR", $"{leaves} goes with work left for the reconcile");
        Assert.Equal("terminated", (await Here.World.DescribeInstanceAsync(leaves))?.State.Name.Value);
        Assert.True((await Here.World.LedgerItemAsync(Installation.Ledger, $"node#{leaves}"))!.ContainsKey("goneAt"));
    }

    private static string Says(string message) => $$"""{"message":"{{message}}"}""";

    /// <param name="Times">How often the function asks before it takes no for an answer.</param>
    private sealed record Case(CannedAnswer Answer, int Times, int DelaySeconds, params string[] Words);
}
