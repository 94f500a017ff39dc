using System.Collections.Immutable;
using Automation.Network;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>By which addresses a VPC is reached.</summary>
/// <param name="Plain">The prefixes that are served as they are; the others are held back.</param>
/// <param name="Uncertain">Prefixes that are held back only for what was not read: nobody gets them now, and nobody loses them.</param>
/// <param name="Site">Its 4via6 site id, by which its IPv4 prefixes are served as well; null where it has none.</param>
public sealed record VpcAddresses(VpcService Service, PrefixSet Plain, PrefixSet Uncertain, int? Site)
{
    /// <summary>The 4via6 form of all IPv4 prefixes given.</summary>
    public PrefixSet Via6Of(PrefixSet prefixes) => Site is { } site ? PrefixSet.Of(prefixes.Where(prefix => !prefix.IsIPv6).Select(prefix => Via6.Of(site, prefix))) : [];
}

/// <summary>
/// Two VPCs with the same addresses cannot both be reached at them: clients would meet one or the other. Whoever is approved now keeps its
/// prefix, because people use it; a newcomer is reached by 4via6. An operator's tag on the VPC goes before.
/// </summary>
internal static class Overlaps
{
    private const string PinPlain = "plain", PinVia6 = "via6";

    private const int MostNamed = 3;

    /// <param name="isComplete">VPCs, instances, network, devices and nodes were read completely.</param>
    public static ImmutableArray<VpcAddresses> Resolve(
        Snapshot seen,
        ImmutableArray<VpcService> services,
        Incumbents incumbents,
        bool isComplete,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var claims = services.SelectMany(service => Claimed(service, incumbents).Select(prefix => new Claim(prefix, service.Vpc.Id)))
            .Concat(incumbents.Left.Select(left => new Claim(left.Prefix, left.Vpc))).Distinct().Order().ToImmutableArray();
        var all = claims.Concat(incumbents.Unread.Select(unread => new Claim(unread.Prefix, unread.Vpc))).Distinct().Order().ToImmutableArray();
        var amongKnown = Overlapping(claims);
        var overlapping = Overlapping(all);
        var neighbours = overlapping.Count == 0 ? null : new PrefixTable<ImmutableArray<Claim>>(all.GroupBy(claim => claim.Prefix).Select(same => (same.Key, same.ToImmutableArray())));
        var remembered = seen.Sites.Items.Where(site => site is { ReleasedAt: null, Plain: not null }).OrderBy(site => site.Site).DistinctBy(site => site.Vpc).ToDictionary(site => site.Vpc, site => site.Plain!);
        var pins = services.ToDictionary(service => service.Vpc.Id, service => Pin(service.Vpc, findings));

        var needSite = services
            .Where(service => pins[service.Vpc.Id] == PinVia6 || service.Prefixes.Any(prefix => !prefix.IsIPv6 && amongKnown.Contains(new(prefix, service.Vpc.Id))))
            .ToImmutableArray();
        var sites = SitePlanner.Plan(seen, services, needSite, additions, withdrawals, findings);

        var resolved = ImmutableArray.CreateBuilder<VpcAddresses>(services.Length);
        foreach (var service in services)
        {
            var id = service.Vpc.Id;
            var site = sites.TryGetValue(id, out var assigned) ? assigned : (int?)null;
            var plain = service.Prefixes.Where(prefix => IsPlain(new(prefix, id)));
            foreach (var prefix in service.Prefixes.Where(prefix => overlapping.Contains(new(prefix, id))))
            {
                findings.Add(Describe(new(prefix, id), plain.Contains(prefix), site));
            }

            Remember(service, plain, site);
            resolved.Add(new(service, plain, service.Prefixes.Where(prefix => !plain.Contains(prefix) && !amongKnown.Contains(new(prefix, id)) && overlapping.Contains(new(prefix, id))), site));
        }

        return resolved.ToImmutable();

        bool IsPlain(Claim claim) =>
            (pins[claim.Vpc] != PinVia6 || claim.Prefix.IsIPv6)
            && (!overlapping.Contains(claim)
                || Keeps(claim)
                || (remembered.GetValueOrDefault(claim.Vpc)?.Covers(claim.Prefix) == true && !Others(claim).Any(other => IsInUse(other) || remembered.GetValueOrDefault(other.Vpc)?.Covers(other.Prefix) == true))
                // A pin never takes an address from people who use it: the other has to be pinned to via6, and withdrawn, first.
                || (pins[claim.Vpc] == PinPlain && !Others(claim).Any(other => IsInUse(other) || pins.GetValueOrDefault(other.Vpc) == PinPlain)));

        // Only from a whole view, and of what routers that have joined serve: what is remembered is for when there are none.
        void Remember(VpcService service, PrefixSet plain, int? site)
        {
            var joined = PrefixSet.Of(service.Servers.Where(server => server.Router.Device is not null).SelectMany(server => server.Prefixes));
            var now = plain.Intersect(joined).Where(prefix => !prefix.IsIPv6);
            if (site is { } id && isComplete && seen.Sites.IsComplete && !joined.IsEmpty && !service.Waits && !now.Equals(remembered.GetValueOrDefault(service.Vpc.Id, PrefixSet.Empty)))
            {
                additions.Add(new(new PlanAction.RememberPlain(service.Vpc.Id, id, now), $"plain:{service.Vpc.Id}", [SitePlanner.Group(service.Vpc.Id)]));
            }
        }

        // What only the device of a router that is gone still has may be another's by now.
        bool Keeps(Claim claim) => incumbents.Of(claim.Vpc).Covers(claim.Prefix)
            && (incumbents.LiveOf(claim.Vpc).Covers(claim.Prefix) || !Others(claim).Any(other => incumbents.LiveOf(other.Vpc).Covers(other.Prefix)));

        bool IsInUse(Claim claim) => incumbents.Of(claim.Vpc).Covers(claim.Prefix) || incumbents.Unread.Contains((claim.Prefix, claim.Vpc));

        IEnumerable<Claim> Others(Claim claim) => neighbours!.Related(claim.Prefix).SelectMany(same => same).Where(other => other.Vpc != claim.Vpc);

        Finding Describe(Claim claim, bool stays, int? site)
        {
            var others = Others(claim).Take(MostNamed + 1).ToImmutableArray();
            var what = $"{claim.Prefix} overlaps {string.Join(", ", others.Take(MostNamed).Select(other => $"{other.Prefix} of {other.Vpc}"))}{(others.Length > MostNamed ? " and others" : "")}: ";
            var both = stays && others.Any(other => IsInUse(other) && pins.GetValueOrDefault(other.Vpc) != PinVia6);
            return new("overlapping-vpc", both ? Finding.Error : Finding.Warning, claim.Vpc.ToString(), what + (
                both ? $"both are approved and left as they are, so clients may reach the wrong VPC; set {VpcTags.Overlap} = {PinVia6} on one of them."
                : stays ? "it is approved already, or pinned, and is reached as it is."
                : pins[claim.Vpc] == PinPlain && !claim.Prefix.IsIPv6 ? $"it is to be plain, and waits while the other is: set {VpcTags.Overlap} = {PinVia6} there first."
                : site is not null && !claim.Prefix.IsIPv6 ? $"it is reached as {Via6.Of(site.Value, claim.Prefix)} of site {site.Value} only."
                : "it is held back; renumber the VPC, or set tailscale:advertise = false on one of them."));
        }
    }

    // Of a VPC that waits, also what stand-ins go on serving.
    private static PrefixSet Claimed(VpcService service, Incumbents incumbents) => !service.Waits
        ? service.Prefixes
        : service.Prefixes.Union(incumbents.Of(service.Vpc.Id).Where(prefix => service.Vpc.Cidrs.Any(cidr => cidr.State == VpcCidr.Associated && cidr.Prefix.Contains(prefix))));

    private static string? Pin(Vpc vpc, ICollection<Finding> findings)
    {
        if (vpc.Overlap is not (null or "" or PinPlain or PinVia6))
        {
            findings.Add(new("unknown-overlap", Finding.Warning, vpc.Id.ToString(), $"{VpcTags.Overlap} = '{Printable.Of(vpc.Overlap)}' is neither {PinPlain} nor {PinVia6}, and counts as not set."));
        }

        return vpc.Overlap;
    }

    private static HashSet<Claim> Overlapping(ImmutableArray<Claim> claims)
    {
        var owners = new Dictionary<VpcId, int>();
        var prefixes = new Prefix[claims.Length];
        var owner = new int[claims.Length];
        var overlaps = new bool[claims.Length];
        for (var i = 0; i < claims.Length; i++)
        {
            prefixes[i] = claims[i].Prefix;
            if (!owners.TryGetValue(claims[i].Vpc, out owner[i]))
            {
                owners[claims[i].Vpc] = owner[i] = owners.Count;
            }
        }

        PrefixSweep.Mark(prefixes, owner, overlaps);
        return [.. claims.Where((_, i) => overlaps[i])];
    }

    private readonly record struct Claim(Prefix Prefix, VpcId Vpc) : IComparable<Claim>
    {
        public int CompareTo(Claim other) => Prefix.CompareTo(other.Prefix) is not 0 and var order ? order : Vpc.CompareTo(other.Vpc);
    }
}
