using System.Text.Json.Nodes;
using Automation.Sandbox;

namespace Automation.EndToEnd;

/// <summary>The functions without any stored secret, under the roles that the template has then: STS says who calls, and the tailnet trusts its word.</summary>
public sealed class FederationStories(Moto moto) : IAsyncLifetime
{
    private Installation _here = null!;

    public async ValueTask InitializeAsync() => _here = await Installation.CreateAsync(moto, federated: true);

    public ValueTask DisposeAsync() => _here.DisposeAsync();

    [Fact]
    public async Task A_router_is_admitted_and_looked_at_and_no_parameter_holds_a_credential()
    {
        var routers = await _here.CreateRoutersAsync("10.10.0.0/16");
        var node = await _here.StartAsync("NodeLifecycle");
        await _here.BringInAsync(node, routers[0]);
        await AssertCompleteAsync(await _here.StartAsync("Reconcile"));

        Assert.Equal(["NodeLifecycle", "Reconcile"], await ProversAsync());
        Assert.DoesNotContain(_here.Api.Requests, request => request.Path == "/api/v2/oauth/token");
        foreach (var function in (string[])["NodeLifecycle", "Reconcile"])
        {
            var sids = _here.Statements[function].Select(statement => (string?)statement!["Sid"]).ToList();
            Assert.DoesNotContain("ReadCredential", sids);
            Assert.DoesNotContain("DecryptCredential", sids);
        }
    }

    [Fact]
    public async Task A_role_may_not_prove_itself_to_anyone_else()
    {
        _here.ExpectRefusal("sts:GetWebIdentityToken");
        var other = _here.Tailnet.AddFederatedIdentity(_here.Account.Issuer, "*", ["tag:aws-router"], ["all"]);
        var problem = await ProblemAsync(("TAILSCALE_CREDENTIAL", $"federated:{other.Id}"));

        Assert.Contains("STS GetWebIdentityToken failed (AccessDenied)", problem, StringComparison.Ordinal);
        Assert.Contains($"for the audience (sts:IdentityTokenAudience) api.tailscale.com/{other.Id}", problem, StringComparison.Ordinal);
        Assert.Empty(await ProversAsync());
    }

    [Fact]
    public async Task An_account_without_outbound_federation_says_how_to_turn_it_on()
    {
        await _here.Account.FailAsync(
            MotoFault.Error(403, "OutboundWebIdentityFederationDisabledException", "Outbound web identity federation is disabled") with { Times = null }, "sts", "GetWebIdentityToken");

        Assert.Contains("aws iam enable-outbound-web-identity-federation", await ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tailnet_that_trusts_another_role_leaves_the_cause_to_be_seen_in_what_was_shown()
    {
        var other = _here.Tailnet.AddFederatedIdentity(_here.Account.Issuer, "arn:aws:iam::111122223333:role/Other-*", ["tag:aws-router"], ["all"]);
        var prove = Assert.Single(_here.Statements["Reconcile"], statement => (string?)statement!["Sid"] == "ProveIdentity")!;
        prove["Condition"]!["ForAllValues:StringEquals"]!["sts:IdentityTokenAudience"] = $"api.tailscale.com/{other.Id}";
        await _here.Account.EnforceIamAsync(_here.Statements);

        var problem = await ProblemAsync(("TAILSCALE_CREDENTIAL", $"federated:{other.Id}"));

        Assert.Contains(
            $"issuer {_here.Account.Issuer}, subject arn:aws:iam::{_here.Account.Id}:role/Reconcile, audience api.tailscale.com/{other.Id}, algorithm ES384",
            problem,
            StringComparison.Ordinal);
        Assert.Equal($"the subject is arn:aws:iam::{_here.Account.Id}:role/Reconcile", _here.Tailnet.LastRefusalOf(other.Id));
    }

    private async Task<string> ProblemAsync(params (string Name, string? Value)[] changes)
    {
        var report = await LookAsync(await _here.StartAsync("Reconcile", changes));
        return (string)report["findings"]!.AsArray().First(finding => (string?)finding!["rule"] == "tailnet-incomplete")!["text"]!;
    }

    private static async Task AssertCompleteAsync(Function reconcile) =>
        Assert.DoesNotContain("incomplete", (await LookAsync(reconcile))["findings"]!.ToJsonString(), StringComparison.Ordinal);

    private static async Task<JsonNode> LookAsync(Function reconcile)
    {
        var answer = await reconcile.InvokeAsync("{}");
        Assert.True(answer.Kind == RuntimeAnswerKind.Response, answer.Body);
        return JsonNode.Parse(answer.Body)!;
    }

    private async Task<IEnumerable<string>> ProversAsync() => (await _here.Account.DecisionsAsync())
        .Where(decision => decision.Action == "sts:GetWebIdentityToken" && decision.AllowedBy.SequenceEqual(["ProveIdentity"]))
        .Select(decision => decision.Role)
        .Order(StringComparer.Ordinal);
}
