using System.Globalization;
using Automation.Aws;
using Automation.Lambda;
using Automation.Ledger;
using Automation.Names;
using Automation.Network;
using Automation.Plans;
using Automation.Routes;
using Automation.Tailscale;
using Microsoft.Extensions.Logging;

namespace Automation.Nodes;

/// <summary>Gives a node its auth key and its settings, so that there is never a second usable key, and none that nobody knows.</summary>
public sealed partial class NodeRegistration(IAws aws, ITailscale tailscale, ILedger ledger, Settings settings, TimeProvider time, ILogger log)
{
    /// <param name="record">The ledger's entry as it was read; null where it has none.</param>
    /// <param name="hasKeyParameter">A key parameter that is there is of no use any more.</param>
    /// <returns>The key, which is not in the answer; null where somebody else registers the node at the same time.</returns>
    public async Task<KeyId?> RegisterAsync(Scope scope, Instance instance, NodeProfile profile, NodeRecord? record, bool hasKeyParameter, CancellationToken stopping)
    {
        var services = aws.In(scope);
        var id = instance.Id;

        // A key without its parameter is lost, and a parameter without its key is spent: neither helps the node, and there is never a second usable key.
        if (record?.Key is { } lost)
        {
            await tailscale.DeleteKeyAsync(lost, stopping);
        }

        if (hasKeyParameter)
        {
            await services.Ssm.DeleteParametersAsync([KeyParameter(id)], stopping);
        }

        var home = instance.Vpc ?? throw new ArgumentException("An instance without a VPC is no node.", nameof(instance));
        var vpcs = profile.IsRouter ? services.Ec2.DescribeVpcsAsync(home, stopping) : null;
        var key = await tailscale.CreateAuthKeyAsync(AuthKey.DescriptionFor(id), profile.Tags, LaunchPlanner.KeyLife, stopping);
        try
        {
            var (routes, dns64) = vpcs is null ? (PrefixSet.Empty, null) : Served(instance, home, await vpcs);
            var written = services.Ssm.PutStringAsync(
                NodeParameters.Name(settings.ParameterPrefix, id, NodeParameters.Settings), NodeSettings.Of(profile, routes).With(dns64).ToJson(), id, stopping);
            var recorded = ledger.PutNodeAsync(
                new(id, scope, profile.Role, home, time.GetUtcNow(), key.Id, key.Expires, null, routes, null, record?.Version ?? 0), stopping);
            await Task.WhenAll(written, recorded);

            if (await recorded is null)
            {
                await tailscale.DeleteKeyAsync(key.Id, stopping);
                return null;
            }
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            // Nobody has the key: do not leave it to its expiry if that can be helped. The reconcile finds it otherwise.
            await TryRevokeAsync(key.Id, stopping);
            throw;
        }

        // The key goes last: a node that finds it finds everything, and a key that the ledger does not know never reaches a node.
        // From here on a failure revokes nothing: the call may have been done, and the next look sees whether it was.
        if (!await services.Ssm.CreateSecretAsync(KeyParameter(id), key.Value, id, stopping)
            && (await services.Ssm.GetSecretAsync(KeyParameter(id), stopping))?.Reveal() != key.Value.Reveal())
        {
            await services.Ssm.DeleteParametersAsync([KeyParameter(id)], stopping);
            return null;
        }

        return key.Id;
    }

    public string KeyParameter(InstanceId id) => NodeParameters.Name(settings.ParameterPrefix, id, NodeParameters.AuthKey);

    private static (PrefixSet Routes, Dns64? Dns64) Served(Instance instance, VpcId home, Listing<Vpc> answer)
    {
        var vpc = answer.Items.FirstOrDefault(vpc => vpc.Id == home)
            ?? throw new CallFailedException(Failure.Unavailable, "EC2", "DescribeVpcs", "empty", $"{home} of {instance.Id} was not in the answer.");
        var routes = ServedVpcs.OwnCidrs(vpc, new List<Finding>());
        return (routes, Dns64Of(instance, vpc, routes));
    }

    // By the tag that shows the VPC's site. The ledger decides, and a look: no name is forwarded to the node before it was told by those.
    private static Dns64? Dns64Of(Instance instance, Vpc vpc, PrefixSet routes) =>
        instance.Dns64 && int.TryParse(vpc.SiteTag, NumberStyles.None, CultureInfo.InvariantCulture, out var site) && SiteIds.Allows(site)
            ? new(site, ServedVpc.ResolverOf(vpc), PrefixSet.Of(routes.Where(prefix => !prefix.IsIPv6)))
            : null;

    private async Task TryRevokeAsync(KeyId key, CancellationToken stopping)
    {
        using var last = new CancellationTokenSource(Budget.LastCall, time);
        try
        {
            await tailscale.DeleteKeyAsync(key, stopping.IsCancellationRequested ? last.Token : stopping);
        }
        catch (Exception e) when (e is CallFailedException or OperationCanceledException)
        {
            LogKeyLeft(log, key.ToString(), e.Message);
        }
    }

    [LoggerMessage(3002, LogLevel.Warning, "Auth key {Key} could not be revoked and ends with its expiry, or with the next reconcile: {Why}")]
    private static partial void LogKeyLeft(ILogger log, string key, string why);
}
