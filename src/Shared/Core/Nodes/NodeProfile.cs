using System.Collections.Immutable;
using System.Globalization;
using Automation.Network;
using Automation.Plans;

namespace Automation.Nodes;

/// <summary>What the roles of an instance mean for its device: how it registers, and what it is to be.</summary>
/// <param name="Roles">Those that are looked after, in the order of the tag.</param>
/// <param name="Tags">All tags of all these roles: an auth key gives a device every tag of its own.</param>
/// <param name="Flags">Options of the Tailscale client, by name and without dashes, beside those of every node.</param>
public sealed record NodeProfile(InstanceId Instance, ImmutableArray<string> Roles, ImmutableArray<string> Tags, ImmutableSortedDictionary<string, string> Flags)
{
    /// <summary>The EC2 tag with the UDP port of a peer relay.</summary>
    public const string RelayPortTag = "tailscale:relay-port";

    /// <summary>The EC2 tag with the addresses by which a peer relay is reached through a load balancer: <c>address:port</c>, joined with <c>+</c>.</summary>
    public const string RelayEndpointsTag = "tailscale:relay-endpoints";

    /// <summary>Tailscale's own example: its clients take any.</summary>
    public const int RelayPort = 40000;

    /// <summary>Both default routes: an exit node offers them together or not at all.</summary>
    public static readonly PrefixSet DefaultRoutes = PrefixSet.Of([Prefix.Parse("0.0.0.0/0"), Prefix.Parse("::/0")]);

    public string HostName => NodeHostName.Of(Roles[0], Instance);

    public bool IsRouter => Roles.Contains(NodeRoles.SubnetRouter);

    public bool IsExitNode => Roles.Contains(NodeRoles.ExitNode);

    /// <summary>What the ledger remembers it by.</summary>
    public string Role => string.Join('+', Roles);

    /// <param name="findings">What is wrong with the instance's tags; null where nobody asks.</param>
    /// <returns>null where nothing is done for the instance.</returns>
    public static NodeProfile? Of(Instance instance, NodeTags tags, ICollection<Finding>? findings = null)
    {
        var named = NodeRoles.Parse(instance.Role);
        if (named.IsEmpty)
        {
            findings?.Add(new("unknown-role", Finding.Warning, instance.Id.ToString(), $"{NodeRoles.Tag} is missing or empty, so nothing is done for it: it is one or more of {string.Join(", ", NodeRoles.Known)}, joined with +."));
            return null;
        }

        var served = named.RemoveAll(role => !IsServed(instance.Id, role, alone: named.Length == 1, tags, findings));
        if (served.IsEmpty)
        {
            return null;
        }

        var flags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (served.Contains(NodeRoles.ExitNode))
        {
            flags.Add("advertise-exit-node", "true");
        }

        if (served.Contains(NodeRoles.AppConnector))
        {
            flags.Add("advertise-connector", "true");
        }

        if (served.Contains(NodeRoles.PeerRelay))
        {
            flags.Add("relay-server-port", Port(instance, findings));
            if (Endpoints(instance, findings) is { Length: > 0 } endpoints)
            {
                flags.Add("relay-server-static-endpoints", endpoints);
            }
        }

        return new(instance.Id, served, [.. served.SelectMany(role => tags.Of(role)).Distinct()], flags.ToImmutable());
    }

    private static bool IsServed(InstanceId instance, string role, bool alone, NodeTags tags, ICollection<Finding>? findings)
    {
        if (!NodeRoles.Known.Contains(role))
        {
            findings?.Add(new("unknown-role", Finding.Warning, instance.ToString(), $"{NodeRoles.Tag} names the unknown role '{Printable.Of(role)}': it is one or more of {string.Join(", ", NodeRoles.Known)}, joined with +."));
            return false;
        }

        if (role == NodeRoles.SessionRecorder && !alone)
        {
            // tsrecorder is a node of its own beside tailscaled: docs/operations.md
            findings?.Add(new("recorder-not-alone", Finding.Warning, instance.ToString(), $"The role {role} goes with no other: a recorder is a device of its own. Give it an instance of its own."));
            return false;
        }

        if (tags.Of(role).IsEmpty)
        {
            findings?.Add(new("role-without-tag", Finding.Warning, instance.ToString(), $"Nothing is done for its role {role}: NODE_TAGS gives it no tag. Add {role}=tag:..., and the tag to the policy file's tagOwners."));
            return false;
        }

        return true;
    }

    private static string Port(Instance instance, ICollection<Finding>? findings)
    {
        var standard = RelayPort.ToString(CultureInfo.InvariantCulture);
        if (instance.RelayPort is not { Length: > 0 } port)
        {
            return standard;
        }

        if (ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }

        findings?.Add(new("relay-malformed", Finding.Warning, instance.Id.ToString(), $"{RelayPortTag} is '{Printable.Of(port)}', which is no port: {standard} is used. It is a number from 1 to 65535."));
        return standard;
    }

    private static string? Endpoints(Instance instance, ICollection<Finding>? findings)
    {
        // EC2 takes no comma in every tag of every tool, so a plus sign joins them as it joins roles.
        string[] endpoints = [.. (instance.RelayEndpoints ?? "").Split(['+', ',', ' '], StringSplitOptions.RemoveEmptyEntries)];
        if (endpoints.FirstOrDefault(endpoint => !IsEndpoint(endpoint)) is { } wrong)
        {
            findings?.Add(new("relay-malformed", Finding.Warning, instance.Id.ToString(), $"{RelayEndpointsTag} has '{Printable.Of(wrong)}' in it, so none of it is used. It is address:port, such as 203.0.113.7:{RelayPort}, several joined with +."));
            return null;
        }

        return string.Join(',', endpoints);
    }

    private static bool IsEndpoint(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && (text[0] == '['
                ? text[colon - 1] == ']' && Address.TryParse(text[1..(colon - 1)], out var v6) && v6.IsIPv6
                : Address.TryParse(text[..colon], out var v4) && !v4.IsIPv6);
    }
}
