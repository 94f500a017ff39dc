using System.Collections.Immutable;
using System.Globalization;
using Automation.Plans;

namespace Automation.Routes;

/// <summary>Gives 4via6 site ids to VPCs that need one: for the VPC's life, the lowest that is free, and none that rests.</summary>
internal static class SitePlanner
{
    /// <summary>A step that serves a VPC by its site comes after the step that gives it.</summary>
    public static string Group(VpcId vpc) => $"site:{vpc}";

    /// <param name="needing">VPCs that overlap others now, or are pinned.</param>
    /// <returns>The id of every VPC that has one, or gets one in this plan.</returns>
    public static Dictionary<VpcId, int> Plan(
        Snapshot seen,
        ImmutableArray<VpcService> services,
        ImmutableArray<VpcService> needing,
        ICollection<PlannedStep> additions,
        ICollection<PlannedStep> withdrawals,
        ICollection<Finding> findings)
    {
        var sites = new Dictionary<VpcId, int>();
        var taken = new HashSet<int>();
        var resting = new Dictionary<VpcId, int>();
        foreach (var record in seen.Sites.Items.OrderBy(record => record.ReleasedAt is not null).ThenBy(record => record.Site).ThenBy(record => record.Vpc))
        {
            if (!SiteIds.Allows(record.Site))
            {
                findings.Add(new("site-id-refused", Finding.Error, record.Vpc.ToString(), string.Create(CultureInfo.InvariantCulture, $"The ledger gives it the 4via6 site id {record.Site}, which is not used: ids are {SiteIds.First} to {SiteIds.Last}, without {SiteIds.Skipped}. Delete the ledger's item site-id#{record.Site}.")));
            }
            else if (record.ReleasedAt is { } released)
            {
                if (seen.ObservedAt - released < SiteIds.Rest)
                {
                    taken.Add(record.Site);
                }

                resting.TryAdd(record.Vpc, record.Site);
            }
            else if (!taken.Add(record.Site) || !sites.TryAdd(record.Vpc, record.Site))
            {
                findings.Add(new("site-id-doubled", Finding.Error, record.Vpc.ToString(), string.Create(CultureInfo.InvariantCulture, $"The ledger gives the 4via6 site id {record.Site} to {record.Vpc} beside another entry of the same id or VPC; the first by id and VPC counts. Delete the ledger's item that is wrong.")));
            }
        }

        Assign(seen, needing, sites, taken, resting, additions, findings);
        Tag(seen, sites, additions, findings);
        Release(seen, withdrawals);
        return sites;
    }

    private static void Assign(
        Snapshot seen,
        ImmutableArray<VpcService> needing,
        Dictionary<VpcId, int> sites,
        HashSet<int> taken,
        Dictionary<VpcId, int> resting,
        ICollection<PlannedStep> additions,
        ICollection<Finding> findings)
    {
        var next = SiteIds.First;
        foreach (var service in needing.OrderBy(service => service.Vpc.Id))
        {
            var vpc = service.Vpc.Id;
            if (sites.ContainsKey(vpc))
            {
                continue;
            }

            if (!seen.Sites.IsComplete)   // an id that was not read may be anyone's
            {
                findings.Add(new("site-id-waits", Finding.Warning, vpc.ToString(), "It needs a 4via6 site id, and gets none while the ledger's are not read completely."));
                continue;
            }

            if (!resting.TryGetValue(vpc, out var site))   // a VPC that comes back gets back its own
            {
                while (next <= SiteIds.Last && (taken.Contains(next) || !SiteIds.Allows(next)))
                {
                    next++;
                }

                if (next > SiteIds.Last)
                {
                    findings.Add(new("site-ids-used-up", Finding.Error, vpc.ToString(), $"It needs a 4via6 site id, and all are in use or rest for {SiteIds.Rest.TotalDays} days: it is held back."));
                    continue;
                }

                site = next;
            }

            taken.Add(site);
            sites[vpc] = site;
            additions.Add(new(new PlanAction.AssignSite(service.Scope, vpc, site), Group(vpc), []));
        }
    }

    // The tag is for people; the ledger decides.
    private static void Tag(Snapshot seen, Dictionary<VpcId, int> sites, ICollection<PlannedStep> additions, ICollection<Finding> findings)
    {
        foreach (var (scope, vpc) in seen.Scopes.OrderBy(scope => scope.Scope).SelectMany(scope => scope.Vpcs.Items.Select(vpc => (scope.Scope, vpc))).DistinctBy(pair => pair.vpc.Id).OrderBy(pair => pair.vpc.Id))
        {
            var has = sites.TryGetValue(vpc.Id, out var site);
            var wanted = has ? site.ToString(CultureInfo.InvariantCulture) : null;
            if (vpc.SiteTag is { Length: > 0 } tag && tag != wanted)
            {
                findings.Add(new("site-tag-differs", Finding.Warning, vpc.Id.ToString(), $"Its tag {VpcTags.SiteId} is '{Printable.Of(tag)}', and the ledger {(has ? $"says {wanted}: the tag is set right" : "has no site id for it: the tag means nothing, take it off")}."));
            }

            if (has && vpc.SiteTag != wanted)
            {
                additions.Add(new(new PlanAction.TagSite(scope, vpc.Id, site), $"tag:{vpc.Id}", [Group(vpc.Id)]));
            }
        }
    }

    private static void Release(Snapshot seen, ICollection<PlannedStep> withdrawals)
    {
        var shown = seen.Scopes.SelectMany(scope => scope.Vpcs.Items).Select(vpc => vpc.Id).ToHashSet();
        var read = seen.Scopes.Where(scope => scope.Vpcs.IsComplete).Select(scope => scope.Scope).ToHashSet();
        foreach (var record in seen.Sites.Items.Where(record => record.ReleasedAt is null && SiteIds.Allows(record.Site)).OrderBy(record => record.Site).ThenBy(record => record.Vpc))
        {
            if (!shown.Contains(record.Vpc) && read.Contains(record.Scope) && seen.Sites.IsComplete)
            {
                withdrawals.Add(new(new PlanAction.ReleaseSite(record.Vpc, record.Site), Group(record.Vpc), []));
            }
        }
    }
}
