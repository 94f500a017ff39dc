using System.Text.Json.Serialization.Metadata;
using Amazon;
using Automation.Aws.Thin;
using Automation.Plans;

namespace Automation.Aws;

/// <summary>Route 53 Resolver API (JSON 1.1), version 2018-04-01.</summary>
internal sealed class ResolverClient(ThinClient client, AwsCaller caller) : IResolver
{
    private const string ServiceId = "Route53Resolver";
    private const int PageSize = 100;

    public static ThinConfig Config() => new(ServiceId, "route53resolver", "2018-04-01", Endpoint);

    public static ThinEndpoint Endpoint(RegionEndpoint region) =>
        new(new($"https://route53resolver.{region.SystemName}.{region.PartitionDnsSuffix}/"), region.SystemName);

    public async Task<Listing<ResolverEndpoint>> ListInboundEndpointsAsync(CancellationToken stopping)
    {
        const string Operation = "ListResolverEndpoints";
        var found = await Pages.ReadAsync<WireEndpoints, ResolverEndpoint>(
            page => AskAsync(Operation, new(PageSize, page, [new("Direction", ["INBOUND"])]), ResolverJson.Default.WireEndpoints, stopping),
            (page, listing) =>
            {
                foreach (var endpoint in Listed(Operation, page.ResolverEndpoints))
                {
                    ResolverReader.Read(endpoint, listing);
                }

                return page.NextToken;
            }).ConfigureAwait(false);

        // The others answer nobody, whatever their addresses.
        var addresses = await Pages.ReadEachAsync(
            found.Items.Where(endpoint => endpoint.Serves).DistinctBy(endpoint => endpoint.Id), endpoint => ListAddressesAsync(endpoint.Id, stopping)).ConfigureAwait(false);
        var known = addresses.ToDictionary(read => read.Of.Id, read => read.Found, StringComparer.Ordinal);
        var all = new ListingBuilder<ResolverEndpoint>();
        if (found.Problem is { } problem)
        {
            all.AddProblem(problem);
        }

        foreach (var endpoint in found.Items)
        {
            if (!known.TryGetValue(endpoint.Id, out var read))
            {
                all.Add(endpoint);
            }
            else if (read.Problem is null)
            {
                all.Add(endpoint with { Addresses = read.Items });
            }
            else
            {
                all.AddProblem($"addresses of {Printable.Of(endpoint.Id)}: {read.Problem}");
            }
        }

        return all.ToListing();
    }

    public async Task<Listing<ForwardRule>> ListForwardRulesAsync(CancellationToken stopping)
    {
        var listingRules = ListRulesAsync(stopping);
        var listingVpcs = ListRuleAssociationsAsync(stopping);
        await Task.WhenAll(listingRules, listingVpcs).ConfigureAwait(false);
        var (rules, associations) = (await listingRules.ConfigureAwait(false), await listingVpcs.ConfigureAwait(false));

        var vpcs = associations.Items.ToLookup(association => association.Rule, association => association.Vpc, StringComparer.Ordinal);
        var all = new ListingBuilder<ForwardRule>();
        foreach (var problem in new[] { rules.Problem, associations.Problem }.OfType<string>())
        {
            all.AddProblem(problem);
        }

        foreach (var rule in rules.Items)
        {
            all.Add(rule with { Vpcs = [.. vpcs[rule.Id].Distinct().Order()] });
        }

        return all.ToListing();
    }

    private Task<Listing<ResolverAddress>> ListAddressesAsync(string endpoint, CancellationToken stopping)
    {
        const string Operation = "ListResolverEndpointIpAddresses";
        return Pages.ReadAsync<WireEndpointAddresses, ResolverAddress>(
            page => AskAsync(
                Operation, new(PageSize, page, ResolverEndpointId: endpoint), ResolverJson.Default.WireEndpointAddresses, stopping),
            (page, listing) =>
            {
                foreach (var address in Listed(Operation, page.IpAddresses))
                {
                    ResolverReader.Read(address, listing);
                }

                return page.NextToken;
            });
    }

    private Task<Listing<ForwardRule>> ListRulesAsync(CancellationToken stopping)
    {
        const string Operation = "ListResolverRules";
        return Pages.ReadAsync<WireRules, ForwardRule>(
            page => AskAsync(Operation, new(PageSize, page, [new("TYPE", ["FORWARD"])]), ResolverJson.Default.WireRules, stopping),
            (page, listing) =>
            {
                foreach (var rule in Listed(Operation, page.ResolverRules))
                {
                    ResolverReader.Read(rule, listing);
                }

                return page.NextToken;
            });
    }

    private Task<Listing<(string Rule, VpcId Vpc)>> ListRuleAssociationsAsync(CancellationToken stopping)
    {
        const string Operation = "ListResolverRuleAssociations";
        return Pages.ReadAsync<WireRuleAssociations, (string Rule, VpcId Vpc)>(
            page => AskAsync(Operation, new(PageSize, page), ResolverJson.Default.WireRuleAssociations, stopping),
            (page, listing) =>
            {
                foreach (var association in Listed(Operation, page.ResolverRuleAssociations))
                {
                    ResolverReader.Read(association, listing);
                }

                return page.NextToken;
            });
    }

    private Task<T> AskAsync<T>(string operation, ResolverQuestion question, JsonTypeInfo<T> type, CancellationToken stopping)
        where T : class =>
        caller.CallAsync(
            operation,
            token => client.SendAsync(
                ThinCall.Json(ServiceId, $"{ServiceId}.{operation}", question, ResolverJson.Default.ResolverQuestion), type, token),
            stopping);

    private IReadOnlyList<T> Listed<T>(string operation, IReadOnlyList<T>? list) =>
        list ?? throw caller.Unreadable(operation, "the answer has no list");
}
