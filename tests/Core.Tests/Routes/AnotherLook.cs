using System.Collections.Immutable;
using Automation.Plans;
using CsCheck;

namespace Automation.Routes;

/// <summary>The same network, seen in another way.</summary>
internal static class AnotherLook
{
    /// <summary>Found in another order, down to the last list.</summary>
    public static Snapshot Shuffled(Snapshot seen, ulong seed)
    {
        var random = new Random((int)seed);
        ImmutableArray<T> Mix<T>(ImmutableArray<T> items)
        {
            var mixed = items.ToArray();
            random.Shuffle(mixed);
            return [.. mixed];
        }

        Seen<T> Each<T>(Seen<T> part, Func<T, T> inside) => part with { Items = Mix([.. part.Items.Select(inside)]) };
        Seen<T> Part<T>(Seen<T> part) => Each(part, item => item);
        return seen with
        {
            Scopes = Mix([.. seen.Scopes.Select(scope => scope with
            {
                Vpcs = Each(scope.Vpcs, vpc => vpc with { Cidrs = Mix(vpc.Cidrs) }),
                Instances = Part(scope.Instances),
                Zones = Part(scope.Zones),
                PublicZones = Part(scope.PublicZones),
                Endpoints = Each(scope.Endpoints, endpoint => endpoint with { Addresses = Mix(endpoint.Addresses) }),
                Rules = Each(scope.Rules, rule => rule with { Vpcs = Mix(rule.Vpcs) }),
                Network = new()
                {
                    Subnets = Part(scope.Network.Subnets),
                    RouteTables = Each(scope.Network.RouteTables, table => table with { Subnets = Mix(table.Subnets), Routes = Mix(table.Routes) }),
                    Peerings = Part(scope.Network.Peerings),
                    TransitAttachments = Each(scope.Network.TransitAttachments, attachment => attachment with { Subnets = Mix(attachment.Subnets) }),
                    TransitRouteTables = Each(scope.Network.TransitRouteTables, table => table with
                    {
                        Routes = Mix([.. table.Routes.Select(route => route with { Attachments = Mix(route.Attachments) })]),
                    }),
                    PrefixLists = Part(scope.Network.PrefixLists),
                },
            })]),
            Devices = Part(seen.Devices),
            Health = Part(seen.Health),
            Nodes = Part(seen.Nodes),
            Sites = Part(seen.Sites),
            SplitDns = Part(seen.SplitDns),
            Domains = Part(seen.Domains),
            Associations = Part(seen.Associations),
        };
    }

    /// <summary>With parts unread: all of a part, or some of it, as when the second page fails.</summary>
    public static Snapshot Unread(Snapshot all, ulong seed)
    {
        var dice = new PCG(19, seed);
        var oneIn = 2 + dice.Next(12);   // from nearly everything to little
        // Or one part alone: what is hidden by another part that is missing too shows best so.
        var (only, at) = dice.Next(2) == 0 ? ((int)dice.Next((uint)((all.Scopes.Length * 10) + 7)), 0) : (-1, 0);
        Seen<T> Part<T>(Seen<T> part) => (only < 0 ? dice.Next(oneIn) != 0 : at++ != only) ? part
            : dice.Next(2) == 0 ? Seen<T>.Unknown("AccessDenied")
            : new([.. part.Items.Where(_ => dice.Next(2) == 0)], "Throttling");
        return all with
        {
            Scopes = [.. all.Scopes.Select(scope => only < 0 && dice.Next(8) == 0
                ? ScopeSeen.Unseen(scope.Scope, ScopeSeen.NotLookedAt)
                : scope with
                {
                    Vpcs = Part(scope.Vpcs),
                    Instances = Part(scope.Instances),
                    Zones = Part(scope.Zones),
                    Endpoints = Part(scope.Endpoints),
                    Network = new()
                    {
                        Subnets = Part(scope.Network.Subnets),
                        RouteTables = Part(scope.Network.RouteTables),
                        Peerings = Part(scope.Network.Peerings),
                        TransitAttachments = Part(scope.Network.TransitAttachments),
                        TransitRouteTables = Part(scope.Network.TransitRouteTables),
                        PrefixLists = Part(scope.Network.PrefixLists),
                    },
                })],
            Devices = Part(all.Devices),
            Health = Part(all.Health),
            Nodes = Part(all.Nodes),
            Sites = Part(all.Sites),
            SplitDns = Part(all.SplitDns),
            Domains = Part(all.Domains),
            Associations = Part(all.Associations),
        };
    }

    /// <summary>With one router that lost its connection half a minute ago.</summary>
    public static Snapshot Blinking(Snapshot seen, DeviceId device) => seen with
    {
        Devices = seen.Devices with
        {
            Items = [.. seen.Devices.Items.Select(other => other.Id == device ? other with { Connected = false, LastSeen = seen.ObservedAt.AddSeconds(-30) } : other)],
        },
    };
}
